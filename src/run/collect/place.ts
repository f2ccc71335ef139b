/** What a key of the store is, read off its shape (protocol/layout.ts). What has another shape is somebody else's, and stays. */
import { decodeSegment } from "../../protocol/layout.ts";

export type Place =
  /** `runs/<dag>/<run>/0-run.json` */
  | { readonly kind: "record"; readonly run: string }
  /** `runs/<dag>/<run>/<task>/[<chunk>/]result.json`; `task` is the prefix without that name. */
  | { readonly kind: "pointer"; readonly run: string; readonly task: string }
  /** Anything under `…/attempt-<n>/`; `attempt` is the prefix without a slash, `name` what follows it. */
  | { readonly kind: "attempt"; readonly run: string; readonly task: string; readonly attempt: string; readonly name: string }
  /** Somebody else's, in a run's folder. */
  | { readonly kind: "foreign"; readonly run?: string };

const attemptName = /^attempt-[1-9]\d*$/;

/** The place of a key under runs/. */
export function placeOf(key: string): Place {
  const [root, dag, id, ...rest] = key.split("/");
  if (root !== "runs" || dag === undefined || id === undefined || rest.length === 0) return { kind: "foreign" };
  const run = `runs/${dag}/${id}`;
  if (rest.length === 1) return rest[0] === "0-run.json" ? { kind: "record", run } : { kind: "foreign", run };
  // A task, or one chunk of it.
  for (const depth of [1, 2]) {
    const task = `${run}/${rest.slice(0, depth).join("/")}`;
    const name = rest[depth] ?? "";
    const below = rest.slice(depth + 1).join("/");
    if (attemptName.test(name) && below !== "") return { kind: "attempt", run, task, attempt: `${task}/${name}`, name: below };
    if (name === "result.json" && below === "") return { kind: "pointer", run, task };
  }
  return { kind: "foreign", run };
}

/** True for `cache/<key>.json`. */
export function isCacheEntry(key: string): boolean {
  return /^cache\/[0-9a-f]{64}\.json$/.test(key);
}

/** The digest that `code/<sha256>.tar.gz` or `files/<sha256>/<name>` is called by; undefined for another key. */
export function publishedDigest(key: string): string | undefined {
  return /^(?:code\/([0-9a-f]{64})\.tar\.gz|files\/([0-9a-f]{64})\/[^/]+)$/
    .exec(key)
    ?.slice(1)
    .find((part) => part !== undefined);
}

/** The dag's and the run's ids behind `runs/<dag>/<run>`. */
export function runNames(run: string): { readonly dag_id: string; readonly run_id: string } {
  const [, dag = "", id = ""] = run.split("/");
  return { dag_id: decodeSegment(dag), run_id: decodeSegment(id) };
}

/** `inference.score attempt 2` behind an attempt's key. */
export function attemptWords(attempt: string): string {
  const names = attempt.split("/").slice(3).map(decodeSegment);
  return `${names.slice(0, -1).join("/")} ${(names.at(-1) ?? "").replace("-", " ")}`;
}
