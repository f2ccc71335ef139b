/** Which artifact goes into which port: by `inputs`, and for the rest by what the tasks in `needs` give (design §3). */
import type { Span } from "../../protocol/diagnostic.ts";
import type { InputPort } from "../catalog/manifest.ts";
import type { Report } from "../parse/report.ts";
import type { Use } from "./expand.ts";
import { type Draft, flattenUses } from "./flatten.ts";
import type { BoundInput, GivenInput, Pipeline, Reference, Source, Task } from "./pipeline.ts";
import { type Names, outputsOf, readInputs, readNeeds } from "./references.ts";
import type { TaskFacts } from "./task.ts";

/** `families` are tasks with `for_each` and what they became. */
export function bindTasks(
  tasks: readonly TaskFacts[],
  uses: ReadonlyMap<string, Use>,
  groups: readonly string[],
  families: ReadonlyMap<string, readonly string[]>,
  report: Report,
): Pick<Pipeline, "tasks" | "uses"> {
  const facts = [...tasks, ...[...uses.values()].map((use) => use.facts)];
  const names: Names = {
    tasks: new Map(facts.map((task) => [task.id, task])),
    groups: new Map([...tasksOf(groups, facts), ...families]),
    families,
    uses,
  };
  const needs = new Map(facts.map((task) => [task.id, readNeeds(task.needsNode, task, names, report)]));
  const inputs = new Map(
    facts.map((task) => [task.id, readInputs(task.inputsNode, task, names, report).map((input) => chooseOutput(input, task, names))]),
  );
  const drafts = new Map(
    facts.map((task): [string, Draft] => {
      const needed = task.enabled ? expandNeeds(task.id, needs.get(task.id) ?? [], names, needs) : new Map<string, Span>();
      return [task.id, { facts: task, needed, bound: bindPorts(task, inputs.get(task.id) ?? [], needed, names) }];
    }),
  );
  if (uses.size > 0) flattenUses(drafts, uses);
  const finish = ({ id }: TaskFacts): Task[] => {
    const draft = drafts.get(id);
    if (draft === undefined) return [];
    const { needsNode: _needs, inputsNode: _inputs, ...rest } = draft.facts;
    const upstream = new Map(draft.needed);
    for (const { sources } of draft.bound.values()) {
      for (const source of sources) if (source.kind === "output" && !upstream.has(source.task)) upstream.set(source.task, source.span);
    }
    return [{ ...rest, needs: needs.get(id) ?? [], inputs: inputs.get(id) ?? [], bound: draft.bound, upstream }];
  };
  return { tasks: tasks.flatMap(finish), uses: [...uses.values()].flatMap((use) => finish(use.facts)) };
}

/** The tasks of each group, those of its inner groups too, in the order of the file. */
function tasksOf(groups: readonly string[], facts: readonly TaskFacts[]): ReadonlyMap<string, readonly string[]> {
  const inside = new Map<string, string[]>(groups.map((id) => [id, []]));
  for (const { id, group, scope } of facts) {
    for (let outer = group; outer !== scope; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) inside.get(outer)?.push(id);
  }
  return inside;
}

/** Of a task with several outputs the input takes the only one that fits, or else the one that has the port's name. */
function chooseOutput(input: GivenInput, task: TaskFacts, names: Names): GivenInput {
  const operator = task.operator?.found;
  const port = operator?.kind === "manifest" ? operator.inputs.get(input.port) : undefined;
  const sources = input.sources.map((source): Source => {
    if (source.kind !== "none" || source.why.kind !== "ambiguous" || port === undefined) return source;
    const producer = names.tasks.get(source.why.task);
    const fitting = [...((producer && outputsOf(producer)) ?? [])].filter(([, { type }]) => fits(port, type));
    const chosen = fitting.length === 1 ? fitting[0] : fitting.find(([name]) => name === port.name);
    if (chosen === undefined) return source;
    const [name, { type }] = chosen;
    return { kind: "output", text: source.text, span: source.span, task: source.why.task, port: name, type };
  });
  return { ...input, sources };
}

function fits(port: InputPort, type: string): boolean {
  return port.types.includes("any") || port.types.includes(type);
}

/** Groups become their tasks, and a disabled task becomes what it needs itself. */
function expandNeeds(
  id: string,
  own: readonly Reference[],
  names: Names,
  needs: ReadonlyMap<string, readonly Reference[]>,
): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>();
  const open: { target: NonNullable<Reference["target"]>; span: Span }[] = [];
  const push = (references: readonly Reference[], span?: Span) => {
    for (const reference of [...references].reverse()) {
      if (reference.target) open.push({ target: reference.target, span: span ?? reference.span });
    }
  };
  push(own);
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { target, span } = next;
    if (target.kind === "group") {
      const inside = names.groups.get(target.id) ?? [];
      for (const task of inside.toReversed()) open.push({ target: { kind: "task", id: task }, span });
    } else if (names.tasks.get(target.id)?.enabled) {
      if (!found.has(target.id)) found.set(target.id, span);
    } else if (target.id !== id && !seen.has(target.id)) {
      seen.add(target.id);
      push(needs.get(target.id) ?? [], span);
    }
  }
  return found;
}

function bindPorts(
  task: TaskFacts,
  inputs: readonly GivenInput[],
  needed: ReadonlyMap<string, Span>,
  names: Names,
): ReadonlyMap<string, BoundInput> {
  const operator = task.operator?.found;
  const bound = new Map<string, BoundInput>();
  if (operator?.kind !== "manifest") return bound;
  for (const { port, keySpan, sources } of inputs) {
    if (operator.inputs.has(port)) bound.set(port, { by: "inputs", span: keySpan, sources });
  }
  for (const port of operator.inputs.values()) {
    if (bound.has(port.name) || port.optional) continue;
    const candidates = candidatesFor(port, task.id, needed, names);
    const named = candidates.filter((candidate) => candidate.port === port.name);
    const chosen = port.many ? candidates : candidates.length > 1 ? named : candidates;
    const [first] = candidates;
    if (first === undefined) continue;
    if (port.many || chosen.length === 1) bound.set(port.name, { by: "needs", span: first.span, sources: chosen });
    else
      bound.set(port.name, {
        by: "needs",
        span: first.span,
        sources: [],
        ambiguous: candidates.map(({ task: id, port: output }) => ({ task: id, port: output })),
      });
  }
  return bound;
}

type Output = Extract<Source, { kind: "output" }>;

function candidatesFor(port: InputPort, id: string, needed: ReadonlyMap<string, Span>, names: Names): readonly Output[] {
  return [...needed].flatMap(([need, span]) => {
    const task = names.tasks.get(need);
    const outputs = need === id ? undefined : task && outputsOf(task);
    return [...(outputs ?? [])].flatMap(([name, { type }]): Output[] => {
      return fits(port, type) ? [{ kind: "output", text: `${need}:${name}`, span, task: need, port: name, type }] : [];
    });
  });
}
