/** What goes into a task: the artifacts behind its inputs, with their digests, before anything is copied. */

import { stat } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import { fileKey } from "../protocol/layout.ts";
import type { InputSource } from "../protocol/plan.ts";
import type { InputRequest, Request } from "../protocol/request.ts";
import type { Artifact, Reason, Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";
import type { LaunchDeps } from "./deps.ts";
import { digestFile } from "./digest.ts";
import { Failure } from "./failure.ts";
import { pointerKey, readResult } from "./results.ts";

/** One artifact of a port, and how it is called inside the folder of a `many` port (without extension for a task's). */
export interface InputItem {
  readonly name: string;
  readonly artifact: Artifact;
  /** Absolute path, for an input that is read where the task runs; `artifact.key` is then the path too. */
  readonly path?: string;
  /** It lies with the code, where `publish` has put it. */
  readonly published?: true;
}

/** Items by port, in order. An optional port without artifact has none. */
export type Inputs = { readonly [port: string]: readonly InputItem[] };

/** Throws a Failure when a required artifact is missing or of a wrong type. */
export async function resolveInputs(request: Request, { store, code = store }: Pick<LaunchDeps, "store" | "code">): Promise<Inputs> {
  const results = new Map<string, Promise<Result | undefined>>();
  const resultOf = (task: string): Promise<Result | undefined> => {
    const known = results.get(task) ?? readResult(store, pointerKey(request.dag_id, request.run_id, task));
    results.set(task, known);
    return known;
  };
  const ports = Object.entries(request.inputs).map(async ([port, input]): Promise<[string, readonly InputItem[]]> => {
    const items = await Promise.all(input.sources.map((source) => resolveSource(port, input, source, code, resultOf)));
    const found = items.filter((item) => item !== undefined);
    if (found.length === 0 && !input.optional) throw missing(`input "${port}" has no artifact, and the operator needs one`);
    return [port, found];
  });
  return Object.fromEntries(await Promise.all(ports));
}

async function resolveSource(
  port: string,
  input: InputRequest,
  source: InputSource,
  code: Store,
  resultOf: (task: string) => Promise<Result | undefined>,
): Promise<InputItem | undefined> {
  switch (source.kind) {
    case "task": {
      const result = await resultOf(source.task);
      const artifact = result?.status === "success" ? result.outputs[source.port] : undefined;
      if (artifact === undefined) {
        if (input.optional) return undefined;
        throw missing(`input "${port}" needs ${source.task}:${source.port}, but ${whyNot(source.task, source.port, result)}`);
      }
      requireType(port, input, artifact.type, `${source.task}:${source.port}`);
      return { name: source.task, artifact };
    }
    case "file": {
      const key = fileKey(source.sha256, source.name);
      const entry = await code.head(key);
      if (!entry)
        throw missing(`input "${port}" is the file ${source.name}, which is not in the store (${key}); run \`tradewind publish\``);
      const extension = extensionOf(source.name);
      const type = input.types.length === 1 ? (input.types[0] ?? "any") : extension.slice(1);
      return {
        name: source.name.slice(0, source.name.length - extension.length),
        artifact: { key, sha256: source.sha256, size: entry.size, type, extension, dir: false },
        published: true,
      };
    }
    case "path": {
      if (!isAbsolute(source.path)) throw wrong("bad-input", `input "${port}": the path ${source.path} must be absolute`);
      const facts = await stat(source.path).catch(() => undefined);
      if (facts === undefined) {
        if (input.optional) return undefined;
        throw missing(`input "${port}": there is no file ${source.path} on this machine`);
      }
      if (!facts.isFile()) throw wrong("bad-input", `input "${port}": ${source.path} is not a plain file`);
      const extension = extensionOf(source.path);
      const type = input.types.length === 1 ? (input.types[0] ?? "any") : extension.slice(1);
      const { sha256, size } = await digestFile(source.path).catch((error: Error) => {
        throw wrong("bad-input", `input "${port}": ${source.path} cannot be read: ${error.message}`);
      });
      const name = basename(source.path, extension);
      return { name, path: source.path, artifact: { key: source.path, sha256, size, type, extension, dir: false } };
    }
  }
}

function extensionOf(name: string): string {
  return /[^/](\.[A-Za-z0-9]+(\.(gz|zst|bz2|xz))?)$/.exec(name)?.[1] ?? "";
}

function requireType(port: string, input: InputRequest, type: string, from: string): void {
  if (type === "any" || input.types.includes("any") || input.types.includes(type)) return;
  throw wrong("bad-input", `input "${port}" takes ${input.types.join(" or ")}, but ${from} is ${type}`);
}

function whyNot(task: string, port: string, result: Result | undefined): string {
  if (result === undefined) return `${task} has not committed a result in this run; run it first`;
  if (result.status !== "success") return `${task} ended as ${result.status}${result.message === undefined ? "" : `: ${result.message}`}`;
  const ports = Object.keys(result.outputs);
  return `${task} has no output "${port}"${ports.length === 0 ? "" : `, only ${ports.join(", ")}`}`;
}

function missing(message: string): Failure {
  return new Failure({ reason: "missing-input", origin: "platform", retryable: true, exit_code: EXIT.missingInput, message });
}

function wrong(reason: Reason, message: string): Failure {
  return new Failure({ reason, origin: "script", retryable: false, exit_code: EXIT.badInput, message });
}
