/** Our schedules against Airflow's timetables and croniter, in one Python process. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import { type Cron, nextTick, parseCron, previousTick } from "../../src/pipeline/cron.ts";
import { runOn, zoneProblem } from "../../src/pipeline/timetable.ts";
import type { SchedulePlan } from "../../src/protocol/plan.ts";

type Interval = SchedulePlan["interval"];
interface DayCase {
  readonly cron: string;
  readonly timezone: string;
  readonly interval: Interval;
  readonly day: string;
  /** Days before `day` at which Airflow begins to count. */
  readonly before?: number;
}
interface NowCase {
  readonly cron: string;
  readonly timezone: string;
  readonly interval: Interval;
  readonly now: number;
}
interface TickCase {
  readonly cron: string;
  readonly from: number;
  readonly count: number;
}
interface Answers {
  readonly days: readonly (object | null)[];
  readonly nows: readonly object[];
  readonly ticks: readonly { readonly next?: number[]; readonly previous?: number[]; readonly refused?: string }[];
}

/** A small generator with a seed, so that a failure can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const intervals: readonly Interval[] = ["data", "trigger"];

const ordinaryCrons = [
  "0 3 * * *", "@daily", "@hourly", "@weekly", "@monthly", "@quarterly", "@yearly", "@midnight", "@annually",
  "*/15 * * * *", "30 2 * * *", "0 0 * * *", "30 */2 * * *", "0 1-3 * * *", "15 0,12 * * *",
  "0 6 * * mon-fri", "0 6 * * MON", "0 9 L * *", "0 9 * * mon#1", "0 9 * * L5", "0 12 1,15 * fri", "5 4 29 2 *", "45 23 31 * *",
]; // biome-ignore format: a table

/** Days around which clocks change, and ordinary ones. */
const zonesAndDays: readonly (readonly [string, string])[] = [
  ["UTC", "2026-01-15"],
  ["Europe/Moscow", "2013-01-15"],
  ["Europe/Moscow", "2011-03-27"],
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2013-03-10"],
  ["America/New_York", "2013-11-03"],
  ["America/Sao_Paulo", "2018-11-04"], // midnight does not exist
  ["America/Sao_Paulo", "2018-02-17"], // its last hour happens twice
  ["America/Havana", "2024-11-03"], // midnight happens twice
  ["Australia/Lord_Howe", "2026-04-05"], // by half an hour
  ["Asia/Kolkata", "2024-02-29"],
  ["Pacific/Apia", "2011-12-29"], // the next day does not exist
  ["Pacific/Apia", "2011-12-30"],
  ["Pacific/Auckland", "2026-09-27"],
];

const dayCases: DayCase[] = ordinaryCrons.flatMap((cron) =>
  zonesAndDays.flatMap(([timezone, day]) => intervals.map((interval) => ({ cron, timezone, interval, day }))),
);

const nowCases: NowCase[] = ordinaryCrons.flatMap((cron) =>
  zonesAndDays.flatMap(([timezone, day]) =>
    intervals.flatMap((interval) =>
      [0, 3.5 * 3_600_000, 12 * 3_600_000, 36 * 3_600_000 + 61_500].map((later) => ({
        cron,
        timezone,
        interval,
        now: Date.parse(`${day}T00:00:00Z`) + later,
      })),
    ),
  ),
);

const random = randomNumbers(20_260_101);
const weekdays = ["sun", "MON", "tue", "Wed", "thu", "fri", "sat"];
const months = ["jan", "FEB", "mar", "apr", "May", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function randomField(low: number, high: number, names: readonly string[], special: readonly string[]): string {
  const value = () => {
    const number = low + random(high - low + 1);
    return names.length > 0 && random(3) === 0 ? (names[number - low] ?? "") : String(number);
  };
  const item = () => {
    const kind = random(10);
    if (kind < 4) return value();
    if (kind < 6) return `${value()}-${value()}`;
    if (kind < 7) return `${value()}-${value()}/${1 + random(5)}`;
    if (kind < 8) return `*/${1 + random(high)}`;
    if (kind < 9) return `${value()}/${1 + random(7)}`;
    return special.length > 0 ? (special[random(special.length)] ?? "*") : "*";
  };
  if (random(3) === 0) return "*";
  return Array.from({ length: 1 + random(3) }, item).join(",");
}

const tickCases: TickCase[] = Array.from({ length: 2_000 }, () => ({
  cron: [
    randomField(0, 59, [], []),
    randomField(0, 23, [], []),
    randomField(1, 31, [], ["l", "L", "?"]),
    randomField(1, 12, months, []),
    randomField(0, 7, [...weekdays, "sun"], ["l5", "L0", "mon#2", "3#5", "mon-wed#1", "?"]),
  ].join(" "),
  from: Date.UTC(1990 + random(50), random(12), 1 + random(31), random(24), random(60), random(3) * 20),
  count: 5,
}));

let answers: Answers;

beforeAll(() => {
  const home = mkdtempSync(join(tmpdir(), "tradewind-timetable-"));
  try {
    const done = spawnSync(join(pythonEnvironment("airflow-3.3"), "bin", "python"), [join(import.meta.dirname, "timetable.py")], {
      input: JSON.stringify({ days: dayCases, nows: nowCases, ticks: tickCases }),
      encoding: "utf8",
      maxBuffer: 256 << 20,
      env: { PATH: process.env.PATH, HOME: home, AIRFLOW_HOME: home },
    });
    if (done.status !== 0) throw new Error(`Airflow did not answer: ${done.stderr}`);
    answers = JSON.parse(done.stdout) as Answers;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("--date finds the run that Airflow's scheduler gives that logical date", () => {
  const differences = dayCases.flatMap((question, index) => {
    const ours = runOn(question, question.timezone, { day: question.day });
    const theirs = answers.days[index] ?? null;
    const same = theirs === null ? "problem" in ours : JSON.stringify(ours) === JSON.stringify(theirs);
    return same ? [] : [{ question, ours, theirs }];
  });
  expect(answers.days.filter((answer) => answer !== null).length).toBeGreaterThan(300);
  expect(differences).toEqual([]);
});

test("without a date it is the run that the scheduler starts without catchup", () => {
  const differences = nowCases.flatMap((question, index) => {
    const ours = runOn(question, question.timezone, { now: question.now });
    const theirs = answers.nows[index];
    return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ question, ours, theirs }];
  });
  expect(differences).toEqual([]);
});

test("what we accept, croniter accepts with the same ticks", () => {
  const accepted = tickCases.map((question, index) => ({ question, cron: parseCron(question.cron), theirs: answers.ticks[index] }));
  const differences = accepted.flatMap(({ question, cron, theirs }) => {
    if ("problem" in cron) return [];
    const ours = { next: walk(cron, question, nextTick), previous: walk(cron, question, previousTick) };
    return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ question, ours, theirs }];
  });
  expect(accepted.filter(({ cron }) => !("problem" in cron)).length).toBeGreaterThan(800);
  expect(differences.slice(0, 5)).toEqual([]);
});

test("zones of the tables above are zones to us", () => {
  expect(zonesAndDays.map(([zone]) => zoneProblem(zone)).filter((problem) => problem !== undefined)).toEqual([]);
});

function walk(cron: Cron, { from, count }: TickCase, step: typeof nextTick): (number | undefined)[] {
  const ticks: (number | undefined)[] = [];
  let at: number | undefined = from;
  for (let index = 0; index < count && at !== undefined; index++) {
    at = step(cron, at);
    ticks.push(at);
  }
  return ticks;
}
