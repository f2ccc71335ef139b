/** Attempts in containers: the same launcher with the same request, in the image of the job. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ownIdentity } from "../../launch/identity.ts";
import { launcherVersion } from "../../launch/version.ts";
import type { LaunchEvent } from "../../protocol/event.ts";
import { EXIT } from "../../protocol/exit.ts";
import type { Plan } from "../../protocol/plan.ts";
import type { Request } from "../../protocol/request.ts";
import type { Result } from "../../protocol/result.ts";
import type { AttemptToRun, Engine } from "../engine.ts";
import { containerArguments, unmountable } from "./arguments.ts";
import { ask, type ContainerCli, findContainerCli, lastLine, removeContainers } from "./cli.ts";
import { provideImages } from "./images.ts";
import { findLauncher } from "./launcher.ts";
import { removeLeftovers } from "./leftovers.ts";

export interface ContainerDeps {
  /** Folder of the workspace. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Told what takes long, such as fetching an image. */
  readonly say: (message: string) => void;
}

/** Seconds that a launcher has after the script's own grace to write down how it ended. */
const commitTime = 30;
/** Milliseconds until a container that was not there yet is sent TERM again. */
const retryTime = 200;
/** Milliseconds until one that took it is sent it again: the first process of a container does not hear it before it listens. */
const repeatTime = 2000;

/** Ready for the images of `plan`'s tasks; or what is in the way. */
export async function containerEngine(
  plan: Plan,
  tasks: ReadonlySet<string>,
  deps: ContainerDeps,
): Promise<Engine | { readonly problem: string }> {
  const cli = await findContainerCli(deps.env);
  if ("problem" in cli) return cli;
  const launcher = findLauncher(plan.launcher);
  if ("problem" in launcher) return launcher;
  await removeLeftovers(cli);
  const jobs = plan.tasks.flatMap((task) => (task.kind === "job" && task.engine === "docker" && tasks.has(task.id) ? [task.job] : []));
  const images = await provideImages(
    jobs.flatMap(({ image }) => image ?? []),
    cli,
    deps.say,
  );
  if ("problem" in images) return images;
  return {
    async launch(attempt) {
      const { request, task } = attempt;
      const image = task.job.image ?? "";
      const id = createHash("sha256")
        .update(images.ids.get(image) ?? image)
        .digest("hex")
        .slice(0, 16);
      const name = `tradewind-${randomBytes(6).toString("hex")}`;
      const facts = {
        kind: cli.kind,
        name,
        image,
        runner: JSON.stringify(ownIdentity()),
        launcher,
        folder: join(attempt.work, name),
        // Environments of one image are no use in another: they name its interpreters and need its libraries.
        cache: join(deps.root, ".tradewind", "cache", `image-${id}`),
        env: deps.env,
        ...userOf(process.getuid?.(), process.getgid?.()),
      };
      const odd = unmountable(request, facts);
      if (odd !== undefined) throw new Error(`${odd} cannot be mounted into a container: its name holds a comma, a quote or a line end`);
      await prepareFolder(facts.folder, facts.cache, request);
      try {
        return await runContainer(cli, name, containerArguments(request, task, facts), attempt);
      } finally {
        await rm(facts.folder, { recursive: true, force: true, maxRetries: 2 });
      }
    },
  };
}

function userOf(uid: number | undefined, gid: number | undefined): { user?: { uid: number; gid: number } } {
  return uid === undefined || gid === undefined || uid === 0 ? {} : { user: { uid, gid } };
}

/** What is mounted must be there, or the engine makes it as its own user. */
async function prepareFolder(folder: string, cache: string, request: Request): Promise<void> {
  const { url, code } = request.store;
  const places = [...["work", "cache", "home"].map((name) => join(folder, name)), cache, url, ...(code === undefined ? [] : [code])];
  for (const place of places) if (place.startsWith("/") && !existsSync(place)) await mkdir(place, { recursive: true });
  await writeFile(join(folder, "request.json"), JSON.stringify(request), { mode: 0o600 });
}

