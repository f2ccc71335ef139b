/** Python names in the emitted file: valid, unique, and hiding neither a builtin nor an import. */
import type { Plan } from "../../protocol/plan.ts";
import { dockerNames } from "./docker.ts";
import { podNames } from "./kubernetes.ts";
import { keywords } from "./python.ts";

/** Names that the file uses for other things, and builtins that a reader would miss. */
const taken: ReadonlySet<string> = new Set([
  ...keywords,
  ...dockerNames,
  ...podNames,
  ...(
    "I O l DAG DeviceRequest LAUNCH Mount Secret k8s Param RUN TaskGroup ZoneInfo dag datetime timedelta CronDataIntervalTimetable CronTriggerTimetable match case type " +
    "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr " +
    "dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance " +
    "issubclass iter len license list locals map max memoryview min next object oct open ord pow print property quit range repr reversed " +
    "round set setattr slice sorted staticmethod str sum super tuple vars zip"
  ).split(" "),
]);

/** Hands out names that nobody has yet. */
export class Names {
  readonly #used: Set<string>;
  constructor(used: Iterable<string> = []) {
    this.#used = new Set(used);
  }

  /** The first of `wishes` that is free, else the last one with a number. */
  claim(...wishes: readonly string[]): string {
    let name = "name";
    for (const wish of wishes) {
      name = toIdentifier(wish);
      if (this.#isFree(name)) break;
    }
    const last = name;
    for (let count = 2; !this.#isFree(name); count += 1) name = `${last}_${count}`;
    this.#used.add(name);
    return name;
  }

  #isFree(name: string): boolean {
    return !taken.has(name) && !this.#used.has(name);
  }
}

/** The variable of each task: its own name where only one task has it, else with the names of its groups. */
export function taskNames(plan: Plan, names: Names): ReadonlyMap<string, string> {
  const short = (id: string) => id.slice(id.lastIndexOf(".") + 1);
  const shorts = plan.tasks.map(({ id }) => toIdentifier(short(id)));
  const count = new Map<string, number>();
  for (const name of shorts) count.set(name, (count.get(name) ?? 0) + 1);
  return new Map(
    plan.tasks.map(({ id }, index) => {
      const own = shorts[index] ?? id;
      return [id, count.get(own) === 1 ? names.claim(own, id, `${id}_task`) : names.claim(id, `${id}_task`)];
    }),
  );
}

/** At most 60 characters, so that a line holds two. */
function toIdentifier(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_]+/gu, "_").slice(0, 60);
  return /^[A-Za-z_]/.test(name) ? name : `task_${name}`.slice(0, 60);
}
