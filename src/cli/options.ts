/** Options that several commands share, so that one word means one thing everywhere. */
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import type { Json, JsonObject } from "../protocol/json.ts";

/** `-C, --workspace DIR`: where to look for tradewind.yaml, upwards; the current folder when it is missing. */
export interface WorkspaceOption {
  readonly workspace?: string;
}

/** `--env` and `--set`: what the settings layers become. */
export interface SettingsOptions {
  readonly env?: string;
  /** Dotted path of `vars` → value. */
  readonly set?: Readonly<Record<string, Json>>;
}

/** How diagnostics are printed. */
export type Format = "text" | "json" | "gitlab";

export interface FormatOption {
  readonly format: Format;
}

/** Adds `-C, --workspace`. */
export function withWorkspace(command: Command): Command {
  return command.addOption(new Option("-C, --workspace <dir>", "folder of the workspace, or one inside it (default: the current folder)"));
}

/** Adds `--env` and `--set`. `all` names what happens without `--env`. */
export function withSettings(command: Command, absent: string): Command {
  return command
    .addOption(new Option("-e, --env <env>", `environment (default: ${absent})`))
    .addOption(new Option("--set <name=value>", "set a variable of `vars`, dots between levels; repeatable").argParser(readAssignment));
}

/** Adds `--format`, with the formats that this command knows. */
export function withFormat(command: Command, formats: readonly Format[] = ["text", "json", "gitlab"]): Command {
  return command.addOption(new Option("--format <format>", "how to print what was found").choices(formats).default("text"));
}

/** The `[pipeline]` or `<pipeline>` argument. */
export function pipelineArgument(required: boolean): Argument {
  return new Argument(required ? "<pipeline>" : "[pipeline]", "name of the dag, or path of its file");
}

/** One or more commands that work as they stand, shown at the end of `--help`. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample${lines.length === 1 ? "" : "s"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`);
}

/** `a.b=v` added to those before it. The value is read as JSON when it is JSON (`3`, `true`, `[1]`), else it is text. */
export function readAssignment(text: string, before: JsonObject | undefined): JsonObject {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected name=value.");
  return { ...before, [text.slice(0, at)]: readJsonOrText(text.slice(at + 1)) };
}

function readJsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