async function runContainer(cli: ContainerCli, name: string, args: readonly string[], attempt: AttemptToRun): Promise<Result> {
  const { signal, request } = attempt;
  const started = new Date();
  // In a session of its own: Ctrl-C is for us, who stop it in order.
  const child = spawn(cli.command, args, { env: cli.env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin.on("error", () => {});
  const stop = stopLater(cli, name, request.limits.grace, signal);
  try {
    const { result, code, errors, odd } = await listen(child, attempt.onEvent);
    if (result !== undefined) return result;
    const said = [...odd, ...errors.split("\n")].filter((line) => line.trim() !== "");
    return endedWithoutWord(attempt, started, code, said);
  } finally {
    stop.end();
    // Gone already as a rule; not so when its client was killed, or could not remove it.
    await removeContainers(cli, [name]);
  }
}

/** On abort TERM, as any engine would, as soon as there is a container to take it; after the grace it is removed. */
export function stopLater(cli: ContainerCli, name: string, grace: number, signal: AbortSignal): { end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const stop = async (): Promise<void> => {
    timer = setTimeout(() => void removeContainers(cli, [name]), (grace + commitTime) * 1000);
    while (!ended) {
      const { code } = await ask(cli, ["kill", "--signal", "TERM", name]);
      await sleep(code === 0 ? repeatTime : retryTime, undefined, { ref: false });
    }
  };
  const onAbort = (): void => void stop();
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    end() {
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

interface Heard {
  readonly result: Result | undefined;
  readonly code: number;
  readonly errors: string;
  /** Lines that are no events: what a launcher says that cannot begin. */
  readonly odd: readonly string[];
}

/** Hears all events; the last one holds the result. */
function listen(child: ChildProcess, onEvent: (event: LaunchEvent) => void): Promise<Heard> {
  return new Promise((resolve) => {
    let result: Result | undefined;
    let rest = "";
    let errors = "";
    const odd: string[] = [];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = readEvent(line);
        if (event?.event === "end") result = event.result;
        if (event === undefined) odd.push(line);
        else onEvent(event);
      }
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-8192);
    });
    child.on("error", (error) => resolve({ result, code: EXIT.unavailable, errors: error.message, odd }));
    child.on("close", (code) => resolve({ result, code: code ?? EXIT.cancelled, errors, odd }));
  });
}

function readEvent(line: string): LaunchEvent | undefined {
  try {
    const event = JSON.parse(line) as LaunchEvent | null;
    return typeof event?.event === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

/** The container ended before its launcher said how: it could not start, or was killed as a whole. */
function endedWithoutWord({ request, task, signal }: AttemptToRun, started: Date, code: number, said: readonly string[]): Result {
  const last = said.length === 0 ? "" : `: ${lastLine(said.join("\n")).replace(/^tradewind: /, "")}`;
  const foreign = /shared librar|GLIBC|not found|no such file/i.test(last) && code > 125;
  const why = foreign
    ? `${last}. The image cannot run this program's Node: name a folder with one for any glibc, by \`launcher: { folder: … }\` (docs/install.md)`
    : last;
  const stopped = signal.aborted;
  const killed = code === EXIT.outOfMemory && task.job.flavor?.memory !== undefined;
  const facts = stopped
    ? ({ status: "cancelled", reason: "cancelled", message: "the task was cancelled, and its container removed" } as const)
    : killed
      ? ({
          status: "failed",
          reason: "out-of-memory",
          message: `the container of ${task.job.image} was killed at its limit of memory${why}`,
        } as const)
      : ({
          status: "failed",
          reason: "internal",
          message: `the container of ${task.job.image} ended with ${code} before the task did${why}`,
        } as const);
  return {
    proto: 1,
    dag_id: request.dag_id,
    run_id: request.run_id,
    task: request.task,
    attempt: 0,
    try_number: request.tries.number,
    origin: "platform",
    retryable: !stopped && code !== 125 && code !== 126 && code !== 127,
    exit_code: code === 0 ? EXIT.internal : code,
    outputs: {},
    inputs: {},
    usage: { phases: {} },
    started: started.toISOString(),
    ended: new Date().toISOString(),
    host: hostname(),
    launcher: launcherVersion,
    tail: said.slice(-20),
    ...facts,
  };
}
