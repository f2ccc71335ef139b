/**
 * The command line: finds the command, loads only its module, and turns whatever it throws into one sentence and an exit code:
 * 0 done, 1 the work failed, 2 not understood.
 *
 * A command is a file that exports `<name>Command(): Command` (commander), with a line here. Its action prints to stdout what was
 * asked for and to stderr what is said about it, throws Failure or UsageError for a mistake of the user, and sets `process.exitCode`
 * when the work failed.
 */
import { Command, CommanderError } from "commander";
import { dropOwnLibraries } from "../launch/places.ts";
import { launcherVersion } from "../launch/version.ts";
import { didYouMean } from "../protocol/suggest.ts";
import { explainError, traceVariable } from "./errors.ts";

export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** In the order of `tradewind --help`: the order in which somebody new needs them. */
export const commands: readonly CommandEntry[] = [
  { name: "init", load: async () => (await import("./init.ts")).initCommand() },
  { name: "check", load: async () => (await import("./check.ts")).checkCommand() },
  { name: "run", load: async () => (await import("./run.ts")).runCommand() },
  { name: "parity", load: async () => (await import("./parity.ts")).parityCommand() },
  { name: "compile", load: async () => (await import("./compile.ts")).compileCommand() },
  { name: "explain", load: async () => (await import("./explain.ts")).explainCommand() },
  { name: "operators", load: async () => (await import("./operators.ts")).operatorsCommand() },
  { name: "schema", load: async () => (await import("./schema.ts")).schemaCommand() },
  { name: "runs", load: async () => (await import("./runs.ts")).runsCommand() },
  { name: "show", load: async () => (await import("./show.ts")).showCommand() },
  { name: "logs", load: async () => (await import("./logs.ts")).logsCommand() },
  { name: "why", load: async () => (await import("./why.ts")).whyCommand() },
  { name: "debug", load: async () => (await import("./debug.ts")).debugCommand() },
  { name: "store", load: async () => (await import("./store.ts")).storeCommand() },
  { name: "publish", load: async () => (await import("./publish.ts")).publishCommand() },
  { name: "doctor", load: async () => (await import("./doctor.ts")).doctorCommand() },
  { name: "cache", load: async () => (await import("./cache.ts")).cacheCommand() },
  { name: "launch", load: async () => (await import("./launch.ts")).launchCommand() },
];

/** Runs one command line (without node and script); the exit code is left in `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  leaveQuietlyWhenNobodyReads();
  dropOwnLibraries(process.env);
  try {
    const { leading, name, rest } = splitArguments(argv);
    const entry = commands.find((command) => command.name === name);
    const program = new Command("tradewind")
      .description("Pipelines in YAML: checked at once, run here in seconds, compiled to explicit Airflow DAGs.")
      .version(launcherVersion.replace("tradewind/", ""), "-V, --version", "print the version")
      .helpCommand("help [command]", "how to use a command")
      .showSuggestionAfterError(true)
      .exitOverride();
    program.addHelpText("after", "\nExamples:\n  $ tradewind init flights\n  $ tradewind check\n  $ tradewind run hello\n");
    if (name !== undefined && entry === undefined && name !== "help") {
      console.error(
        `tradewind: unknown command "${name}"${
          didYouMean(
            name,
            commands.map((command) => command.name),
          ) || "; tradewind --help lists the commands"
        }`,
      );
      process.exitCode = 2;
      return;
    }
    let parts = 0;
    const shown = entry ? [entry] : asksVersion(leading) ? [] : commands;
    for (const one of shown) {
      const command = asStrict(await one.load());
      program.addCommand(command);
      parts = command.commands.length > 0 ? 1 : 0;
    }
    if (name === undefined && leading.length === 0) {
      program.outputHelp();
      return;
    }
    const words = name === undefined ? leading : [name, ...rest.slice(0, parts), ...leading, ...rest.slice(parts)];
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed it; its own codes are 0 for help and version, 1 for mistakes.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { message, exitCode } = explainError(error);
    console.error(`tradewind: ${message}`);
    if (process.env[traceVariable]) console.error(error);
    process.exitCode = exitCode;
  }
}

/** For the version alone no command need be loaded. */
function asksVersion(leading: readonly string[]): boolean {
  return leading.length === 1 && (leading[0] === "--version" || leading[0] === "-V");
}

/** Options before the command's name (`tradewind -C folder check`) belong to the command. */
function splitArguments(argv: readonly string[]): { leading: string[]; name: string | undefined; rest: string[] } {
  const takesValue = new Set(["-C", "--workspace", "-e", "--env"]);
  let index = 0;
  while (index < argv.length && argv[index]?.startsWith("-")) index += takesValue.has(argv[index] ?? "") ? 2 : 1;
  return { leading: argv.slice(0, index), name: argv[index], rest: argv.slice(index + 1) };
}

/** The same behaviour for every command, so that no file can forget it. */
function asStrict(command: Command): Command {
  for (const part of command.commands) asStrict(part);
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "tradewind: ")) });
}

/** `tradewind runs | head -1` is no error, and a run goes on when nobody looks any more. */
function leaveQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") process.exitCode = 1; // a full disk under a redirected output
    });
  }
}
