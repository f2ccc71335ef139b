/** Where this program's own files lie: beside one another, in whatever way it was installed. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** dist/launcher.js: this very file when bundled, else the one beside the compiled or source tree. */
export function launcherFile(): string {
  const here = fileURLToPath(import.meta.url);
  if (/[\\/]launcher[^\\/]*\.js$/.test(here)) return fileURLToPath(new URL("launcher.js", import.meta.url));
  const compiled = here.endsWith(".js");
  return fileURLToPath(new URL(compiled ? "../launcher.js" : "../../dist/launcher.js", import.meta.url));
}

/** What runs a Python class: beside the launcher wherever that is. */
export function runnerFile(): string {
  const here = fileURLToPath(import.meta.url);
  const bundled = /[\\/]launcher[^\\/]*\.js$/.test(here);
  const folder = bundled ? "python" : here.endsWith(".js") ? "../python" : "../../python";
  return fileURLToPath(new URL(`${folder}/tradewind_runner.py`, import.meta.url));
}

/** The relocatable folder, when this program runs from one: with the Node in it, started by the script `tradewind` in it. */
export function relocatableFolder(): string | undefined {
  const folder = dirname(dirname(process.execPath));
  return launcherFile() === join(folder, "app", "launcher.js") ? folder : undefined;
}

/** Takes the libraries that the relocatable folder's script found for Node out of `env`: no child is to load them. */
export function dropOwnLibraries(env: NodeJS.ProcessEnv): void {
  const folder = relocatableFolder();
  const [first, ...others] = env.LD_LIBRARY_PATH?.split(":") ?? [];
  if (folder === undefined || first !== join(folder, "lib")) return;
  if (others.length > 0) env.LD_LIBRARY_PATH = others.join(":");
  else delete env.LD_LIBRARY_PATH;
}
