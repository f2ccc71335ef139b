import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/protocol/json.ts";
import { makeRequest, type RequestFacts } from "../../src/protocol/make-request.ts";
import type { JobTaskPlan, ParamPlan } from "../../src/protocol/plan.ts";
import { readParam } from "../../src/protocol/read-param.ts";
import { connectionVariable, decodeRequest, encodeRequest, isTemplate, variableName } from "../../src/protocol/request-env.ts";
import type { JsonSchema } from "../../src/protocol/schema.ts";
import { flights, makeJob, makePlan, makeTask } from "../pipeline/emit/plans.ts";

const facts: RequestFacts = {
  run_id: "manual__2026-01-01",
  logical_date: "2026-01-01T00:00:00+00:00",
  store: { url: "/srv/tradewind/store" },
  cache: { read: true, fresh: false, reads: false },
  try_number: 2,
  max_tries: 3,
};

/** Stands for a renderer: known expressions have values, all other text stays. */
function render(text: string): string {
  const values: { readonly [expression: string]: string } = {
    "{{ run_id }}": facts.run_id,
    "{{ ts if ts is defined else '' }}": facts.logical_date ?? "",
    "{{ ti.try_number }}": String(facts.try_number),
    "{{ ti.max_tries }}": String(facts.max_tries),
    "{{ ds }}": "2026-01-01",
    "{{ seven }}": "7",
    "{{ list }}": '["a", 1]',
  };
  return text.replaceAll(/\{\{.*?\}\}/g, (expression) => values[expression] ?? expression);
}

function travel(task: JobTaskPlan, plan = flights) {
  const env = Object.fromEntries(encodeRequest(plan, task).map(({ name, text, template }) => [name, template ? render(text) : text]));
  return decodeRequest(env);
}

function withParam(param: ParamPlan): JobTaskPlan {
  return makeTask("a", { params: { "my-param": param } });
}

test("every task of the example asks for the same on Airflow and locally", () => {
  for (const task of flights.tasks) {
    if (task.kind !== "job") continue;
    expect(travel(task)).toEqual(makeRequest(flights, task, facts, render));
  }
});

test("the variables of a task are open to a reader", () => {
  const score = flights.tasks.find(({ id }) => id === "inference.score") as JobTaskPlan;
  expect(encodeRequest(flights, score).map(({ name, text }) => `${name}=${text}`)).toMatchInlineSnapshot(`
    [
      "TRADEWIND_PROTO=1",
      "TRADEWIND_DAG=flight_delays",
      "TRADEWIND_RUN_ID={{ run_id }}",
      "TRADEWIND_LOGICAL_DATE={{ ts if ts is defined else '' }}",
      "TRADEWIND_TRY={{ ti.try_number }}",
      "TRADEWIND_MAX_TRIES={{ ti.max_tries }}",
      "TRADEWIND_STORE=/srv/tradewind/store",
      "TRADEWIND_TASK=inference.score",
      "TRADEWIND_OPERATOR=score_delays",
      "TRADEWIND_OPERATOR_DIGEST=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
      "TRADEWIND_SCRIPT=python -m score --data "$INPUT_DATA" \\
      --out "$OUTPUT_SCORES"
    ",
      "TRADEWIND_CODE=abababababababababababababababababababababababababababababababab",
      "TRADEWIND_PYTHON={"version": "3.11", "packages": ["scikit-learn==1.5.2", "pandas"]}",
      "TRADEWIND_PARAMS={"threshold": "number", "labels": {"schema": {"type": "array", "items": {"type": "string"}}, "at": {"/1": "TRADEWIND_VALUE_1"}}}",
      "PARAM_THRESHOLD=0.5",
      "PARAM_LABELS=["late", "TRADEWIND_VALUE_1"]",
      "TRADEWIND_VALUE_1=on time {{ ds }}",
      "TRADEWIND_INPUTS={"data": {"types": ["csv"], "sources": [{"kind": "task", "task": "extract.flights", "port": "data"}]}, "model": {"types": ["pickle"], "sources": [{"kind": "file", "sha256": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "name": "model.pkl"}]}}",
      "TRADEWIND_OUTPUTS={"scores": {"type": "csv", "extension": ".csv"}}",
      "TRADEWIND_ENV={"OMP_NUM_THREADS": "1"}",
      "TRADEWIND_LIMITS={"execution_time": 3600, "stage_time": 600, "grace": 10, "memory": 2000000000}",
      "TRADEWIND_EFFECTS=none",
      "TRADEWIND_RETRIES=2",
    ]
  `);
});

