/** What a run looks like on a terminal of a given size: the bytes are obeyed as a terminal would. */
import { describe, expect, test } from "vitest";
import { createLiveView, createPlainView } from "../../src/cli/run-view.ts";
import type { RunEvent } from "../../src/protocol/run-event.ts";
import type { RunRecord, TaskRecord } from "../../src/protocol/run-record.ts";

const esc = String.fromCharCode(27);
const tokens = new RegExp(`${esc}\\[\\d*[A-Za-z]|[\\s\\S]`, "g");

/** Understands what the view writes: text, \r, \n, cursor up, clear to the end of line and of screen. */
class Terminal {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  writes = 0;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;
  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.writes += 1;
    for (const [token] of text.matchAll(tokens)) this.#obey(token);
  }

  screen(): string[] {
    return this.#lines.map((line) => line.trimEnd()).slice(0, this.#lines.at(-1) === "" ? -1 : undefined);
  }

  #obey(token: string): void {
    const line = this.#lines[this.#row] ?? "";
    const command = token.length > 1 ? /^.\[(\d*)([A-Za-z])$/.exec(token) : null;
    if (token === "\r") this.#column = 0;
    else if (token === "\n") {
      this.#row += 1;
      this.#column = 0;
      if (this.#row === this.#lines.length) this.#lines.push("");
    } else if (command?.[2] === "A") this.#row -= Number(command[1]);
    else if (command?.[2] === "K") this.#lines[this.#row] = line.slice(0, this.#column);
    else if (command?.[2] === "J") this.#lines = [...this.#lines.slice(0, this.#row), line.slice(0, this.#column)];
    else if (command === null) {
      this.#lines[this.#row] = line.slice(0, this.#column).padEnd(this.#column) + token + line.slice(this.#column + 1);
      this.#column += 1;
      // Past the edge a terminal wraps, and every count of lines after it is wrong.
      expect(this.#column).toBeLessThan(this.columns);
    }
    expect(this.#row).toBeGreaterThanOrEqual(0);
  }
}

const at = "2026-01-15T10:00:00.000Z";

function record(tasks: Record<string, TaskRecord>): RunRecord {
  return {
    proto: 1,
    dag_id: "p",
    run_id: "r",
    env: "dev",
    file: "pipelines/p.yaml",
    state: "running",
    logical_date: at,
    data_interval_start: at,
    data_interval_end: at,
    params: {},
    started: at,
    runner: { host: "h", pid: 1 },
    tasks,
  };
}

const waiting: TaskRecord = { state: "waiting", attempts: 0 };
const start = (names: readonly string[]): RunEvent => ({
  at,
  event: "run-start",
  run: record(Object.fromEntries(names.map((name) => [name, waiting]))),
});
const change = (task: string, change: Partial<TaskRecord>): RunEvent => ({ at, event: "task", task, record: { ...waiting, ...change } });
const done: Partial<TaskRecord> = { state: "success", attempts: 1, started: at, ended: "2026-01-15T10:00:01.500Z" };

describe("on a terminal", () => {
  test("a line a task, drawn over itself", () => {
    const terminal = new Terminal(80, 24);
    const view = createLiveView(terminal, false);
    view.show(start(["extract.flights", "score", "load"]));
    expect(terminal.screen()).toEqual(["· extract.flights  waiting", "· score            waiting", "· load             waiting"]);
    view.show(change("extract.flights", { ...done, rows: 336776, bytes: 29_000_000 }));
    view.show(change("score", { ...done, taken_from: "earlier", rows: 1 }));
    view.show(change("load", { ...done, state: "failed" }));
    view.end();
    expect(terminal.screen()).toEqual([
      "✓ extract.flights  success  1.5 s  336,776 rows  29.0 MB",
      "✓ score            cached  1.5 s  1 row",
      "✗ load             failed  1.5 s",
    ]);
  });

  test("warnings stay above the table", () => {
    const terminal = new Terminal(80, 24);
    const view = createLiveView(terminal, false);
    view.show(start(["a"]));
    view.show({ at, event: "warning", task: "a", message: "wants 8 cores" });
    view.show(change("a", done));
    view.end();
    expect(terminal.screen()).toEqual(["warning: a: wants 8 cores", "✓ a  success  1.5 s"]);
  });

  test.each([20, 30, 50])("nothing wraps in %i columns", (columns) => {
    const terminal = new Terminal(columns, 24);
    const view = createLiveView(terminal, false);
    const names = ["a_group.with_a_long_name.and_a_task", "b", "группа.задача"];
    view.show(start(names));
    view.show({ at, event: "warning", message: "a warning that is longer than all of these terminals are wide, whatever comes" });
    for (const name of names) view.show(change(name, { ...done, rows: 123456789, bytes: 123456789 }));
    view.end();
    expect(terminal.screen().some((line) => line.includes("✓"))).toBe(true);
  });

  test("of more tasks than lines, what runs is seen; at the end all are", () => {
    const terminal = new Terminal(80, 10);
    const view = createLiveView(terminal, false);
    const names = Array.from({ length: 30 }, (_, n) => `t${n}`);
    view.show(start(names));
    view.show(change("t25", { state: "running", started: new Date().toISOString() }));
    view.show({ at, event: "warning", message: "drawn now" });
    expect(terminal.screen().length).toBeLessThanOrEqual(10);
    expect(terminal.screen()).toContainEqual(expect.stringContaining("t25"));
    expect(terminal.screen().at(-1)).toMatch(/and \d+ more tasks/);
    view.end();
    expect(terminal.screen().filter((line) => /t\d+/.test(line))).toHaveLength(30);
  });
});

describe("elsewhere", () => {
  test("a line a change, without anything that steers a terminal", () => {
    let text = "";
    const view = createPlainView({ write: (part) => (text += part) });
    view.show(start(["a"]));
    view.show(change("a", { state: "running", started: at }));
    view.show(change("a", { ...done, state: "failed", message: "the script ended with exit code 1" }));
    view.end();
    expect(text).toBe("10:00:00  a  running  0.0 s\n10:00:00  a  failed  1.5 s\n          the script ended with exit code 1\n");
  });
});
