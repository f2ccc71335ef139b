/** What takes how much room in a store, by dag and by run. */
import { runNames } from "./collect/place.ts";
import type { Amount, Survey } from "./collect/survey.ts";

export interface Usage {
  readonly dags: readonly DagUsage[];
  readonly runs: readonly RunUsage[];
  readonly cache: Span;
  readonly code: Span;
  readonly files: Span;
  readonly total: Span;
}

/** An amount, and when its oldest part was written (for runs: the run that has been left alone for longest). */
export interface Span extends Amount {
  readonly oldest: number;
}

export interface DagUsage extends Span {
  readonly dag_id: string;
  readonly runs: number;
}

export interface RunUsage extends Amount {
  readonly dag_id: string;
  readonly run_id: string;
}

/** The biggest first. */
export function measureUsage(survey: Survey): Usage {
  const runs = survey.runs.map(({ key, objects, bytes, newest }): RunUsage => ({ ...runNames(key), objects, bytes, newest }));
  const byDag = new Map<string, RunUsage[]>();
  for (const run of runs) byDag.set(run.dag_id, [...(byDag.get(run.dag_id) ?? []), run]);
  const dags = [...byDag].map(([dag_id, own]): DagUsage => ({ dag_id, runs: own.length, ...spanOf(own) }));
  const entries = (list: Survey["cache"]): Span =>
    spanOf(list.map(({ size, modified }) => ({ objects: 1, bytes: size, newest: modified })));
  const cache = entries(survey.cache);
  const code = entries(survey.published.filter(({ key }) => key.startsWith("code/")));
  const files = entries(survey.published.filter(({ key }) => key.startsWith("files/")));
  const all = [...dags, cache, code, files].filter(({ objects }) => objects > 0);
  const total = { ...spanOf(all), oldest: all.reduce((oldest, part) => Math.min(oldest, part.oldest), all.length === 0 ? 0 : Infinity) };
  const biggestFirst = (a: Amount, b: Amount): number => b.bytes - a.bytes || b.objects - a.objects;
  return { dags: dags.sort(biggestFirst), runs: runs.sort(biggestFirst), cache, code, files, total };
}

function spanOf(amounts: readonly Amount[]): Span {
  const span = { objects: 0, bytes: 0, newest: 0, oldest: amounts.length === 0 ? 0 : Number.POSITIVE_INFINITY };
  for (const { objects, bytes, newest } of amounts) {
    span.objects += objects;
    span.bytes += bytes;
    span.newest = Math.max(span.newest, newest);
    span.oldest = Math.min(span.oldest, newest);
  }
  return span;
}
