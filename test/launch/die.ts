/**
 * A launcher that kills itself (KILL) at a chosen moment, or stops there until its reader is gone: `die.js SPEC.json`. Bundled by kills.ts;
 * the product knows nothing of it.
 */
import { readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../../src/launch/launch.ts";
import { printEvent, surviveClosedOutput } from "../../src/launch/print.ts";
import type { Request } from "../../src/protocol/request.ts";
import { openStore } from "../../src/storage/open.ts";
import type { Store } from "../../src/storage/store.ts";

export interface DieSpec {
  readonly request: Request;
  /** For scratch and cache. */
  readonly folder: string;
  readonly moment?: Moment;
  /** Prints as a launcher does; at this phase it says so on file 3, and goes on when something comes on file 4. */
  readonly wait?: string;
}

/** `log`: at the script's first line. `operation`: at the nth call of the store, from 1. */
export type Moment =
  | { readonly at: "phase"; readonly phase: string }
  | { readonly at: "log" }
  | { readonly at: "operation"; readonly n: number; readonly when: "before" | "after" };

const { request, folder, moment, wait }: DieSpec = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
let operations = 0;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

const calls: ReadonlySet<string | symbol> = new Set(["get", "head", "put", "putFile", "getFile", "folders", "delete"]);

const store = new Proxy<Store>(openStore(request.store, { env: process.env, cache: join(folder, "cache") }), {
  get(inner, name) {
    const member: unknown = Reflect.get(inner, name);
    if (typeof member !== "function" || !calls.has(name)) return member;
    return async (...args: unknown[]) => {
      const n = ++operations;
      const here = moment?.at === "operation" && moment.n === n ? moment.when : undefined;
      if (here === "before") die();
      const answer: unknown = await Reflect.apply(member, inner, args);
      if (here === "after") die();
      return answer;
    };
  },
});

const cancel = new AbortController();
process.on("SIGTERM", () => cancel.abort("TERM"));
surviveClosedOutput();

const result = await launch(request, {
  store,
  env: process.env,
  work: join(folder, "work"),
  cache: join(folder, "cache"),
  onEvent(event) {
    if (wait !== undefined) printEvent(event);
    if (event.event === "phase" && event.phase === wait) {
      writeSync(3, "here");
      readSync(4, Buffer.alloc(1));
    }
    if (moment?.at === "phase" && event.event === "phase" && event.phase === moment.phase) die();
    if (moment?.at === "log" && event.event === "log") die();
  },
  signal: cancel.signal,
});
if (wait === undefined) writeSync(1, JSON.stringify({ operations, result }));
process.exitCode = result.exit_code;
