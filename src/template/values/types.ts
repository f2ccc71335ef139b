/** Python's values as the renderer holds them. int is bigint, float is number, list is an array; the rest are classes. */

import type { Dict, DictView } from "./dict.ts";
import type { DateTimeValue, DateValue, DeltaValue, RelativeDelta, TimeValue, ZoneValue } from "./time-types.ts";

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Markup
  | Tuple
  | Dict
  | DictView
  | Range
  | Generator_
  | Callable
  | HostObject
  | Undefined
  | Slice
  | DateTimeValue
  | DateValue
  | TimeValue
  | DeltaValue
  | RelativeDelta
  | ZoneValue;

/** Text that is already escaped for HTML (markupsafe.Markup): what `tojson`, `safe` and `escape` give. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A tuple; a named one has attributes too. `label` is how repr() begins when it is not plain. */
export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];
  readonly label: string;
  constructor(items: readonly Value[], names: readonly string[] = [], label = "") {
    this.items = items;
    this.names = names;
    this.label = label;
  }
}

/** range(start, stop, step); never longer than Jinja's sandbox allows. */
export class Range {
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;
  readonly length: number;
  constructor(start: bigint, stop: bigint, step: bigint, length: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = length;
  }
  at(index: number): bigint {
    return this.start + BigInt(index) * this.step;
  }
}

/** A generator or iterator: read once, has no length, is always true. */
export class Generator_ {
  readonly source: Iterator<Value>;
  readonly name: string;
  constructor(source: Iterable<Value>, name: string) {
    this.source = source[Symbol.iterator]();
    this.name = name;
  }
}

/** slice(a, b, c), as the index of a subscription. */
export class Slice {
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
  constructor(start: Value, stop: Value, step: Value) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

export type Keywords = ReadonlyMap<string, Value>;

/** A function, bound method or class; `attributes` are what a class has besides (datetime.strptime). */
export class Callable {
  readonly name: string;
  readonly call: (args: readonly Value[], keywords: Keywords) => Value;
  readonly attribute: (name: string) => Value | undefined;
  constructor(
    name: string,
    call: (args: readonly Value[], keywords: Keywords) => Value,
    attribute: (name: string) => Value | undefined = () => undefined,
  ) {
    this.name = name;
    this.call = call;
    this.attribute = attribute;
  }
}

/**
 * An object of Airflow's or Jinja's: attributes only. `text` is how it prints, null when a local run cannot say. `attribute` gives undefined for a name it lacks and throws PythonError
 * for one that a local run cannot give. `names` are for suggestions.
 */
export class HostObject {
  readonly type: string;
  readonly text: string | null;
  readonly attribute: (name: string) => Value | undefined;
  readonly names: readonly string[];
  constructor(type: string, text: string | null, attribute: (name: string) => Value | undefined, names: readonly string[] = []) {
    this.type = type;
    this.text = text;
    this.attribute = attribute;
    this.names = names;
  }
}

/**
 * jinja2.StrictUndefined: may be tested and defaulted, anything else raises its message. A `lax` one (jinja2.Undefined, what an
 * inline `if` without `else` gives) prints as nothing, too, and is false and empty.
 */
export class Undefined {
  readonly message: string;
  readonly lax: boolean;
  constructor(message: string, lax = false) {
    this.message = message;
    this.lax = lax;
  }
}
