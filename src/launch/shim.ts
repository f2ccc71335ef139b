/** The command `tradewind` of built-in operators: a line of `sh` that starts this launcher, in a folder to put on PATH. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "./digest.ts";
import { launcherFile, relocatableFolder } from "./places.ts";

let shim: { readonly text: string; readonly name: string } | undefined;

function shimText(): { readonly text: string; readonly name: string } {
  const folder = relocatableFolder();
  // The script of a relocatable folder knows which libraries its Node needs in this image.
  const command = folder === undefined ? [process.execPath, launcherFile()] : [join(folder, "tradewind")];
  const text = `#!/bin/sh\nexec ${command.map(shellQuote).join(" ")} "$@"\n`;
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

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
