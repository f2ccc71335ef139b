/** Where a launcher keeps what the next one can use: unpacked code's archives and virtual environments. */
import { accessSync, constants, lstatSync, mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT } from "../protocol/exit.ts";
import { Failure } from "./failure.ts";

/** Scratch folders of this user's launchers. */
export function workFolder(): string {
  return join(tmpdir(), `tradewind-${process.getuid?.() ?? "user"}`);
}

/**
 * The user's cache folder, or one beside the scratch folders where there is no home to write to (some containers). What belongs to
 * somebody else is not used: what lies in it would be run.
 */
export function cacheFolder(env: NodeJS.ProcessEnv, work: string): string {
  const home = env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, ".cache"));
  const folder = join(home || work, "tradewind");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    accessSync(folder, constants.W_OK);
    if (isOwn(folder)) return folder;
  } catch {
    // Then the other one.
  }
  return join(work, "cache");
}

/** Makes the folder; throws a Failure when another user has put one where ours is to be: in /tmp anybody may. */
export function requireOwn(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (isOwn(folder)) return;
  const message = `the folder ${folder} belongs to another user or may be written by everybody, who could change what runs there; remove it, or set TMPDIR to another place`;
  throw new Failure({ reason: "internal", origin: "platform", retryable: true, exit_code: EXIT.os, message });
}

/** A link of somebody else's may lead elsewhere a moment later. */
function isOwn(folder: string): boolean {
  const user = process.getuid?.();
  const { uid, mode } = statSync(folder);
  return user === undefined || (lstatSync(folder).uid === user && uid === user && (mode & 0o002) === 0);
}
