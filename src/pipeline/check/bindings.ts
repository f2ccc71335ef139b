/** What `needs` bound, written out under `inputs`: the same pipeline, of which a reader sees where each input comes from. */
import type { Fix } from "../../protocol/diagnostic.ts";
import type { Pipeline, Source, Task } from "../resolve/pipeline.ts";

/** One fix a task of the pipeline's own file. `text` is that file's. */
export function bindingFixes({ file, tasks, families }: Pipeline, text: string): readonly Fix[] {
  const made = new Set([...families.values()].flat());
  return tasks.flatMap((task) => {
    if (task.nameSpan.file !== file || task.scope !== "" || made.has(task.id)) return [];
    const found = [...task.bound].filter(([, { by, sources, ambiguous }]) => by === "needs" && sources.length > 0 && !ambiguous);
    const entries = found.map(([port, { sources }]) => `${port}: ${referencesOf(sources, isMany(task, port))}`);
    const edit = entries.length === 0 ? undefined : placeEntries(task, entries, text);
    if (edit === undefined) return [];
    const span = { file, start: edit.at, end: edit.at };
    return [{ title: `write out the inputs of ${task.id}`, edits: [{ span, text: edit.text }] }];
  });
}

function isMany({ operator }: Task, port: string): boolean {
  return operator?.found?.kind === "manifest" && (operator.found.inputs.get(port)?.many ?? false);
}

function referencesOf(sources: readonly Source[], many: boolean): string {
  const names = sources.map((source) => (source.kind === "output" ? `${source.task}:${source.port}` : source.text));
  return many ? `[${names.join(", ")}]` : (names[0] ?? "");
}

/** Before the first input that stands there, or else after the task's `operator_type`, in the style of what is beside it. */
function placeEntries(task: Task, entries: readonly string[], text: string): { readonly at: number; readonly text: string } | undefined {
  const [first] = task.inputs;
  if (first) {
    const at = first.keySpan.start;
    const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
    if (/^ *$/.test(before)) return { at, text: entries.map((entry) => `${entry}${lineEnd(text)}${before}`).join("") };
    return /[{,]\s*$/.test(before) ? { at, text: entries.map((entry) => `${entry}, `).join("") } : undefined;
  }
  if (task.operator === undefined) return undefined;
  const { start, end } = task.operator.span;
  const inputs = `inputs: { ${entries.join(", ")} }`;
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const block = /^( *)["']?operator_type["']?: +$/.exec(before);
  if (!block) return /[{,]\s*["']?operator_type["']?: *$/.test(before) ? { at: end, text: `, ${inputs}` } : undefined;
  const next = text.indexOf("\n", end);
  const rest = text.slice(end, next < 0 ? text.length : next).replace(/\r$/, "");
  if (!/^\s*(#.*)?$/.test(rest)) return undefined;
  return { at: end + rest.length, text: `${lineEnd(text)}${block[1]}${inputs}` };
}

function lineEnd(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
