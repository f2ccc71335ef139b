/** `tradewind init`: a workspace that checks, compiles and runs as it is, small enough to be read in a minute. */
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { editorFiles } from "./editors.ts";
import { Failure } from "./errors.ts";
import { newWorkspace } from "./new-workspace.ts";
import { withExamples } from "./options.ts";
import { makeFolder } from "./replace-file.ts";

export function initCommand(): Command {
  const command = new Command("init")
    .description("make a workspace with a first pipeline that runs at once")
    .argument("[dir]", "folder to make it in", ".")
    .action((dir: string) => init(dir));
  return withExamples(command, "tradewind init flights", "cd flights && tradewind run hello");
}

async function init(dir: string): Promise<void> {
  const root = resolve(dir);
  refuseIfTaken(root, dir);
  const all = newWorkspace(basename(root));
  const kept = all.filter(({ path }) => existsSync(join(root, path)));
  const files = all.filter((file) => !kept.includes(file));
  for (const { path, text } of files) {
    const file = join(root, path);
    makeFolder(dirname(file));
    writeFileSync(file, text, { flag: "wx" });
  }
  const { compileWorkspace } = await import("../workspace/compile-workspace.ts");
  const { refreshSchemas } = await import("./schema-files.ts");
  refreshSchemas(root, compileWorkspace(root, { words: true, digests: false }).words);
  const width = Math.max(...files.map(({ path }) => path.length)) + 2;
  console.log(`made a workspace in ${dir === "." ? "this folder" : dir}:`);
  for (const { path, about } of files) console.log(`  ${path.padEnd(width)}${about}`);
  for (const { path } of kept) console.log(`kept ${path}, which was there${adviceFor(path)}`);
  console.log("\nnext:");
  if (dir !== ".") console.log(`  cd ${dir}`);
  console.log("  tradewind check          # every mistake, with its line");
  console.log("  tradewind run hello      # here, in a second");
  console.log("  tradewind compile        # dags/dev and dags/prod, for Airflow");
}

function adviceFor(path: string): string {
  if (path === ".gitignore") return ": add .tradewind/ and .env to it";
  return editorFiles.some((file) => file.path === path && !file.optional) ? ": tradewind schema says what to add for completion" : "";
}

/** Somebody's files are never mixed with ours, except in a fresh clone: hidden files, a README, a licence. */
function refuseIfTaken(root: string, dir: string): void {
  if (!existsSync(root)) return;
  if (!statSync(root).isDirectory()) throw new Failure(`${dir} is a file; name a folder that is empty or does not exist`);
  if (existsSync(join(root, "tradewind.yaml"))) throw new Failure(`${dir} is a workspace already (it has tradewind.yaml)`);
  const others = readdirSync(root).filter((name) => !name.startsWith(".") && !/^(?:readme|license|licence)\b/i.test(name));
  if (others.length > 0) {
    const shown = others.slice(0, 3).join(", ") + (others.length > 3 ? ", …" : "");
    throw new Failure(`${dir} is not empty (it has ${shown}); name a folder that is empty or does not exist`);
  }
}
