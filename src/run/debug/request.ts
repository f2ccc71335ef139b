/** What a recorded attempt becomes when it is run again here: pure. */
import { checkValue } from "../../protocol/check-value.ts";
import type { Json } from "../../protocol/json.ts";
import type { ParamRequest, Request } from "../../protocol/request.ts";
import { readNamed } from "../../protocol/request-env.ts";
import { didYouMean } from "../../protocol/suggest.ts";

export interface DebugRequest {
  readonly request: Request;
  /** Parameters that held a secret when it was recorded: what is given for them is one too. */
  readonly secret: ReadonlySet<string>;
  /** Sentences about what cannot be as it was. */
  readonly warnings: readonly string[];
}

/** What stands in a record in the place of a secret. */
const hidden = "***";

/**
 * The request of a run of its own, with the parameters of `given` (`--param name=text`) in the place of the recorded ones; or all
 * that is in its way. `runId` is the new run's.
 */
export function debugRequest(
  recorded: Request,
  runId: string,
  given: { readonly [name: string]: string },
): DebugRequest | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  const secret = new Set<string>();
  const params: Record<string, ParamRequest> = { ...recorded.params };
  for (const [name, text] of Object.entries(given)) {
    const param = recorded.params[name];
    if (param === undefined) {
      const known = Object.keys(recorded.params);
      const list = known.length === 0 ? "; it has none" : didYouMean(name, known) || `; it has ${known.join(", ")}`;
      problems.push(`task ${recorded.task} has no parameter "${name}"${list}`);
      continue;
    }
    const read = readNamed(name, text, param.schema);
    if ("problem" in read) problems.push(`--param ${read.problem}`);
    else {
      problems.push(...checkValue(read.value, param.schema).map((fault) => `--param ${name}: ${fault.message}`));
      params[name] = read;
    }
  }
  // A record hides only what connections keep secret.
  if (recorded.connections.length > 0 || recorded.store?.connection !== undefined) {
    for (const [name, { value }] of Object.entries(recorded.params)) {
      if (!holdsHidden(value)) continue;
      secret.add(name);
      if (given[name] === undefined)
        problems.push(`parameter ${name} held a secret, which is not on record: give it by --param ${name}=VALUE`);
    }
    if (recorded.script.includes(hidden))
      warnings.push("the script is on record with *** in it: if that was a secret, it is not the script that ran");
    for (const [name, value] of Object.entries(recorded.env)) {
      if (value.includes(hidden)) warnings.push(`job.env ${name} held a secret, which is not on record: it is *** here`);
    }
  }
  if (problems.length > 0) return { problems };
  // Its folder shows what is on record and no more: a claim's facts, for one, are another process's.
  const { claimed: _, ...request } = recorded as Request & { readonly claimed?: unknown };
  const tries = { number: 1, max: 0, retries: 0 };
  return {
    request: { ...request, run_id: runId, params, tries, cache: { ...recorded.cache, read: false, fresh: true } },
    secret,
    warnings,
  };
}

function holdsHidden(value: Json): boolean {
  return JSON.stringify(value).includes(hidden);
}
