/** `tradewind schema`: JSON Schemas with the workspace's own operators, by which editors complete and check. */
import { join } from "node:path";
import { Command } from "commander";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { type EditorFile, editorFiles, editorState } from "./editors.ts";
import { Failure } from "./errors.ts";
import { openWorkspace } from "./open-workspace.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { replaceFile } from "./replace-file.ts";
import { compareSchemas, type SchemaFile, writeSchemas } from "./schema-files.ts";

interface SchemaOptions extends WorkspaceOption {
  readonly check?: boolean;
}

export function schemaCommand(): Command {
  const command = new Command("schema")
    .description("write the schemas by which editors complete and check the workspace's files")
    .option("--check", "write nothing; exit 1 when a schema is missing or not what schema would write")
    .action((options: SchemaOptions) => schema(options));
  return withExamples(withWorkspace(command), "tradewind schema", "tradewind schema --check");
}

function schema(options: SchemaOptions): void {
  const root = openWorkspace(options);
  const { words } = compileWorkspace(root, { words: true, digests: false });
  if (words === undefined) throw new Failure("the workspace could not be read");
  const files = compareSchemas(root, words);
  if (options.check) {
    tellStale(files);
    return;
  }
  writeSchemas(root, files);
  for (const { path, state } of files) if (state !== "current") console.log(`${state === "missing" ? "wrote  " : "changed"}  ${path}`);
  for (const file of editorFiles) wireEditor(root, file);
  if (files.every(({ state }) => state === "current")) console.log(`all ${files.length} schemas are current`);
}

function tellStale(files: readonly SchemaFile[]): void {
  const stale = files.filter(({ state }) => state !== "current");
  for (const { path, state } of stale) console.log(`${path}: ${state === "missing" ? "missing" : "not current"}`);
  if (stale.length === 0) console.log(`all ${files.length} schemas are current`);
  else {
    console.log("run tradewind schema");
    process.exitCode = 1;
  }
}

/** A file that is there is its owner's, and is never changed. */
function wireEditor(root: string, file: EditorFile): void {
  const state = editorState(root, file);
  if (state === "missing") {
    replaceFile(join(root, file.path), file.text);
    console.log(`wrote    ${file.path}`);
  } else if (state === "other" && !file.optional) {
    console.error(`${file.path} is there and does not name the schemas; for ${file.about}, add to it:\n${file.text}`);
  }
}
