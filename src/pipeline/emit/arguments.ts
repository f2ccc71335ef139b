/** What an engine's override adds to the arguments of a job: it replaces our defaults, and comes under what the job gives. */
import { isJsonObject, type Json, type JsonObject } from "../../protocol/json.ts";
import { type Argument, code, type Entry, type Expression, literal, literalArguments } from "./python.ts";

/** `fixed` is the job's, `usual` what it has unless the override says otherwise. */
export function withOverride(fixed: readonly Argument[], override: JsonObject, usual: readonly Argument[]): readonly Argument[] {
  const taken = new Set(fixed.map(({ name }) => name));
  const given = literalArguments(override).filter(({ name }) => !taken.has(name));
  const kept = usual.filter(({ name }) => !given.some((other) => other.name === name));
  return [...fixed, ...kept, ...given];
}

/** The variables of a task: those of the override first, so that the request's win; then what all tasks share; then the task's. */
export function environment(extra: Json | undefined, entries: readonly Entry[]): Expression {
  const names = new Set(entries.map(({ key }) => key));
  const inherited = isJsonObject(extra) ? Object.entries(extra).filter(([key]) => !names.has(key)) : [];
  const more = inherited.map(([key, value]): Entry => ({ key, value: literal(value) }));
  return { kind: "dict", entries: [...more, { value: code("RUN") }, ...entries] };
}
