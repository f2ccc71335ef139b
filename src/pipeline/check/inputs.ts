/** What goes into the ports: that each port exists, is bound once and to something that fits, and that none which must be is not. */

import type { Note, Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import type { InputPort, Manifest } from "../catalog/manifest.ts";
import { didYouMean, quote, type Report, slipOf } from "../parse/report.ts";
import type { GivenInput, Pipeline, Source, Task } from "../resolve/pipeline.ts";
import { reportUnknownTask } from "./needs.ts";
import type { Check } from "./signature.ts";

export const checkInputs: Check = (pipeline, report) => {
  for (const task of pipeline.tasks) {
    const operator = task.operator?.found;
    if (operator?.kind !== "manifest" || operator.broken) continue;
    for (const given of task.inputs) checkGiven(pipeline, task, operator, given, report);
    for (const port of operator.inputs.values()) if (task.enabled) checkPort(pipeline, task, operator, port, report);
  }
};

function checkGiven(pipeline: Pipeline, task: Task, operator: Manifest, given: GivenInput, report: Report): void {
  const port = operator.inputs.get(given.port);
  if (port === undefined) {
    const names = [...operator.inputs.keys()];
    const near = didYouMean(nearest(given.port, names));
    const notes =
      near === "" ? [{ message: names.length === 0 ? `\`${operator.name}\` has no inputs` : `it has ${names.join(", ")}` }] : [];
    report("unknown-port", given.keySpan, `operator \`${operator.name}\` has no input ${quote(given.port)}${near}`, {
      notes,
      ...slipOf(given.port, names, given.keySpan),
    });
  }
  const [first, second] = given.sources;
  if (port && !port.many && first && second) {
    const notes = [
      ...(first.span === second.span ? [] : [{ message: "it is bound here already", span: first.span }]),
      ...declared(operator, port.span, "the port; one with `many: true` takes a list"),
    ];
    const several = first.span === second.span ? `${quote(first.text)} is ${given.sources.length} tasks` : "is bound twice";
    report("bound-twice", second.span, `input \`${given.port}\` of task \`${task.id}\` takes one artifact, and ${several}`, { notes });
  }
  const seen = new Map<string, Span>();
  for (const source of given.sources) {
    if (source.kind === "none") reportNone(pipeline, task, given.port, port, source, report);
    else if (port) checkFits(pipeline, task, operator, port, source, report);
    const key = source.kind === "output" ? `${source.task}:${source.port}` : source.text;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, source.span);
    else if (port?.many && before !== source.span) {
      const notes = [{ message: "it is bound here already", span: before }];
      report("bound-twice", source.span, `input \`${given.port}\` of task \`${task.id}\` is bound to ${quote(source.text)} twice`, {
        notes,
      });
    }
  }
}

function checkPort(pipeline: Pipeline, task: Task, operator: Manifest, port: InputPort, report: Report): void {
  const bound = task.bound.get(port.name);
  if (bound?.ambiguous) {
    const candidates = bound.ambiguous.map(({ task: id, port: output }) => `\`${id}:${output}\``).join(", ");
    const message = `input \`${port.name}\` of task \`${task.id}\` could be any of ${candidates}; say which under \`inputs\``;
    report("ambiguous-input", bound.span, message, { notes: declared(operator, port.span, "the port") });
  } else if (bound === undefined && !port.optional) {
    // What it needs does not exist: that is said already, and is likely the whole fault.
    if (task.needs.some(({ target }) => target === undefined)) return;
    const disabled = task.needs.filter(
      ({ target }) => target?.kind === "task" && !pipeline.tasks.find(({ id }) => id === target.id)?.enabled,
    );
    const notes: Note[] = disabled.map(({ text, span }) => ({ message: `\`${text}\` is not enabled`, span }));
    notes.push(...declared(operator, port.span, `the port takes ${port.types.join(" or ")}`));
    const what = task.needs.length === 0 ? "nothing is bound to it" : "no task in `needs` has an output that fits";
    const message = `input \`${port.name}\` of task \`${task.id}\` is required, and ${what}; bind it under \`inputs\``;
    report("missing-input", task.nameSpan, message, { notes });
  } else if (bound?.by === "inputs" && bound.sources.length === 0 && !port.optional && isEmptyList(task, port)) {
    report("missing-input", bound.span, `input \`${port.name}\` of task \`${task.id}\` is required, and its list is empty`);
  }
}

