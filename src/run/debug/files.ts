/** Files beside a prepared script, by which it is run again by hand. No secret is written into them. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scratch } from "../../launch/scratch.ts";

export interface HandFiles {
  /** Path of the program that runs the script again. */
  readonly again: string;
  /** Names of variables that hold a secret, or may: they come from the environment of whoever runs it. */
  readonly left: readonly string[];
}

/**
 * Writes env.sh and again.sh. `variables` are the script's; those in `passed` come from this process's environment, and are taken
 * from that of the caller again. `isSecret` tells of a value.
 */
export function writeHandFiles(
  scratch: Scratch,
  variables: { readonly [name: string]: string },
  passed: { readonly [name: string]: string },
  isSecret: (name: string, value: string) => boolean,
): HandFiles {
  const own: string[] = [];
  const outer = new Set(Object.keys(passed));
  const left: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (name === "PATH") own.push(pathLine(value, passed.PATH ?? ""));
    else if (isSecret(name, value)) left.push(name);
    else if (passed[name] !== value) own.push(`export ${name}=${quote(value)}`);
  }
  for (const name of left) outer.add(name);
  writeFileSync(join(scratch.root, "env.sh"), `# Variables of the script, without those that hold a secret.\n${own.join("\n")}\n`, {
    mode: 0o600,
  });
  const names = [...outer].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const kept = names.map((name) => `  \${${name}+"${name}=$${name}"} \\\n`).join("");
  const again = join(scratch.root, "again.sh");
  const text = `#!/bin/bash
# The script again, with nothing but what it had. Change script.sh, or its files in work/, and run this.
cd "$(dirname "\${BASH_SOURCE[0]}")/work" || exit
exec env -i \\
${kept}  bash -c '. ../env.sh && exec bash -eo pipefail ../script.sh'
`;
  writeFileSync(again, text);
  chmodSync(again, 0o700);
  return { again, left };
}

/** What we put before the caller's PATH. */
function pathLine(path: string, outer: string): string {
  return path.endsWith(`:${outer}`) ? `export PATH=${quote(path.slice(0, -outer.length))}"$PATH"` : `export PATH=${quote(path)}`;
}

/** One word for bash, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
