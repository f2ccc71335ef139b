/** A run on the screen while it goes on: a table that is redrawn in place on a terminal, plain lines elsewhere. */
import type { Phase } from "../protocol/event.ts";
import type { RunEvent } from "../protocol/run-event.ts";
import type { TaskRecord, TaskState } from "../protocol/run-record.ts";
import { secondsBetween, showBytes, showDuration, showRows } from "./figures.ts";
import { columnsOf, visible, wrap } from "./terminal.ts";

export interface RunView {
  show(event: RunEvent): void;
  /** Leaves the last state on the screen. */
  end(): void;
}

/** What a view writes to: process.stdout or stderr. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

interface Line {
  readonly record: TaskRecord;
  readonly phase?: Phase;
  readonly rows?: number;
  readonly bytes?: number;
}

/** A line for every change. */
export function createPlainView(screen: Screen): RunView {
  return {
    show(event) {
      if (event.event === "warning") screen.write(`${warningText(event)}\n`);
      if (event.event !== "task" || event.record.state === "waiting") return;
      const { record, task } = event;
      const parts = [event.at.slice(11, 19), task, stateText(record), ...facts({ record }, event.at)];
      screen.write(`${parts.join("  ")}\n`);
      if (record.state === "failed" || record.state === "up_for_retry") screen.write(`${" ".repeat(10)}${visible(record.message ?? "")}\n`);
    },
    end() {},
  };
}

function warningText({ task, message }: { readonly task?: string; readonly message: string }): string {
  return `warning: ${task === undefined ? "" : `${task}: `}${visible(message)}`;
}

/** Milliseconds between two drawings. */
const pace = 100;

/** One line a task, drawn over itself; as many as the screen holds, what moves first. */
export function createLiveView(screen: Screen, colors: boolean): RunView {
  const lines = new Map<string, Line>();
  /** Of the tasks' names. */
  let longest = 0;
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  let finished = false;

  const draw = (above = "") => {
    const width = Math.max(20, screen.columns ?? 80);
    const now = new Date().toISOString();
    const height = finished ? lines.size : Math.max(3, (screen.rows ?? 24) - 2);
    const names = Math.min(longest, Math.max(10, Math.floor(width / 2)));
    const rows = choose([...lines], height).map(([task, line]) => drawLine(task, line, names, width, now, colors));
    const hidden = lines.size - rows.length;
    if (hidden > 0) rows.push(cut(`  … and ${hidden} more tasks`, width));
    // One write, each line cleared only behind its text: nothing blinks.
    const up = drawn > 0 ? `\x1b[${drawn}A\r` : "\r";
    const shown = [...(above === "" ? [] : wrap(visible(above), width - 1)), ...rows];
    screen.write(`${up}${shown.map((row) => `${row}\x1b[K\n`).join("")}\x1b[J`);
    drawn = rows.length;
  };
  const tick = () => {
    draw();
    timer = setTimeout(tick, pace);
    timer.unref();
  };

  return {
    show(event) {
      if (event.event === "run-start") {
        for (const [task, record] of Object.entries(event.run.tasks)) {
          lines.set(task, { record });
          longest = Math.max(longest, task.length);
        }
        tick();
      }
      if (event.event === "warning") draw(warningText(event));
      if (!("task" in event) || event.task === undefined) return;
      const line = lines.get(event.task);
      if (line === undefined) return;
      if (event.event === "task") lines.set(event.task, { record: event.record });
      if (event.event === "phase") lines.set(event.task, { ...line, phase: event.phase });
      if (event.event === "progress") {
        const { rows, bytes } = event;
        lines.set(event.task, { ...line, ...(rows !== undefined && { rows }), ...(bytes !== undefined && { bytes }) });
      }
    },
    end() {
      clearTimeout(timer);
      finished = true;
      if (lines.size > 0) draw();
    },
  };
}

/** When not all fit: what runs and what failed, then what comes next, then what is done; in the order of the Plan. */
function choose(lines: readonly (readonly [string, Line])[], height: number): (readonly [string, Line])[] {
  if (lines.length <= height) return [...lines];
  const byRank: (readonly [string, Line])[][] = Array.from({ length: 6 }, () => []);
  for (const line of lines) byRank[ranks[line[1].record.state]]?.push(line);
  const kept = new Set(byRank.flat().slice(0, height - 1));
  return lines.filter((line) => kept.has(line));
}

const ranks: Readonly<Record<TaskState, number>> = {
  running: 0,
  up_for_retry: 0,
  failed: 1,
  lost: 1,
  cancelled: 1,
  upstream_failed: 2,
  waiting: 3,
  success: 4,
  skipped: 4,
  not_run_here: 4,
  not_selected: 5,
};

const signs: Readonly<Record<TaskState, string>> = {
  waiting: "·",
  running: "●",
  up_for_retry: "↻",
  success: "✓",
  failed: "✗",
  skipped: "–",
  upstream_failed: "–",
  cancelled: "■",
  lost: "?",
  not_run_here: "○",
  not_selected: " ",
};

const tints: Readonly<Record<TaskState, number>> = {
  waiting: 2,
  running: 36,
  up_for_retry: 33,
  success: 32,
  failed: 31,
  skipped: 2,
  upstream_failed: 33,
  cancelled: 33,
  lost: 33,
  not_run_here: 2,
  not_selected: 2,
};

function drawLine(task: string, line: Line, names: number, width: number, now: string, colors: boolean): string {
  const { record } = line;
  const name = task.length > names ? `…${task.slice(1 - names)}` : task.padEnd(names);
  const state = line.phase !== undefined && record.state === "running" && line.phase !== "run" ? phaseText(line.phase) : stateText(record);
  const text = cut(`${signs[record.state]} ${name}  ${[state, ...facts(line, now)].join("  ")}`, width);
  return colors ? `\x1b[${tints[record.state]}m${text.slice(0, 1)}\x1b[0m${text.slice(1)}` : text;
}

function phaseText(phase: Phase): string {
  return {
    claim: "starting",
    stage: "staging",
    environment: "packages",
    run: "running",
    check: "checking",
    upload: "storing",
    commit: "storing",
  }[phase];
}

/** What a task's state is called. */
export function stateText(record: TaskRecord): string {
  switch (record.state) {
    case "success":
      return record.taken_from === undefined ? "success" : "cached";
    case "up_for_retry":
      return `failed, try ${record.attempts}; trying again`;
    case "upstream_failed":
      return "upstream failed";
    case "not_run_here":
      return "not run here";
    case "not_selected":
      return record.taken_from === undefined ? "left out" : "taken from before";
    default:
      return record.state;
  }
}

/** Time, rows, bytes: those that there are. */
function facts({ record, rows = record.rows, bytes = record.bytes }: Line, now: string): string[] {
  const found: string[] = [];
  if (record.started !== undefined && record.state !== "waiting") {
    found.push(showDuration(secondsBetween(record.started, record.state === "running" ? now : (record.ended ?? now))));
  }
  if (rows !== undefined) found.push(showRows(rows));
  if (bytes !== undefined) found.push(showBytes(bytes));
  return found;
}

/** At most `width` columns less one: a full line would wrap on some terminals. */
function cut(text: string, width: number): string {
  if (columnsOf(text) < width) return text;
  let kept = "";
  for (const char of text) {
    if (columnsOf(kept + char) > width - 2) break;
    kept += char;
  }
  return `${kept}…`;
}
