/** Options that several commands share, so that one word means one thing everywhere. */
import { Argument, type Command, InvalidArgumentError, Option } from "commander";

/** `-C, --workspace DIR`: where to look for tradewind.yaml, upwards; the current folder when it is missing. */
export interface WorkspaceOption {
  readonly workspace?: string;
}

/** `--env` and `--set`: what the settings layers become. */
export interface SettingsOptions {
  readonly env?: string;
  /** Dotted path under `vars` → text. */
  readonly set?: Readonly<Record<string, string>>;
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

/** `--attempt N`. */
export function attemptOption(): Option {
  return new Option("--attempt <n>", "which attempt (default: the last)").argParser(readCount);
}

/** `--date DAY` and `--param NAME=VALUE`: which run of a pipeline, and what it is asked. */
export interface RunOfOptions {
  readonly date?: string;
  readonly param?: Readonly<Record<string, string>>;
}

/** Adds `--date` and `--param`. */
export function withRunOf(command: Command): Command {
  return command
    .addOption(new Option("--date <day>", "the run whose logical date falls on this day in the dag's zone (default: the latest)"))
    .addOption(new Option("-p, --param <name=value>", "a run parameter of the dag; repeatable").argParser(readAssignment));
}

/** A whole number from 1. */
export function readCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1.");
  return Number(text);
}

/** One or more commands that work as they stand, shown at the end of `--help`. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample${lines.length === 1 ? "" : "s"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`);
}

/** `name=text` added to those before it; what the text means is up to who reads it. */
export function readAssignment(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