function isEmptyList({ inputs }: Task, { name }: InputPort): boolean {
  return inputs.some(({ port, listed }) => port === name && listed);
}

function checkFits(pipeline: Pipeline, task: Task, operator: Manifest, port: InputPort, source: Source, report: Report): void {
  if (!port.types.every((one) => one !== "any" && pipeline.settings.types.has(one))) return;
  const type = typeOf(source, pipeline);
  if (type === undefined || port.types.includes(type)) return;
  const notes = [...declared(operator, port.span, `the input takes ${port.types.join(" or ")}`)];
  if (source.kind === "output") {
    const producer = pipeline.tasks.find(({ id }) => id === source.task)?.operator?.found;
    const output = producer?.kind === "manifest" ? producer.outputs.get(source.port) : undefined;
    if (producer?.kind === "manifest" && output) notes.push(...declared(producer, output.typeSpan, `the output is ${type}`));
  }
  const message = `input \`${port.name}\` of task \`${task.id}\` takes ${port.types.join(" or ")}, but ${quote(source.text)} is ${type}`;
  report("type-mismatch", source.span, message, { notes });
}

/** A file's type is told by its name; one of no known kind may be anything. */
function typeOf(source: Source, { settings }: Pipeline): string | undefined {
  if (source.kind === "output") return source.type;
  if (source.kind === "none") return undefined;
  const matches = [...settings.types].filter(([, { extension }]) => extension !== "" && source.path.toLowerCase().endsWith(extension));
  matches.sort(([, a], [, b]) => b.extension.length - a.extension.length);
  return matches[0]?.[0];
}

function reportNone(
  pipeline: Pipeline,
  task: Task,
  name: string,
  port: InputPort | undefined,
  source: Extract<Source, { kind: "none" }>,
  report: Report,
): void {
  const { text, span, why } = source;
  switch (why.kind) {
    case "silent":
      return;
    case "form":
      report(
        "invalid-value",
        span,
        `${quote(text)} is no task's output such as \`extract.flights:data\`, nor a path that begins with \`./\` or \`/\``,
      );
      return;
    case "later":
      report(
        "not-yet",
        span,
        `the address ${quote(text)} is not read yet; use a task's output, or a path that begins with \`./\` or \`/\``,
      );
      return;
    case "outside":
      report("invalid-value", span, `${quote(text)} leads out of the workspace, where \`./\` begins`);
      return;
    case "unknown-task":
      reportUnknownTask(pipeline, task, text, span, report);
      return;
    case "group": {
      const inside = pipeline.tasks.filter(({ id }) => id.startsWith(`${why.id}.`)).map(({ id }) => id);
      report("invalid-value", span, `\`${why.id}\` is a group, which has no outputs; name one of its tasks: ${inside.join(", ")}`);
      return;
    }
    case "disabled":
      if (port?.optional || !task.enabled) return;
      report("disabled-input", span, `input \`${name}\` of task \`${task.id}\` comes from \`${why.task}\`, which is not enabled`);
      return;
    case "no-ports":
      report("unknown-port", span, `task \`${why.task}\` has no outputs, so nothing of it can go into \`${name}\``);
      return;
    case "unknown-port": {
      const near = didYouMean(nearest(why.port, why.ports));
      const has = why.ports.length === 0 ? "it has none" : `it has ${why.ports.join(", ")}`;
      report("unknown-port", span, `task \`${why.task}\` has no output ${quote(why.port)}${near === "" ? `; ${has}` : near}`, {
        ...slipOf(why.port, why.ports, span, (name) => text.slice(0, text.indexOf(":") + 1) + name),
      });
      return;
    }
    case "ambiguous": {
      const choices = why.ports.map((output) => `\`${why.task}:${output}\``).join(", ");
      report("ambiguous-input", span, `task \`${why.task}\` has several outputs; write one of ${choices}`);
    }
  }
}

/** The other end, where an operator declares it; a built-in one has no place to show. */
function declared(operator: Manifest, span: Span, message: string): Note[] {
  return span.file.startsWith("builtin/") ? [{ message: `${message} (built-in operator \`${operator.name}\`)` }] : [{ message, span }];
}
