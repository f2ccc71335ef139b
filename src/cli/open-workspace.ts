/** What nearly every command begins with: the workspace, and the pipeline that is meant. */
import { realpathSync, statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { findWorkspace, workspaceFile } from "../workspace/read.ts";
import { Failure, unknownName } from "./errors.ts";
import type { WorkspaceOption } from "./options.ts";

/** The workspace's folder, absolute and without links. */
export function openWorkspace({ workspace }: WorkspaceOption): string {
  const from = resolve(workspace ?? ".");
  if (!statSync(from, { throwIfNoEntry: false })?.isDirectory()) throw new Failure(`there is no folder ${from}`);
  const root = findWorkspace(from);
  if (root !== undefined) return realpathSync(root);
  throw new Failure(`no ${workspaceFile} in ${from} or above it: go to your workspace, name it by -C DIR, or make one: tradewind init DIR`);
}

/** The pipelines that `name` means: that dag's, or the file at that path (seen from the current folder or the workspace). */
export function choosePipelines<T extends { readonly file: string; readonly name: string }>(
  root: string,
  pipelines: readonly T[],
  name: string,
): readonly T[] {
  const path = relative(root, realPath(resolve(name)))
    .split(sep)
    .join("/");
  const chosen = pipelines.filter((one) => one.name === name || one.file === name || one.file === path);
  if (chosen.length > 0) return chosen;
  const names = [...new Set(pipelines.map((one) => one.name))];
  throw unknownName("pipeline", name, /[/.]/.test(name) ? [...new Set(pipelines.map((one) => one.file))] : names);
}

/** A path that somebody types in the current folder, as the workspace has it. */
export function pipelinePath(root: string, name: string): string {
  return relative(root, realPath(resolve(name)))
    .split(sep)
    .join("/");
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
