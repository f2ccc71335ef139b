// biome-ignore-all lint/suspicious/noTemplateCurlyInString: in a pipeline, that is a setting
/** Four layers, environments, and `${…}`. */
import { describe, expect, test } from "vitest";
import { compileTexts, planOf, describe as say } from "./workspace.ts";

const echo = { "operators/echo/operator.yaml": "operator: echo\nparams: { v: { default: null } }\njob: { execution_script: 'true' }\n" };

/** What the parameter `v: …` becomes with these settings. */
function becomes(text: string, settings: Record<string, string>, options = {}): unknown {
  const plan = planOf(
    { ...echo, "pipelines/p.yaml": `dag: { name: p }\ntasks: { t: { operator_type: echo, v: ${text} } }\n`, ...settings },
    options,
  );
  const [task] = plan.tasks;
  return task?.kind === "job" ? task.params.v?.value : undefined;
}

describe("settings in values", () => {
  const base = { "tradewind.yaml": "vars: { n: 5, t: text, b: true, m: { x: [1, 2] }, nested: '${t}-${m.y:-z}', empty: '' }\n" };

  test.each([
    ['"${n}"', 5],
    ['"${b}"', true],
    ['"${m}"', { x: [1, 2] }],
    ['"${m.x}"', [1, 2]],
    ['"a ${n} ${t}"', "a 5 text"],
    ['"${nested}"', "text-z"],
    ['"${empty}x"', "x"],
    ['"${none:-5}"', 5],
    ['"${none:-}"', ""],
    ['"a${none:-b c}"', "ab c"],
    ['"$${n}"', "${n}"],
    ['"$${n} ${n}"', "${n} 5"],
    ['"$n {{ ds }}"', "$n {{ ds }}"],
    ['["${n}", { k: "${t}" }]', [5, { k: "text" }]],
  ])("%s", (text, value) => {
    expect(becomes(text, base)).toEqual(value);
  });

  test("--set overrides, with the type that YAML gives it", () => {
    expect(becomes('"${n}"', base, { set: new Map([["n", "7"]]) })).toBe(7);
    expect(becomes('"${m.y}"', base, { set: new Map([["m.y", "new"]]) })).toBe("new");
  });

  test("faults are told at the place of use", () => {
    const text = 'dag: { name: p }\ntasks: { t: { operator_type: echo, v: "${nestd} ${m}", w: "${a b}" } }\n';
    const { diagnostics } = compileTexts({ ...echo, ...base, "pipelines/p.yaml": text });
    expect(diagnostics.map(say)).toEqual([
      "unknown-setting: the setting `nestd` does not exist in environment `dev`; did you mean `nested`?",
      "wrong-type: the setting `m` is a map, which has no place in a text",
      expect.stringMatching(/^unknown-parameter: /),
      expect.stringMatching(/^unknown-setting: `\$\{a b\}` names no setting/),
    ]);
  });
});

test("a value whose setting does not exist is not found fault with besides; that of another environment is", () => {
  const text =
    "dag: { name: p }\ntasks: { t: { operator_type: pg_to_csv, connection: '${nope}', query: a, job: { resource_flavor: '${nope}' } } }\n";
  const { diagnostics } = compileTexts({ "env/dev.yaml": "vars: { nope: 'a b' }\n", "env/prod.yaml": "", "pipelines/p.yaml": text });
  expect(diagnostics.map(say)).toEqual([
    expect.stringMatching(/^invalid-name: parameter `connection` .*, not `a b`/),
    "unknown-setting: the setting `nope` does not exist in environment `prod`",
    "unknown-flavor: the resource flavor `a b` does not exist in environment `dev`",
    "unknown-setting: the setting `nope` does not exist in environment `prod`",
  ]);
});

