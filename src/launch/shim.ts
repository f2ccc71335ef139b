/** The command `tradewind` of built-in operators: a line of `sh` that starts this launcher, in a folder to put on PATH. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "./digest.ts";

let shim: { readonly text: string; readonly name: string } | undefined;

function shimText(): { readonly text: string; readonly name: string } {
  const text = `#!/bin/sh\nexec ${shellQuote(process.execPath)} ${shellQuote(launcherFile())} "$@"\n`;
  return { text, name: sha256(text).slice(0, 16) };
}

/** The folder of the shim under `cache`, made if need be; any number of launchers may ask at once. */
export async function provideShim(cache: string): Promise<string> {
  shim ??= shimText();
  const folder = join(cache, "bin", shim.name);
  const file = join(folder, "tradewind");
  if (existsSync(file)) return folder;
  await mkdir(folder, { recursive: true });
  // Two tasks of one local run share the process id.
  const temporary = `${file}.${process.pid}-${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, shim.text);
  await chmod(temporary, 0o755);
  await rename(temporary, file);
  return folder;
}

/** dist/launcher.js: this very file when bundled, else the one beside the compiled or source tree. */
function launcherFile(): string {
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

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
