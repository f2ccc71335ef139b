/** Containers whose runner died without a word. As a rule their launchers notice; this is for those that could not. */
import { isAlive, ownIdentity } from "../../launch/identity.ts";
import type { RunnerIdentity } from "../../protocol/run-record.ts";
import { isRunner } from "../../protocol/run-record.ts";
import { runnerLabel } from "./arguments.ts";
import { ask, type ContainerCli, removeContainers } from "./cli.ts";

/** Removes them. */
export async function removeLeftovers(cli: ContainerCli): Promise<void> {
  const { stdout } = await ask(cli, ["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${runnerLabel}`]);
  const ids = stdout.split("\n").filter((line) => line !== "");
  if (ids.length === 0) return;
  const labels = await ask(cli, ["inspect", "--format", `{{.Id}} {{index .Config.Labels "${runnerLabel}"}}`, ...ids]);
  const dead = labels.stdout.split("\n").flatMap((line) => {
    const [id = "", ...label] = line.split(" ");
    const runner = readRunner(label.join(" "));
    return runner === undefined || !isLeftover(runner) ? [] : [id];
  });
  if (dead.length > 0) await removeContainers(cli, dead);
}

/** True for a runner of this very machine that is dead: an engine may serve several machines, and two of them may have one name. */
export function isLeftover(runner: RunnerIdentity): boolean {
  return bootOf(runner) === bootOf(ownIdentity()) && !isAlive(runner);
}

function bootOf({ birth }: RunnerIdentity): string | undefined {
  return birth?.split(" ")[0];
}

function readRunner(label: string) {
  try {
    const runner: unknown = JSON.parse(label);
    return isRunner(runner) ? runner : undefined;
  } catch {
    return undefined;
  }
}