describe("environments", () => {
  const pipeline = { "pipelines/p.yaml": "dag: { name: p }\ntasks: { t: { operator_type: echo, v: '${x}' } }\n", ...echo };

  test("are the union of all environment files; dev is meant when it is there", () => {
    const files = {
      ...pipeline,
      "tradewind.yaml": "vars: { x: 1 }\n",
      "env/prod.yaml": "",
      "projects/a/env/stage.yaml": "",
      "env/dev.yaml": "",
    };
    const { environments, environment, pipelines } = compileTexts(files);
    expect(environments).toEqual(["dev", "prod", "stage"]);
    expect(environment).toBe("dev");
    expect(pipelines.map(({ env }) => env)).toEqual(["dev", "prod", "stage"]);
  });

  test("a workspace without any has the default one", () => {
    expect(compileTexts({ ...pipeline, "tradewind.yaml": "vars: { x: 1 }\ndefault_env: local\n" }).environments).toEqual(["local"]);
  });

  test("what is wrong in one of them only says so", () => {
    const { diagnostics } = compileTexts({ ...pipeline, "env/dev.yaml": "vars: { x: 1 }\n", "env/prod.yaml": "vars: {}\n" });
    expect(diagnostics.map(({ code, notes }) => [code, notes.at(-1)?.message])).toEqual([
      ["unknown-setting", "in environment `prod` only"],
    ]);
  });

  test("each has a store of its own unless one is named", () => {
    const files = {
      ...pipeline,
      "tradewind.yaml": "vars: { x: 1 }\n",
      "env/dev.yaml": "",
      "env/prod.yaml": "store: { url: /data, keep: 7 days }\n",
    };
    expect(planOf(files, { env: "dev" }).store).toEqual({ url: ".tradewind/store/dev" });
    expect(planOf(files, { env: "prod" }).store).toEqual({ url: "/data", keep: 604_800 });
  });

  test("a store in S3 has one text for one place; what is for S3 means nothing for a folder", () => {
    const s3 = {
      ...pipeline,
      "tradewind.yaml": "vars: { x: 1 }\nstore: { url: s3://team-data/, region: eu-central-1, endpoint: http://h:9000/ }\n",
    };
    expect(planOf(s3).store).toEqual({ url: "s3://team-data", region: "eu-central-1", endpoint: "http://h:9000" });
    const folder = { ...s3, "env/dev.yaml": "store: { url: /data, connection: s3 }\n" };
    expect(planOf(folder).store).toEqual({ url: "/data" });
    const code = { ...folder, "env/dev.yaml": "store: { url: /data, code: s3://team-code/x }\n" };
    expect(planOf(code).store).toEqual({ url: "/data", code: "s3://team-code/x", region: "eu-central-1", endpoint: "http://h:9000" });
  });

  test.each([
    [
      "url: s3://Team_Data",
      "names no bucket: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens; here is `s3://Team_Data`",
    ],
    ["url: s3://team/../x", "has a prefix with more than letters, digits and . _ = + @ - between single slashes; here is `s3://team/../x`"],
    ["url: s3:team", "is not of the form s3://bucket/prefix; here is `s3:team`"],
    ["url: gs://team", "is a folder's path or s3://bucket/prefix, not `gs://team`"],
    ["code: ''", "is a folder's path or s3://bucket/prefix, but is empty"],
    ["endpoint: s3.example.org", "is the address of an S3 server, http[s]://host[:port], not `s3.example.org`"],
    [
      "endpoint: http://key:hunter2@h",
      "is the address of an S3 server, http[s]://host[:port], not one with a name or password: these belong into the connection",
    ],
    ["region: eu central", "is a region such as eu-central-1, not `eu central`"],
    ["addressing: pth", "is one of path, virtual, not `pth`; did you mean `path`?"],
    [
      "connection: aws://key:hunter2@",
      "names a connection by its id (letters, digits, `_`, `.` and `-`), not its address; put that into AIRFLOW_CONN_<ID> or Airflow's connections",
    ],
  ])("store: { %s } says what is wrong", (text, message) => {
    const [key = ""] = text.split(":");
    const { diagnostics } = compileTexts({ ...pipeline, "tradewind.yaml": `vars: { x: 1 }\nstore: { ${text} }\n` });
    expect(diagnostics.map((one) => [one.code, one.message])).toEqual([["invalid-value", `\`store.${key}\` ${message}`]]);
  });

  test("settings are checked without any pipeline", () => {
    const { diagnostics } = compileTexts({ "tradewind.yaml": "flavor: {}\n", "env/dev.yaml": "vars: 1\n" });
    expect(diagnostics.map(({ code }) => code)).toEqual(["wrong-type", "unknown-key"]);
  });

  test("a broken settings file is told once, and not what it may lack", () => {
    const { diagnostics } = compileTexts({ ...pipeline, "tradewind.yaml": "vars: { x: 1\n" });
    expect([...new Set(diagnostics.map(({ code }) => code))]).toEqual(["yaml-syntax"]);
  });
});

test("a wrong key of one layer is told of in all environments, though another layer has it too", () => {
  const files = { ...echo, "tradewind.yaml": "vaars: {}\n", "env/dev.yaml": "vaars: {}\n", "env/prod.yaml": "" };
  const { diagnostics } = compileTexts({ ...files, "pipelines/p.yaml": "dag: { name: p }\ntasks: { t: { operator_type: echo } }\n" });
  expect(diagnostics.map(({ span, code, notes, fix }) => [span.file, code, notes.length, fix?.title])).toEqual([
    ["env/dev.yaml", "unknown-key", 1, "write vars"],
    ["tradewind.yaml", "unknown-key", 0, "write vars"],
  ]);
});
