/** One run of a Plan under `airflow dags test`, in an Airflow that this machine has for it alone; every task is run by this very program. */
import { copyFile, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createMasker } from "../../launch/mask.ts";
import { createOutput } from "../../launch/output.ts";
import { runProcess } from "../../launch/spawn.ts";
import type { RunDates } from "../../pipeline/timetable.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { type AirflowEnvironment, AirflowError, airflowVariables, companion, lastLines } from "./airflow-environment.ts";
import type { RunStates } from "./outcome.ts";

export interface DagsTest {
  /** Folder of this comparison; `airflow/` in it is Airflow's home, `airflow.log` what it said. */
  readonly folder: string;
  readonly dag_id: string;
  /** The text of dag.py. */
  readonly python: string;
  /** Puts into a folder what dag.py imports beside Airflow. */
  readonly copyOperators: (dags: string) => Promise<void>;
  readonly dates: RunDates;
  /** Run parameters that differ from their defaults. */
  readonly conf: JsonObject;
  /** Connections (AIRFLOW_CONN_…), variables, and all else that scripts see on a worker. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export interface Tested extends RunStates {
  /** Last lines that Airflow said of a task. */
  readonly said: (task: string) => Promise<readonly string[]>;
}

/** Runs it to its end. Throws AirflowError when Airflow could not load or start it. */
export async function testDag(airflow: AirflowEnvironment, asked: DagsTest): Promise<Tested> {
  const home = join(asked.folder, "airflow");
  const dags = join(home, "dags");
  const [request, answer, log] = [join(home, "request.json"), join(home, "answer.json"), join(asked.folder, "airflow.log")];
  await mkdir(dags, { recursive: true });
  await writeFile(join(dags, "dag.py"), asked.python);
  await asked.copyOperators(dags);
  await copyFile(airflow.database, join(home, "airflow.db"));
  const { dag_id, conf, dates } = asked;
  await writeFile(request, JSON.stringify({ dag_id, conf, ...dates, database: join(home, "airflow.db") }));
  const bin = await installProgram(asked.folder);
  const variables = airflowVariables(home, `${bin}${delimiter}${airflow.bin}`, asked.env);
  const env = { ...variables, PYTHONPATH: [dags, asked.env.PYTHONPATH].filter(Boolean).join(delimiter) };
  try {
    const command = [join(airflow.bin, "python"), companion("run_dag.py"), request, answer] as const;
    await runLogged(command, home, env, log, asked);
    const text = await readFile(log, "utf8");
    const run = await readFile(answer, "utf8").then(
      (found) => JSON.parse(found) as RunStates | null,
      () => null,
    );
    if (run === null) throw new AirflowError(`Airflow ${airflow.version} could not load or start the DAG:\n${lastLines(text, 12)}`);
    const said = async (task: string) =>
      text
        .split("\n")
        .filter((line) => line.includes(task))
        .slice(-30);
    return { ...run, logical_date: dates.logical_date, said };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `airflow dags test` hides no password in what it prints, so that is done here. */
async function runLogged(
  command: readonly [string, ...string[]],
  cwd: string,
  env: Record<string, string>,
  log: string,
  { signal }: DagsTest,
): Promise<void> {
  const connections = Object.entries(env).flatMap(([name, value]) => (/^AIRFLOW_CONN_/.test(name) ? [value] : []));
  const file = await open(log, "w", 0o600);
  try {
    let writing: Promise<unknown> = Promise.resolve();
    const write = (line: string): void => {
      writing = writing.then(() => file.write(`${line}\n`));
    };
    const output = createOutput(createMasker(connections), { line: (_, line) => write(line), note: write });
    // Each task has limits of its own; Ctrl-C leaves them the time to end in order.
    await runProcess({ command, cwd, env, grace: 15, signal, onOutput: (stream, piece) => output.write(stream, piece) });
    output.end();
    await writing;
  } finally {
    await file.close();
  }
  signal.throwIfAborted();
}

/** `<folder>/bin` with the command `tradewind`: this program, whatever the environment's workers have. */
async function installProgram(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const words = [process.execPath, process.argv[1] ?? ""].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  await writeFile(join(bin, "tradewind"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  return bin;
}
