/** `tradewind cache`: what launchers keep on this machine, and clearing it. */
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { cacheFolder, workFolder } from "../launch/cache-folder.ts";
import { type Cached, listCached, removeCached } from "../launch/cached.ts";
import { parseDuration } from "../protocol/duration.ts";
import { findWorkspace } from "../workspace/read.ts";
import { showAge, showBytes } from "./figures.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";

interface ClearOptions extends WorkspaceOption {
  /** Seconds. */
  readonly olderThan: number;
}

/** A task may run for hours from what it was given at its start. */
const safeAge = 86_400;

export function cacheCommand(): Command {
  const command = new Command("cache").description("code and Python environments that launchers keep on this machine");
  withExamples(command, "tradewind cache du", "tradewind cache clear --older-than 7d");
  command.addCommand(usageCommand());
  command.addCommand(clearCommand());
  return command;
}

function usageCommand(): Command {
  const command = new Command("du").description("what is there, how big it is and when it was last used").action(showCache);
  return withExamples(withWorkspace(command), "tradewind cache du");
}

function clearCommand(): Command {
  const command = new Command("clear")
    .description("remove what no task used for a while; it is made again when one wants it")
    .addOption(new Option("--older-than <time>", "not used for so long: 7d, 12 weeks").argParser(readAge).default(safeAge, "1 day"))
    .action((options: ClearOptions) => clearCache(options));
  return withExamples(withWorkspace(command), "tradewind cache clear", "tradewind cache clear --older-than 30d");
}

function readAge(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError("expected a duration like 7d or 12 hours.");
  if (seconds < safeAge) throw new InvalidArgumentError("expected one day at least: a task may still run from what is younger.");
  return seconds;
}

/** The user's own, which `tradewind launch` uses, and that of the workspace, which local runs use. */
function cacheFolders({ workspace }: WorkspaceOption): readonly string[] {
  const root = findWorkspace(workspace ?? process.cwd());
  return [cacheFolder(process.env, workFolder()), ...(root === undefined ? [] : [join(root, ".tradewind", "cache")])];
}

function showCache(options: WorkspaceOption): void {
  for (const folder of cacheFolders(options)) {
    const cached = listCached(folder);
    console.log(`${folder}  ${showBytes(total(cached))}`);
    for (const { kind, name, bytes, used } of cached) {
      const age = showAge(Date.now() - used);
      console.log(
        `  ${kind.padEnd(8)}  ${showBytes(bytes).padStart(9)}  used ${age.padStart(8)} ago  ${kind === "launcher" ? name : name.slice(0, 12)}`,
      );
    }
  }
}

function clearCache(options: ClearOptions): void {
  const limit = Date.now() - options.olderThan * 1000;
  for (const folder of cacheFolders(options)) {
    const old = listCached(folder).filter(({ used }) => used < limit);
    for (const one of old) removeCached(one);
    console.log(`${folder}  ${old.length} removed, ${showBytes(total(old))}`);
  }
}

function total(cached: readonly Cached[]): number {
  return cached.reduce((sum, { bytes }) => sum + bytes, 0);
}
