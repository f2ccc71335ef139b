/** dateutil's relativedelta: making one, adding two, multiplying. */
import { raise } from "./error.ts";
import { toFloat } from "./number.ts";
import { type AbsoluteUnit, RelativeDelta, type RelativeUnit } from "./time-types.ts";

/** Carries units that are too large into the next, as relativedelta's _fix does. */
function makeRelative(
  relative: { readonly [unit in RelativeUnit]: number },
  absolute: { readonly [unit in AbsoluteUnit]?: number } = {},
): RelativeDelta {
  const fixed = { ...relative };
  const carry = (from: RelativeUnit, to: RelativeUnit, size: number) => {
    if (Math.abs(fixed[from]) < size) return;
    const sign = Math.sign(fixed[from]);
    const whole = Math.floor(Math.abs(fixed[from]) / size);
    fixed[from] = sign * (Math.abs(fixed[from]) % size);
    fixed[to] += sign * whole;
  };
  carry("microseconds", "seconds", 1_000_000);
  carry("seconds", "minutes", 60);
  carry("minutes", "hours", 60);
  carry("hours", "days", 24);
  carry("months", "years", 12);
  return new RelativeDelta(fixed, absolute);
}

const units: readonly RelativeUnit[] = ["years", "months", "days", "hours", "minutes", "seconds", "microseconds"];

function mapUnits(compute: (unit: RelativeUnit) => number): { [unit in RelativeUnit]: number } {
  return Object.fromEntries(units.map((unit) => [unit, compute(unit)])) as { [unit in RelativeUnit]: number };
}

export function addRelatives(left: RelativeDelta, right: RelativeDelta, sign: 1 | -1): RelativeDelta {
  const absolute = sign === 1 ? { ...left.absolute, ...right.absolute } : { ...right.absolute, ...left.absolute };
  return makeRelative(
    mapUnits((unit) => left.relative[unit] + sign * right.relative[unit]),
    absolute,
  );
}

export function multiplyRelative(value: RelativeDelta, factor: bigint | number | boolean): RelativeDelta {
  const by = toFloat(factor);
  if (!Number.isFinite(by)) raise("ValueError", "a relativedelta cannot be multiplied with that");
  return makeRelative(
    mapUnits((unit) => Math.trunc(value.relative[unit] * by)),
    value.absolute,
  );
}

export function absoluteRelative(value: RelativeDelta): RelativeDelta {
  return new RelativeDelta(
    mapUnits((unit) => Math.abs(value.relative[unit])),
    value.absolute,
  );
}

/** relativedelta(years=…, month=…): unit names to whole numbers; `weeks` are days. */
export function relativeOf(given: ReadonlyMap<string, number>): RelativeDelta {
  const relative = mapUnits((unit) => given.get(unit) ?? 0);
  relative.days += 7 * (given.get("weeks") ?? 0);
  const absolute: { [unit in AbsoluteUnit]?: number } = {};
  for (const unit of ["year", "month", "day", "hour", "minute", "second", "microsecond"] as const) {
    const value = given.get(unit);
    if (value !== undefined) absolute[unit] = value;
  }
  return makeRelative(relative, absolute);
}
