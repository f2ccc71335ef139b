/** The columns of tables along edges: where both ends declare them, the output has what the input needs. */

import type { Note, Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import { type Column, type Columns, type ColumnType, listColumns } from "../catalog/columns.ts";
import type { InputPort, OutputPort } from "../catalog/manifest.ts";
import { didYouMean, quote, type Report } from "../parse/report.ts";
import type { Source, Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

type Output = Extract<Source, { kind: "output" }>;

export const checkColumns: Check = ({ tasks }, report) => {
  const byId = new Map<string, Task>();
  for (const task of tasks) {
    for (const port of manifestOf(task)?.inputs.values() ?? []) {
      if (port.columns === undefined) continue;
      if (byId.size === 0) for (const one of tasks) byId.set(one.id, one);
      checkPort(task, port, port.columns, byId, report);
    }
  }
};

function manifestOf({ operator }: Task) {
  return operator?.found?.kind === "manifest" ? operator.found : undefined;
}

function checkPort(task: Task, port: InputPort, wanted: Columns, byId: ReadonlyMap<string, Task>, report: Report): void {
  // The tasks of a family have one operator, and stand in one place.
  const seen = new Map<OutputPort, Span>();
  for (const source of task.bound.get(port.name)?.sources ?? []) {
    if (source.kind !== "output") continue;
    const producer = byId.get(source.task);
    const output = producer && manifestOf(producer)?.outputs.get(source.port);
    // A file of another type is said to be one, and has no such columns anyway.
    if (output?.columns === undefined || !(port.types.includes("any") || port.types.includes(output.type))) continue;
    if (seen.get(output) === source.span) continue;
    seen.set(output, source.span);
    checkEdge(task, port, wanted, source, output, output.columns, report);
  }
}

function checkEdge(task: Task, port: InputPort, wanted: Columns, source: Output, output: OutputPort, given: Columns, report: Report): void {
  const input = `input \`${port.name}\` of task \`${task.id}\``;
  const from = `\`${source.task}:${source.port}\``;
  for (const [name, column] of wanted) {
    const found = given.get(name);
    if (found === undefined) {
      const near = nearest(
        name,
        [...given.keys()].filter((other) => !wanted.has(other)),
      );
      const there = near === undefined ? undefined : given.get(near);
      const notes: Note[] = [
        { message: "the input needs it", span: column.span },
        { message: `the output has ${listColumns(given)}`, span: there?.span ?? output.span },
      ];
      report("unknown-column", source.span, `${input} needs the column ${quote(name)}, which ${from} does not have${didYouMean(near)}`, {
        notes,
      });
    } else if (!fits(column, found, output.type)) {
      const notes: Note[] = [
        { message: `the input needs ${column.type}`, span: column.span },
        { message: `the output has ${found.type}`, span: found.span },
      ];
      report("column-type", source.span, `${input} needs the column ${quote(name)} as ${column.type}, but in ${from} it is ${found.type}`, {
        notes,
      });
    }
  }
}

/** Files whose cells are text, whatever stands in them. */
const ofText = ["csv", "tsv"];

const narrower: { readonly [type in ColumnType]?: ColumnType } = { number: "integer" };

function fits({ type: wanted }: Column, { type: given }: Column, file: string): boolean {
  if (wanted === undefined || given === undefined || wanted === given) return true;
  return wanted === "string" ? ofText.includes(file) : narrower[wanted] === given;
}
