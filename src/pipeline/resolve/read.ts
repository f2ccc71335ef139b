/** A text of the workspace, with what was said about it. */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { type Report, reportTo } from "../parse/report.ts";
import type { File } from "../parse/workspace.ts";
import { parseYaml, type Yaml } from "../parse/yaml.ts";

/** What was read, and what is wrong with it. */
export interface Read<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Keeps what `read` reports beside what it gives. */
export function collect<T>(read: (report: Report) => T): Read<T> {
  const diagnostics: Diagnostic[] = [];
  return { value: read(reportTo(diagnostics)), diagnostics };
}

export function readFile(file: File, report: Report): Yaml {
  const { path, text } = file;
  if (typeof text === "string") return parseYaml(path, text, report);
  report("unreadable-file", { file: path, start: 0, end: 0 }, `${path} ${text.problem}`);
  return { broken: true };
}
