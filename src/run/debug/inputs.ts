/** What went into a recorded attempt, to be fetched again: by the digests in its result, or as the run has it now. */
import { basename, isAbsolute } from "node:path";
import type { LaunchDeps } from "../../launch/deps.ts";
import { digestFile } from "../../launch/digest.ts";
import { type InputItem, type Inputs, resolveInputs } from "../../launch/inputs.ts";
import type { InputRequest, Request } from "../../protocol/request.ts";
import type { Artifact, Result } from "../../protocol/result.ts";
import { didYouMean } from "../../protocol/suggest.ts";

export interface DebugInputs {
  readonly inputs: Inputs;
  /** True: the attempt left no record of its inputs, and these are what the run has now. */
  readonly guessed: boolean;
}

/** `given`: port → local file (`--input`). Throws a launcher's Failure when something is not there, a Problem for a wrong port. */
export async function debugInputs(
  recorded: Request,
  result: Result | undefined,
  given: { readonly [port: string]: string },
  stores: Pick<LaunchDeps, "store" | "code">,
): Promise<DebugInputs | { readonly problem: string }> {
  for (const port of Object.keys(given)) {
    const known = Object.keys(recorded.inputs);
    if (!known.includes(port))
      return { problem: `task ${recorded.task} has no input "${port}"${didYouMean(port, known) || `; it has ${known.join(", ")}`}` };
  }
  const wanted = Object.fromEntries(Object.entries(recorded.inputs).filter(([port]) => given[port] === undefined));
  const known = Object.entries(wanted).every(
    ([port, input]) => (result?.inputs[port]?.length ?? 0) > 0 || (result !== undefined && input.optional),
  );
  const inputs: Record<string, readonly InputItem[]> =
    known && result
      ? Object.fromEntries(Object.entries(wanted).map(([port, input]) => [port, itemsOf(input, result.inputs[port] ?? [])]))
      : { ...(await resolveInputs({ ...recorded, inputs: wanted }, stores)) };
  for (const [port, path] of Object.entries(given)) inputs[port] = [await localItem(recorded.inputs[port], path)];
  return { inputs, guessed: !known };
}

/** A port's folder names its files after their sources; of optional sources some may have had nothing. */
function itemsOf({ sources }: InputRequest, artifacts: readonly Artifact[]): readonly InputItem[] {
  return artifacts.map((artifact, index) => {
    const source = sources.length === artifacts.length ? sources[index] : undefined;
    const plain = basename(artifact.key).slice(0, -artifact.extension.length || undefined);
    const name = source?.kind === "task" ? source.task : plain;
    return { name, artifact, ...(isAbsolute(artifact.key) && { path: artifact.key }) };
  });
}

async function localItem(input: InputRequest | undefined, path: string): Promise<InputItem> {
  const { sha256, size } = await digestFile(path);
  const extension = /[^/](\.[A-Za-z0-9]+(?:\.(?:gz|zst|bz2|xz))?)$/.exec(path)?.[1] ?? "";
  const type = input?.types.length === 1 ? (input.types[0] ?? "any") : extension.slice(1);
  return { name: basename(path, extension), path, artifact: { key: path, sha256, size, type, extension, dir: false } };
}