test("a run without a logical date has none in its request", () => {
  const entries = encodeRequest(flights, makeTask("a"));
  const env = Object.fromEntries(entries.map(({ name, text }) => [name, name === "TRADEWIND_LOGICAL_DATE" ? "" : render(text)]));
  expect(decodeRequest(env)).not.toHaveProperty("logical_date");
});

test("templates inside a list or map cannot break the JSON around them", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: { n: { type: "integer" }, items: { type: "array", items: { type: "number" } } },
  };
  const value = { n: "{{ seven }}", "a/b~c": ['"{{ ds }}"\\', "plain"], items: ["{{ seven }}"] };
  const task = withParam({ value, schema, template: true });
  const expected = { n: 7, "a/b~c": ['"2026-01-01"\\', "plain"], items: [7] };
  const request = travel(task);
  expect(request).toMatchObject({ params: { "my-param": { value: expected } } });
  expect(request).toEqual(makeRequest(flights, task, facts, render));
});

test("`template: false` leaves the text alone", () => {
  const task = withParam({ value: ["{{ ds }}"], schema: { type: "array" }, template: false });
  expect(travel(task)).toMatchObject({ params: { "my-param": { value: ["{{ ds }}"] } } });
});

test("a rendered value that does not fit its type is a problem that names the parameter", () => {
  const task = withParam({ value: "{{ ds }}", schema: { type: "integer" }, template: true });
  const expected = { problem: 'parameter my-param: expected an integer, got "2026-01-01"', reason: "bad-parameter", exit_code: 65 };
  expect(travel(task)).toEqual(expected);
  expect(makeRequest(flights, task, facts, render)).toEqual(expected);
});

