/** Durations and dates as Python expressions. */

import type { Imports } from "./imports.ts";
import { call, code, type Expression, string } from "./python.ts";

const units = [
  ["days", 86400],
  ["hours", 3600],
  ["minutes", 60],
] as const;

/** `timedelta(minutes=90)`: in the largest unit that needs no fraction. */
export function timedelta(seconds: number, imports: Imports): Expression {
  const [unit, size] = units.find(([, length]) => seconds !== 0 && seconds % length === 0) ?? ["seconds", 1];
  return call(imports.from("datetime", "timedelta"), [], { [unit]: code(String(seconds / size)) });
}

/** `datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Moscow"))` of a wall time `YYYY-MM-DDTHH:MM:SS`. */
export function zonedDatetime(wall: string, zone: string, imports: Imports): Expression {
  const parts = wall.split(/\D/).map(Number);
  while (parts.length > 3 && parts.at(-1) === 0) parts.pop();
  return call(
    imports.from("datetime", "datetime"),
    parts.map((part) => code(String(part))),
    { tzinfo: call(imports.from("zoneinfo", "ZoneInfo"), [string(zone)], {}) },
  );
}
