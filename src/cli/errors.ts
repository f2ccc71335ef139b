/** What ends a command early: one sentence for a person, and the exit code. */
import { didYouMean } from "../protocol/suggest.ts";

/** The work could not be done (exit 1): no workspace, errors in the pipeline, a disk that is full. */
export class Failure extends Error {
  readonly exitCode: 1 | 2 = 1;
}

/** The command was not understood (exit 2): an unknown name, option or value. */
export class UsageError extends Failure {
  override readonly exitCode = 2;
}

/** `unknown environment "prdo"; did you mean "prod"?`, or the list of what there is. */
export function unknownName(kind: string, name: string, known: readonly string[]): UsageError {
  const near = didYouMean(name, known);
  const list = known.length === 0 ? "" : `; there are: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}`;
  return new UsageError(`unknown ${kind} "${name}"${near || list}`);
}

/** Setting this variable shows where an error came from. */
export const traceVariable = "TRADEWIND_TRACE";

const system: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOENT: "no such file or folder",
  ENOTDIR: "not a folder",
  EISDIR: "is a folder",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  EFBIG: "the file is larger than this system allows",
  EEXIST: "is there already",
  ENOTEMPTY: "is not empty",
  ELOOP: "a link leads back to itself",
  EIO: "the disk cannot be read or written",
  EBUSY: "is in use",
};

/** Errors of the outside world whose message is a sentence already: store full or away, a folder that changed or cannot be packed. */
const outside = new Set(["StoreError", "AirflowError", "PublishError", "PackError"]);

/** What the system said, in words: `the disk is full (ENOSPC)`; undefined when it was not the system. */
export function explainSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error)) return undefined;
  return Object.hasOwn(system, error.code) ? `${system[error.code]} (${error.code})` : error.message;
}

/** One sentence for whatever was thrown, and the exit code. */
export function explainError(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof Failure) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof Error && outside.has(error.name)) return { message: error.message, exitCode: 1 };
  const said = explainSystemError(error);
  if (said !== undefined) {
    const path = error instanceof Error && "path" in error && typeof error.path === "string" ? `${error.path}: ` : "";
    return { message: `${path}${said}`, exitCode: 1 };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    message: `internal error: ${text.split("\n")[0]}\nThis is a fault of Tradewind. ${traceVariable}=1 shows where it happened.`,
    exitCode: 1,
  };
}