const jsonText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("{{ ds }}", "x {{ ds }} y", "{{ seven }}", "{% x %}", "5", "true", "null", "[1]"),
);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    jsonText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(jsonText, tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("any literal or template travels exactly", () => {
  const anyType = fc.constantFrom<JsonSchema["type"]>("string", ["integer", "string"], ["null", "number", "string"], "connection");
  const schema = anyType.map((type): JsonSchema => (type === undefined ? {} : { type, title: "t" }));
  fc.assert(
    fc.property(json, fc.option(schema, { nil: {} as JsonSchema }), fc.boolean(), (drawn, drawnSchema, template) => {
      const value = JSON.parse(JSON.stringify(drawn)) as Json;
      if (drawnSchema.type === "connection" && typeof value !== "string") return;
      const task = withParam({ value, schema: drawnSchema, template });
      const there = travel(task);
      expect(there).toEqual(makeRequest(flights, task, facts, render));
      const templated = template && isTemplate(JSON.stringify(value));
      if (!templated) expect(there).toMatchObject({ params: { "my-param": { value } } });
    }),
    { numRuns: 500 },
  );
});

test("job facts travel", () => {
  const task = makeTask("g.t", {
    job: makeJob({
      python: { packages: ["a"], requirements: "b\n" },
      env: { A: "{{ ds }}", B: "" },
      flavor: { name: "f", memory: 5, memory_max: 10, disk: 7 },
    }),
    inputs: { all: { types: ["any"], optional: true, many: true, sources: [{ kind: "path", path: "/a b" }] } },
    outputs: { out: { type: "dir", extension: "", dir: true } },
    connections: ["dwh", "my-conn"],
    effects: "writes",
    retries: 3,
  });
  const plan = makePlan([task], {}, { store: { url: "/s", keep: 86400 } });
  const cache = { ...facts.cache, keep: 86400 };
  expect(travel(task, plan)).toEqual(makeRequest(plan, task, { ...facts, store: { url: "/s" }, cache }, render));
});

describe("refusals", () => {
  const good = Object.fromEntries(encodeRequest(flights, makeTask("a")).map(({ name, text }) => [name, render(text)]));
  test.each([
    [{ TRADEWIND_PROTO: "2" }, /protocol 2 and this launcher 1: install a newer tradewind/, 76],
    [{ TRADEWIND_PROTO: undefined }, /TRADEWIND_PROTO is missing/, 64],
    [{ TRADEWIND_SCRIPT: undefined }, /TRADEWIND_SCRIPT is missing/, 64],
    [{ TRADEWIND_INPUTS: "[" }, /TRADEWIND_INPUTS must be a JSON map/, 64],
    [{ TRADEWIND_INPUTS: '{"a": {"types": ["csv"], "sources": [{"kind": "x"}]}}' }, /kind must be task, file or path/, 64],
    [{ TRADEWIND_TRY: "one" }, /TRADEWIND_TRY must be a whole number/, 64],
    [{ TRADEWIND_EFFECTS: "all" }, /none, reads or writes/, 64],
    [{ TRADEWIND_LIMITS: "{}" }, /stage_time must be a number/, 64],
    [{ TRADEWIND_PARAMS: '{"a": {"schema": {"type": "integer"}}}' }, /PARAM_A is missing/, 64],
    [{ TRADEWIND_OUTPUTS: '{"a": 5}' }, /TRADEWIND_OUTPUTS: a must be a JSON map/, 64],
    [{ TRADEWIND_ENV: '{"a": 5}' }, /TRADEWIND_ENV: a must be text/, 64],
    [{ TRADEWIND_CONNECTIONS: "{}" }, /must be a JSON list of texts/, 64],
  ])("%j", (change, message, exit_code) => {
    expect(decodeRequest({ ...good, ...change })).toEqual({ problem: expect.stringMatching(message), reason: "bad-request", exit_code });
  });
});

describe("readParam", () => {
  const list = { type: "array" } as const;
  test.each<[string, JsonSchema, Json]>([
    ["5", { type: "string" }, "5"],
    ["", { type: "string" }, ""],
    ["5", {}, "5"],
    ["dwh", { type: "connection" }, "dwh"],
    ["5", { type: "integer" }, 5],
    [" 5\n", { type: "integer" }, 5],
    ["5.0", { type: "integer" }, 5],
    ["-0.5e3", { type: "number" }, -500],
    ["1e+21", { type: "number" }, 1e21],
    ["True", { type: "boolean" }, true],
    ["false", { type: "boolean" }, false],
    ["None", { type: ["integer", "null"] }, null],
    ["5", { type: ["string", "integer"] }, 5],
    [" 5", { type: ["string", "integer"] }, " 5"],
    ["05", { type: ["string", "integer"] }, "05"],
    ["5", { enum: [5, "a"] }, 5],
    ["a", { enum: [5, "a"] }, "a"],
    ["5", { anyOf: [{ type: "number" }, { type: "boolean" }] }, 5],
    ["true", { oneOf: [{ type: "number" }, { type: "boolean" }] }, true],
    ["7", { allOf: [{ minimum: 1 }, { type: "integer" }] }, 7],
    ['[1, "a"]', list, [1, "a"]],
    ['{"a": null}', { type: "object" }, { a: null }],
  ])("%j by %j is %j", (text, schema, value) => {
    expect(readParam(text, schema)).toEqual({ value });
  });

  test.each<[string, JsonSchema, string]>([
    ["", { type: "integer" }, 'expected an integer, got ""; the template gave nothing'],
    ["5.5", { type: "integer" }, 'expected an integer, got "5.5"'],
    ["08", { type: "integer" }, 'expected an integer, got "08"; convert it with `| int`, or declare the parameter as a string'],
    ["0x10", { type: "number" }, 'expected a number, got "0x10"'],
    ["Infinity", { type: "number" }, 'expected a number, got "Infinity"'],
    ["1_000", { type: "integer" }, 'expected an integer, got "1_000"'],
    ["yes", { type: "boolean" }, 'expected true or false, got "yes"'],
    ["1", { type: "boolean" }, 'expected true or false, got "1"'],
    ["['a']", list, "expected a JSON list, got \"['a']\"; end the template with `| tojson`"],
    ["{}", list, 'expected a JSON list, got "{}"; end the template with `| tojson`'],
    ["[]", { type: ["object", "integer"] }, 'expected a JSON map or an integer, got "[]"; end the template with `| tojson`'],
    [
      "9007199254740993",
      { type: "integer" },
      'expected an integer, got "9007199254740993"; it does not fit a 64-bit float, declare the parameter as a string',
    ],
  ])("%j by %j: %s", (text, schema, problem) => {
    expect(readParam(text, schema)).toEqual({ problem });
  });
});

test("an integer beyond 2^53 is read when it is what its float is printed as", () => {
  expect(readParam("35922180355769190", { type: "integer" })).toEqual({ value: 35922180355769190 });
});

test("a damaged variable is a problem in words, never thrown", () => {
  const task = flights.tasks.find(({ id }) => id === "inference.score") as JobTaskPlan;
  const good = Object.fromEntries(encodeRequest(flights, task).map(({ name, text }) => [name, render(text)]));
  const junk = [
    undefined,
    "",
    "x",
    "{",
    "null",
    "[null]",
    '{"threshold":null}',
    '{"data":{"sources":[null]}}',
    '{"threshold":{"schema":null}}',
  ];
  const schemas = ['{"enum":5}', '{"anyOf":3}', '{"type":7}', '{"type":[null]}', '{"type":"object","properties":5}', '{"items":5}'];
  junk.push(...schemas.map((schema) => `{"threshold":{"schema":${schema}}}`));
  for (const name of Object.keys(good)) {
    for (const text of junk) {
      const read = decodeRequest({ ...good, [name]: text });
      if ("problem" in read) expect(read.problem.length, `${name}=${text}`).toBeGreaterThan(10);
    }
  }
});

test("names of variables", () => {
  expect(variableName("INPUT", "daily-data")).toBe("INPUT_DAILY_DATA");
  expect(variableName("PARAM", "día😀")).toBe("PARAM_D_A_");
  expect(connectionVariable("dwh")).toBe("TRADEWIND_SECRET_CONN_DWH");
});

test.each([
  ["{{ ds }}", true],
  ["{% if x %}", true],
  ["{# note #}", true],
  ["{ {", false],
  ["}} %}", false],
  ["", false],
])("isTemplate(%j) is %s", (text, expected) => {
  expect(isTemplate(text)).toBe(expected);
});

describe("the package index of the settings", () => {
  const package_index = { index_url: "https://pypi.company/simple", find_links: ["/mnt/wheels"], connection: "pypi" };
  const learn = makeTask("learn", { job: makeJob({ python: { packages: ["a"] } }), launcher_connections: ["pypi"] });
  const say = makeTask("say", {});
  const plan = { ...makePlan([learn, say]), package_index };

  test("travels to who installs packages, as a local run has it; its connection is the launcher's alone", () => {
    expect(travel(learn, plan)).toEqual(makeRequest(plan, learn, facts, render));
    expect(travel(learn, plan)).toMatchObject({ package_index, connections: [] });
    expect(travel(say, plan)).toEqual(makeRequest(plan, say, facts, render));
    expect(travel(say, plan)).not.toHaveProperty("package_index");
    const secrets = encodeRequest(plan, learn).filter(({ name }) => name.includes("SECRET"));
    expect(secrets).toEqual([
      { name: "TRADEWIND_SECRET_CONN_PYPI", text: "{{ conn.pypi.get_uri() }}", template: true, connection: "pypi" },
    ]);
  });

  test("says nothing in a DAG that installs none", () => {
    const quiet = { ...makePlan([say]), package_index };
    expect(encodeRequest(quiet, say).filter(({ name }) => /INDEX|SECRET/.test(name))).toEqual([]);
  });
});
