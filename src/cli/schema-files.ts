/** The schemas on disk: written when asked for, and kept current by the commands that read the whole workspace anyway. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeSchemas } from "../pipeline/schema/schemas.ts";
import type { Words } from "../pipeline/schema/words.ts";
import { editorFiles, editorState, schemaFolder, schemaPath } from "./editors.ts";
import { explainSystemError, Failure } from "./errors.ts";
import { replaceFile } from "./replace-file.ts";

export interface SchemaFile {
  /** Relative to the workspace. */
  readonly path: string;
  readonly text: string;
  readonly state: "current" | "missing" | "different";
}

/** What the schemas should be, held against what they are. */
export function compareSchemas(root: string, words: Words): readonly SchemaFile[] {
  return Object.entries(makeSchemas(words)).map(([name, text]) => {
    const path = schemaPath(name);
    const file = join(root, path);
    if (!existsSync(file)) return { path, text, state: "missing" };
    return { path, text, state: readFileSync(file, "utf8") === text ? "current" : "different" };
  });
}

export function writeSchemas(root: string, files: readonly SchemaFile[]): void {
  for (const { path, text, state } of files) if (state !== "current") replaceFile(join(root, path), text);
}

/** Somebody's editor reads the schemas here, or would if they were there. */
export function usesSchemas(root: string): boolean {
  try {
    return existsSync(join(root, schemaFolder)) || editorFiles.some((file) => editorState(root, file) === "wired");
  } catch (error) {
    if (explainSystemError(error) === undefined) throw error;
    return false;
  }
}

/** Completion follows what the workspace has, without being asked. A folder that cannot be written (in CI, say) is nobody's fault. */
export function refreshSchemas(root: string, words: Words | undefined): void {
  if (words === undefined) return;
  try {
    writeSchemas(root, compareSchemas(root, words));
  } catch (error) {
    if (!(error instanceof Failure) && explainSystemError(error) === undefined) throw error;
  }
}
