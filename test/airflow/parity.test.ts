/** `tradewind parity` against an Airflow that it sets up itself: what is the same, and where what differs begins. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram, type Ended, runProgram } from "../run/program.ts";
import { environment, filesWith } from "./flights.ts";

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-parity-test-"));
  program = await buildProgram();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = `C4n/ry@+:%"x'`;

const files: Readonly<Record<string, string>> = {
  "tradewind.yaml": "defaults: { retries: 1, retry_delay: 1 hour }\n",
  "env/dev.yaml": "vars: { mark: MARK }\n",
  "env/prod.yaml": "vars: { mark: MARK }\n",
  "operators/tell/operator.yaml": `operator: tell
params: { day: { type: string }, words: { type: object }, mark: { type: string } }
outputs: { table: csv, folder: dir }
job:
  execution_script: |
    printf 'day,words\\n%s,"%s"\\n' "$PARAM_DAY" "\${PARAM_WORDS//\\"/\\"\\"}" > "$OUTPUT_TABLE"
    mkdir -p "$OUTPUT_FOLDER/in" && echo "$PARAM_DAY" > "$OUTPUT_FOLDER/in/day.txt"
effects: none
`,
  "operators/count/operator.yaml": `operator: count
inputs: { table: csv }
outputs: { number: json }
job:
  execution_script: wc -l < "$INPUT_TABLE" > "$OUTPUT_NUMBER"
`,
  "operators/stamp/operator.yaml": `operator: stamp
inputs: { table: csv }
outputs: { table: csv }
job:
  execution_script: |
    echo "stamping in $PWD"
    { head -2 "$INPUT_TABLE"; printf '%s,%s\\n' "$(date +%s%N)" "$PWD"; } > "$OUTPUT_TABLE"
`,
  "operators/send/operator.yaml": `operator: send
params: { to: { type: connection }, place: { type: string } }
inputs: { table: csv }
job:
  execution_script: |
    echo "to $AIRFLOW_CONN_TO"
    cat "$INPUT_TABLE" >> "$PARAM_PLACE"
`,
  "operators/leave/operator.yaml": "operator: leave\neffects: none\njob: { execution_script: exit 99 }\n",
  "pipelines/same.yaml": `dag: { name: same, schedule: "0 3 * * *", timezone: Europe/Moscow, start_date: 2026-01-01, params: { who: nobody } }
tasks:
  tell:
    operator_type: tell
    day: "{{ ds }} {{ data_interval_start }} {{ data_interval_end | ds }} {{ params.who }} {{ macros.ds_add(ds, 1) }}"
    words: { a: "it's \\"{{ ds_nodash }}\\"", b: [1, null] }
    mark: "{{ run_id }}"
  count: { operator_type: count, needs: [tell] }
  skipped: { operator_type: leave, needs: [count] }
  after: { operator_type: leave, needs: [skipped] }
  send: { operator_type: send, needs: [tell], to: to, place: "${"$"}{mark}" }
`,
  "pipelines/differs.yaml": `dag: { name: differs, schedule: "0 3 * * *", start_date: 2026-01-01 }
tasks:
  tell: { operator_type: tell, day: "{{ ds }}", words: {}, mark: m }
  stamp: { operator_type: stamp, needs: [tell] }
  again: { operator_type: stamp, needs: [stamp] }
`,
};

function makeWorkspace(name: string): string {
  const workspace = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text.replace("MARK", join(folder, `${name}.sent`)));
  }
  return workspace;
}

const parity = (workspace: string, ...args: string[]): Promise<Ended> =>
  runProgram(program, workspace, ["parity", ...args], { ...environment, AIRFLOW_CONN_TO: `http://u:${encodeURIComponent(secret)}@h` });

describe.each(["3.3", "2.11"])("Airflow %s", (version) => {
  test("a pipeline that does the same", async () => {
    const workspace = makeWorkspace(`same-${version}`);
    const done = await parity(workspace, "same", "--with", version, "--date", "2026-01-02", "-p", "who=someone");
    expect(done.stdout, done.stderr).toContain(`same the same: here and Airflow ${version}, 5 tasks, 5 parameters, 3 artifacts compared`);
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/parity +send write to the outside world, both here and by Airflow/);
    expect(done.stderr).toMatch(/airflow +skipped +skipped/);
    expect(done.stderr).toMatch(/airflow +after +skipped/);
    // It was sent from both sides, over the interval that the scheduler gives to that date.
    const sent = readFileSync(join(folder, `same-${version}.sent`), "utf8");
    const once = `day,words\n2026-01-02 2026-01-02 00:00:00+00:00 2026-01-03 someone 2026-01-03,"{""a"":""it's \\""20260102\\"""",""b"":[1,null]}"\n`;
    expect(sent).toBe(once + once);
    expect(readdirSync(join(workspace, ".tradewind", "parity"))).toEqual([]);
    expect(filesWith([secret], workspace)).toEqual([]);
  });
});

test("a pipeline that does not: the first difference in full, the others by name, what was made for a look", async () => {
  const workspace = makeWorkspace("differs");
  const done = await parity(workspace, "differs", "--date", "2026-01-02");
  expect(done.code, done.stderr).toBe(1);
  expect(done.stdout).toMatch(
    /✗ stamp:table has other contents\n {4}here {3}csv, \d+ B, 2 rows, sha256 \w+…\n {4}there {2}csv, \d+ B, 2 rows/,
  );
  expect(done.stdout).toMatch(/first different: row 2, in day, words\n {4}here {3}\d{19},\/.*\n {4}there {2}\d{19},\//);
  expect(done.stdout).toContain("its parameters and inputs are the same: what it makes depends on something else");
  expect(done.stdout).toMatch(/ {2}log here \(here\)\n {4}│ stamping in \/.*\n {2}log there \(Airflow 3\.3\)\n {4}│ stamping in \//);
  expect(done.stdout).toMatch(/\nalso {2}again:table {2}other contents\n/);
  expect(done.stdout).toContain("differs 2 differences: here and Airflow 3.3, 3 tasks, 3 parameters, 4 artifacts compared");
  const kept = join(workspace, ".tradewind", "parity", "differs");
  expect(readdirSync(kept).sort()).toEqual(["airflow.log", "bin", "here", "there"]);
});

test("as JSON, with logs and the row of the first", async () => {
  const workspace = makeWorkspace("json");
  const done = await parity(workspace, "differs", "--with", "2.11", "--date", "2026-01-02", "--format", "json");
  expect(done.code, done.stderr).toBe(1);
  expect(JSON.parse(done.stdout)).toMatchObject({
    dag_id: "differs",
    env: "dev",
    same: false,
    here: { place: "here", state: "success" },
    there: { place: "Airflow 2.11", state: "success" },
    compared: { tasks: 3, parameters: 3, artifacts: 4 },
    differences: [
      { kind: "artifact", task: "stamp", port: "table", here: { rows: 2 }, there: { rows: 2 } },
      { kind: "artifact", task: "again", port: "table" },
    ],
    first: {
      task: "stamp",
      content: { kind: "row", number: 2 },
      logs: { here: [expect.stringMatching(/stamping/)], there: [expect.stringMatching(/stamping/)] },
    },
  });
});

test("what cannot be compared is a sentence, before anything runs", async () => {
  const workspace = makeWorkspace("refused");
  const refused = async (...args: string[]) => {
    const done = await parity(workspace, ...args);
    return `${done.code} ${done.stderr}`;
  };
  expect(await refused("same", "--env", "prod")).toBe(
    "1 tradewind: send would write to the outside world of prod, both here and by Airflow: say --yes if that is meant, or leave them out by --no-writes\n",
  );
  expect(await refused("same", "--airflow")).toBe(
    "1 tradewind: environment dev does not say where its Airflow is: set airflow: { connection: NAME } in env/dev.yaml, and the connection in AIRFLOW_CONN_<NAME>\n",
  );
  expect(await refused("same", "--run", "x")).toBe("2 tradewind: --run names a run of the environment's Airflow: add --airflow\n");
  expect(await refused("same", "--date", "2026-01")).toMatch(/^1 .*"2026-01" is no day/s);
  expect(existsSync(join(folder, "refused.sent"))).toBe(false);
});
