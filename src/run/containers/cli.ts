/** The command line of Docker or podman: whichever is on PATH and reaches an engine. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface ContainerCli {
  readonly kind: "docker" | "podman";
  /** Absolute path. */
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Said {
  /** 0 when it did what it was asked. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Docker's first; or one sentence that says what is missing. */
export async function findContainerCli(env: NodeJS.ProcessEnv): Promise<ContainerCli | { readonly problem: string }> {
  const tried: string[] = [];
  for (const kind of ["docker", "podman"] as const) {
    const command = onPath(kind, env);
    if (command === undefined) continue;
    const cli = { kind, command, env };
    const { code, stderr } = await ask(cli, ["version", "--format", kind === "docker" ? "{{.Server.Version}}" : "{{.Client.Version}}"]);
    if (code === 0) return cli;
    tried.push(`${kind} says: ${lastLine(stderr)}`);
  }
  if (tried.length === 0) return { problem: "--engine docker needs docker or podman on PATH, and neither is there" };
  return { problem: `--engine docker reaches no engine: ${tried.join("; ")}` };
}

function onPath(program: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/** One command to its end, at most ten minutes. Never throws. */
export function ask({ command, env }: ContainerCli, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: 600_000, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === "" && error ? error.message : stderr });
    });
  });
}

/** Kills containers and removes them, with what they had to themselves; those that are gone already do not matter. */
export async function removeContainers(cli: ContainerCli, names: readonly string[]): Promise<void> {
  // Podman waits ten seconds for TERM unless told otherwise.
  await ask(cli, ["rm", "--force", ...(cli.kind === "podman" ? ["--time", "0"] : []), ...names]);
}

/** What a program said last: usually why it ended. */
export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() || "nothing";
}
