/** Containers whose runner died without a word. As a rule their launchers notice; this is for those that could not. */
import { isAlive } from "../../launch/identity.ts";
import { isRunner } from "../record.ts";
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
    return runner === undefined || isAlive(runner) ? [] : [id];
  });
  if (dead.length > 0) await removeContainers(cli, dead);
}

function readRunner(label: string) {
  try {
    const runner: unknown = JSON.parse(label);
    return isRunner(runner) ? runner : undefined;
  } catch {
    return undefined;
  }
}
