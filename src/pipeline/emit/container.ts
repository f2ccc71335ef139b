/** What containers and pods have in common: where the launcher lies in them. */
import type { LauncherPlan } from "../../protocol/plan.ts";

/** Folder of the launcher inside of a container. */
export const launcherPath = "/opt/tradewind";

/** The program that a container starts: that of the folder which was brought in, else what the image has. */
export function launcherProgram(launcher: LauncherPlan, brought: boolean): string {
  if (brought) return `${launcherPath}/tradewind`;
  return launcher.kind === "command" ? launcher.command : "tradewind";
}
