/** The launcher for a container: a folder with its own Node where there is one, else this very program and the Node that runs it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { launcherFile, relocatableFolder } from "../../launch/places.ts";
import type { LauncherPlan } from "../../protocol/plan.ts";
import type { Bind } from "./arguments.ts";

export interface ContainerLauncher {
  readonly binds: readonly Bind[];
  /** Program and first arguments, inside. */
  readonly command: readonly [program: string, ...args: string[]];
}

const inside = "/opt/tradewind";

/** `launcher.folder` of the settings when it is on this machine; or a sentence that says how to get one. */
export function findLauncher({ folder }: LauncherPlan): ContainerLauncher | { readonly problem: string } {
  for (const place of [folder, relocatableFolder()]) {
    if (place === undefined || !existsSync(join(place, "tradewind"))) continue;
    return { binds: [{ source: place, target: inside, readOnly: true }], command: [`${inside}/tradewind`] };
  }
  const launcher = launcherFile();
  if (process.platform !== "linux" || !existsSync(launcher)) {
    const hint = "unpack the folder tradewind-<version>-linux-… and name it by `launcher: { folder: … }` in the settings (docs/install.md)";
    return { problem: `containers run Linux, and this program's Node does not: ${hint}` };
  }
  const binds = [
    { source: process.execPath, target: `${inside}/bin/node`, readOnly: true },
    { source: dirname(launcher), target: `${inside}/app`, readOnly: true },
  ];
  return { binds, command: [`${inside}/bin/node`, `${inside}/app/launcher.js`] };
}
