/** `tradewind store`: what is in the store, how big it is, and the removal of what is old. */
import { Command, InvalidArgumentError, Option } from "commander";
import { formatDuration, parseDuration } from "../protocol/duration.ts";
import { runKey } from "../protocol/layout.ts";
import { safeAge } from "../protocol/removal.ts";
import { type Collected, collect } from "../run/collect/collect.ts";
import { attemptWords, runNames } from "../run/collect/place.ts";
import { surveyStore } from "../run/collect/survey.ts";
import { type Child, listChildren, listObjects } from "../run/list-store.ts";
import { measureUsage, type Span, type Usage } from "../run/usage.ts";
import type { Store } from "../storage/store.ts";
import { Failure, UsageError } from "./errors.ts";
import { showAge, showBytes, showCount } from "./figures.ts";
import { findNeeded } from "./needed.ts";
import { openRun } from "./open-run.ts";
import { openStores } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { alignColumns } from "./table.ts";
import { createPaint, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly format: "text" | "json";
}

interface UsageOptions extends Options {
  readonly by: "dag" | "run";
}

interface CollectOptions extends Options {
  readonly olderThan?: number;
  readonly keepLast: number;
  readonly dryRun?: boolean;
  readonly wait: number;
  readonly dags?: readonly string[];
}

export function storeCommand(): Command {
  const command = new Command("store").description("what is in the store, how big it is, and the removal of what is old");
  withExamples(command, "tradewind store du", "tradewind store ls latest", "tradewind store gc --older-than 30d --dry-run");
  command.addCommand(listCommand());
  command.addCommand(usageCommand());
  command.addCommand(collectCommand());
  return command;
}

function listCommand(): Command {
  const command = new Command("ls")
    .description("what lies under a prefix of the store, or all objects of a run")
    .argument("[prefix|run]", "a prefix like runs/flight_delays, `latest`, a run's id or a part of it that no other has")
    .action((name: string | undefined, options: Options) => listStore(name, options));
  return withExamples(
    withCommon(command, "all"),
    "tradewind store ls",
    "tradewind store ls runs/flight_delays",
    "tradewind store ls latest",
  );
}

function usageCommand(): Command {
  const command = new Command("du")
    .description("how much room dags, runs, the cache, code and files take; the biggest first")
    .addOption(new Option("--by <what>", "dag or run").choices(["dag", "run"]).default("dag"))
    .action((options: UsageOptions) => showUsage(options));
  return withExamples(withCommon(command, "all"), "tradewind store du", "tradewind store du --by run --env prod");
}

function collectCommand(): Command {
  const command = new Command("gc")
    .description("remove runs that are old, with their cache entries, and code that nobody needs; never what a run still needs")
    .addOption(
      new Option("--older-than <age>", "nothing of it was written for so long: 30d, 12 weeks (default: store.keep)").argParser(readAge),
    )
    .addOption(new Option("--keep-last <count>", "newest runs of each dag that stay whatever their age").argParser(readKeep).default(1))
    .option("--dry-run", "tell what would go, and why what is old stays")
    .addOption(
      new Option("--dags <dir>", "one more folder with dag.py files whose code must stay, beside dags/; repeatable").argParser(
        (folder: string, before: readonly string[] | undefined) => [...(before ?? []), folder],
      ),
    )
    .addOption(
      new Option("--wait <time>", "between telling others and removing, for file systems that show new files late")
        .argParser(readDuration)
        .default(60, "1m"),
    )
    .action((options: CollectOptions) => collectStore(options));
  return withExamples(
    withCommon(command, "the workspace's default_env"),
    "tradewind store gc --older-than 30d --dry-run",
    "tradewind store gc --older-than 30d --env prod --keep-last 3",
  );
}

function withCommon(command: Command, absent: string): Command {
  command.addOption(new Option("-e, --env <env>", `environment (default: ${absent})`));
  command.addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"));
  return withWorkspace(command);
}

function readDuration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError("expected a duration like 30d or 12 hours.");
  return seconds;
}

function readAge(text: string): number {
  const seconds = readDuration(text);
  if (seconds < safeAge) throw new InvalidArgumentError("expected one day at least: what is younger may still be in use.");
  return seconds;
}

