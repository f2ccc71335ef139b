/** What containers and pods have in common: where the launcher lies in them, and how much memory they need. */
import type { FlavorPlan, LauncherPlan } from "../../protocol/plan.ts";

/** Folder of the launcher inside of a container. */
export const launcherPath = "/opt/tradewind";

/** The program that a container starts: that of the folder which was brought in, else what the image has. */
export function launcherProgram(launcher: LauncherPlan, brought: boolean): string {
  if (brought) return `${launcherPath}/tradewind`;
  return launcher.kind === "command" ? launcher.command : "tradewind";
}

const mebi = 1_048_576;

/** Of a container: the most memory that the job may ever have, which the launcher watches, and room for the launcher itself. Decimal sizes stay decimal. */
export function containerMemory(flavor: FlavorPlan | undefined): number | undefined {
  const memory = flavor?.memory_max ?? flavor?.memory;
  if (memory === undefined) return undefined;
  return memory + (memory % mebi === 0 ? 128 * mebi : 128_000_000);
}