function readKeep(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

async function listStore(name: string | undefined, options: Options): Promise<void> {
  const stores = openStores(openWorkspace(options), options.env);
  const listed: { readonly store: string; readonly prefix: string; readonly entries: readonly Child[] }[] = [];
  const prefix = name?.replace(/\/+$/, "");
  if (prefix === undefined) {
    for (const store of stores) {
      const entries: Child[] = [];
      for (const root of ["cache", "code", "files", "runs"]) {
        for (const child of await listChildren(store, root)) {
          if (root === "runs") entries.push({ ...child, name: `runs/${child.name}` });
          else addTo(entries, { ...child, name: `${root}/` });
        }
      }
      listed.push({ store: store.url, prefix: "", entries });
    }
  } else if (/^(cache|code|files|gc|runs)(\/|$)/.test(prefix)) {
    for (const store of stores) listed.push({ store: store.url, prefix: `${prefix}/`, entries: await listChildren(store, prefix) });
    if (listed.every(({ entries }) => entries.length === 0)) throw new Failure(`nothing lies under ${prefix}/`);
  } else {
    const found = await openRun(stores, prefix);
    const key = runKey(found.run.dag_id, found.run.run_id);
    const entries = await listObjects(found.store, key);
    listed.push({
      store: found.store.url,
      prefix: `${key}/`,
      entries: entries.map((entry) => ({ ...entry, name: entry.name.slice(key.length + 1) })),
    });
  }
  if (options.format === "json") {
    console.log(JSON.stringify(listed));
    return;
  }
  const paint = createPaint(wantsColor(process.stdout));
  for (const { store, prefix, entries } of listed) {
    console.log(paint("dim", visible(prefix === "" ? store : `${store}  ${prefix}`)));
    const rows = entries.map(({ name, objects, bytes, newest }) => [
      showBytes(bytes),
      name.endsWith("/") ? `${showCount(objects)} objects` : "",
      writtenAt(newest),
      visible(name),
    ]);
    for (const line of alignColumns(rows, new Set([0, 1]))) console.log(line);
  }
}

function addTo(entries: Child[], child: Child): void {
  const at = entries.findIndex(({ name }) => name === child.name);
  const before = entries[at];
  if (before === undefined) entries.push(child);
  else
    entries[at] = {
      name: child.name,
      objects: before.objects + child.objects,
      bytes: before.bytes + child.bytes,
      newest: Math.max(before.newest, child.newest),
    };
}

function writtenAt(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

async function showUsage(options: UsageOptions): Promise<void> {
  const measured: { readonly store: string; readonly usage: Usage }[] = [];
  for (const store of openStores(openWorkspace(options), options.env)) {
    measured.push({ store: store.url, usage: measureUsage(await surveyStore(store)) });
  }
  if (options.format === "json") {
    console.log(JSON.stringify(measured.map(({ store, usage }) => ({ store, ...usage }))));
    return;
  }
  const paint = createPaint(wantsColor(process.stdout));
  for (const [index, { store, usage }] of measured.entries()) {
    if (index > 0) console.log("");
    console.log(paint("dim", visible(store)));
    for (const line of usageLines(usage, options.by, Date.now())) console.log(line);
  }
}

function usageLines(usage: Usage, by: "dag" | "run", now: number): string[] {
  const { cache, code, files, total } = usage;
  const row = (name: string, runs: string, { objects, bytes, newest, oldest }: Span): string[] =>
    objects === 0
      ? [name, runs, "0", showBytes(0), "", ""]
      : [name, runs, showCount(objects), showBytes(bytes), showAge(now - newest), showAge(now - oldest)];
  const parts =
    by === "dag"
      ? usage.dags.map((dag) => row(visible(dag.dag_id), showCount(dag.runs), dag))
      : usage.runs.map((run) => row(visible(`${run.dag_id}/${run.run_id}`), "", { ...run, oldest: run.newest }));
  const rows = [
    [by, by === "dag" ? "runs" : "", "objects", "size", "newest", "oldest"],
    ...parts,
    row("cache", "", cache),
    row("code", "", code),
    row("files", "", files),
    row("total", by === "dag" ? showCount(usage.runs.length) : "", total),
  ];
  return alignColumns(by === "dag" ? rows : rows.map((row) => row.filter((_, column) => column !== 1)), new Set([1, 2, 3, 4, 5]));
}

async function collectStore(options: CollectOptions): Promise<void> {
  const root = openWorkspace(options);
  const needed = findNeeded(root, options.env, options.dags ?? []);
  const olderThan = options.olderThan ?? needed.keep;
  if (olderThan === undefined) throw new UsageError(`say how old by --older-than 30d; ${needed.env} has no store.keep that would tell`);
  if (needed.keep !== undefined && olderThan < needed.keep) {
    console.error(
      `tradewind: store.keep is ${formatDuration(needed.keep)} in ${needed.env}: work older than ${formatDuration(olderThan)} could still be taken from the cache until then, and will be done again`,
    );
  }
  if (needed.why !== undefined) console.error(`tradewind: ${needed.why}`);
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const all: { readonly store: string; readonly collected: Collected }[] = [];
  for (const store of openStores(root, needed.env)) {
    const { keepLast, wait, dryRun = false } = options;
    const settings = { olderThan, keepLast, wait, dryRun, needed: needed.digests };
    const collected = await collect(store, settings, { now: Date.now, signal: interrupted.signal });
    if ("problem" in collected) throw new Failure(collected.problem);
    all.push({ store: store.url, collected });
    if (options.format === "text") for (const line of collectedLines(collected, store, options)) console.log(line);
  }
  process.off("SIGINT", stop).off("SIGTERM", stop);
  if (options.format === "json") console.log(JSON.stringify(all.map(({ store, collected }) => collectedData(store, collected))));
  if (interrupted.signal.aborted) {
    console.error("tradewind: stopped; what was not removed yet is there, and the next gc goes on");
    process.exitCode = 130;
  }
}

function collectedLines(collected: Collected, store: Store, { dryRun }: CollectOptions): string[] {
  const paint = createPaint(wantsColor(process.stdout));
  const { removal, leftovers, spared, objects, bytes, ahead = 0 } = collected;
  const now = Date.now();
  const lines = [paint("dim", visible(store.url))];
  const rows: string[][] = [];
  const row = (size: number, what: string, age: number): void =>
    void rows.push([`  ${showBytes(size)}`, visible(what), `${showAge(age)} old`]);
  for (const { run, attempts, whole, bytes: size } of removal.runs) {
    const { dag_id, run_id } = runNames(run.key);
    if (whole) row(size, `run ${dag_id}/${run_id}`, now - run.newest);
    else for (const attempt of attempts) row(attempt.bytes, `run ${dag_id}/${run_id}: ${attemptWords(attempt.key)}`, now - attempt.newest);
  }
  for (const { key, size, modified } of removal.published) row(size, key, now - modified);
  const cached = removal.cache.length;
  if (cached > 0) {
    const size = removal.cache.reduce((sum, entry) => sum + entry.size, 0);
    const newest = removal.cache.reduce((latest, { modified }) => Math.max(latest, modified), 0);
    row(size, `${showCount(cached)} cache ${cached === 1 ? "entry" : "entries"} of these`, now - newest);
  }
  for (const { name, size, modified } of leftovers) row(size, `${name} (left by a writer that died)`, now - modified);
  const verb = dryRun ? "would remove" : "removed";
  if (rows.length > 0) lines.push(`${dryRun ? "would remove" : "removes"}:`, ...alignColumns(rows, new Set([0])));
  if (removal.kept.length > 0) lines.push("old, but stays:");
  for (const { key, why } of removal.kept) lines.push(`  ${describeKept(key)}: ${visible(why)}`);
  for (const run of spared) lines.push(`  ${describeKept(run)}: something was written to it just now`);
  if (removal.strange.length > 0) lines.push("not understood, left alone:");
  for (const { key, why } of removal.strange) lines.push(`  ${visible(key)}: ${why}`);
  const rest = leftovers.length === 0 ? "" : `, and ${leftovers.length} ${leftovers.length === 1 ? "leftover" : "leftovers"}`;
  lines.push(paint("bold", `${verb} ${showCount(objects)} ${objects === 1 ? "object" : "objects"}, ${showBytes(bytes)}${rest}`));
  if (Math.abs(ahead) > 300_000) {
    const side = ahead > 0 ? "ahead of" : "behind";
    lines.push(`this machine's clock is ${showAge(Math.abs(ahead))} ${side} the store's; ages count from the earlier of the two`);
  }
  return lines;
}

function describeKept(key: string): string {
  const { dag_id, run_id } = runNames(key);
  return visible(`run ${dag_id}/${run_id}`);
}

function collectedData(store: string, { removal, leftovers, ...counts }: Collected) {
  const { runs, cache, published, kept, strange } = removal;
  return {
    store,
    ...counts,
    removed: [
      ...runs.flatMap(({ run, attempts, whole }) => (whole ? [`${run.key}/`] : attempts.map(({ key }) => `${key}/`))),
      ...[...cache, ...published].map(({ key }) => key),
      ...leftovers.map(({ name }) => name),
    ],
    kept,
    strange,
  };
}
