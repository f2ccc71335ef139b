/** What checks say, and what they leave in peace. */
import { describe, expect, test } from "vitest";
import { compileTexts, planOf, describe as say } from "./workspace.ts";

const operators = {
  "operators/make/operator.yaml": "operator: make\noutputs: { rows: csv }\njob: { execution_script: 'true' }\n",
  "operators/use/operator.yaml":
    "operator: use\nparams: { text: { type: string, default: '' }, n: { type: integer, default: 1 }, flag: { type: boolean, default: true } }\ninputs: { rows: { type: csv, optional: true } }\noutputs: { rows: csv }\njob: { execution_script: 'true' }\n",
};

function said(tasks: string, dag = "name: p", settings = ""): string[] {
  const files = { ...operators, "tradewind.yaml": settings, "pipelines/p.yaml": `dag: { ${dag} }\ntasks:\n${tasks}` };
  return compileTexts(files).diagnostics.map(say);
}

const codesOf = (lines: readonly string[]) => lines.map((line) => line.slice(0, line.indexOf(":")));

test("all faults of a file in one run, in the order of the file", () => {
  const tasks = [
    "  a: { operator_type: mak }",
    "  b: { operator_type: use, n: many, needs: [c] }",
    "  d: { operator_type: use, inputs: { rows: a.b }, retries: -1 }",
    "",
  ].join("\n");
  const found = compileTexts({ ...operators, "pipelines/p.yaml": `dag: { name: p, timezone: Mars }\ntasks:\n${tasks}` }).diagnostics;
  expect(found.map(({ code }) => code)).toEqual([
    "invalid-timezone",
    "unknown-operator",
    "invalid-parameter",
    "unknown-task",
    "unknown-task",
    "invalid-value",
  ]);
  expect(found.map(({ span }) => span.start)).toEqual(found.map(({ span }) => span.start).sort((a, b) => a - b));
});

describe("references", () => {
  test("a need that does not exist is said once, not again as an input that nothing fits", () => {
    const files = {
      "operators/take/operator.yaml": "operator: take\ninputs: { rows: csv }\noutputs: { rows: csv }\njob: { execution_script: 'true' }\n",
      "pipelines/p.yaml": "dag: { name: p }\ntasks:\n  a: { operator_type: take, needs: [nope] }\n",
    };
    expect(codesOf(compileTexts(files).diagnostics.map(say))).toEqual(["unknown-task"]);
  });

  test("are looked up from the own group outwards", () => {
    const plan = planOf({
      ...operators,
      "pipelines/p.yaml":
        "dag: { name: p }\ntasks:\n  make: { operator_type: make }\n  g:\n    make: { operator_type: make }\n    h:\n      use: { operator_type: use, inputs: { rows: make } }\n  use: { operator_type: use, inputs: { rows: make } }\n",
    });
    expect(plan.tasks.map(({ id, upstream }) => [id, upstream])).toEqual([
      ["make", []],
      ["g.make", []],
      ["g.h.use", ["g.make"]],
      ["use", ["make"]],
    ]);
  });

  test("a task may come before what it needs; the plan orders them", () => {
    const text =
      "dag: { name: p }\ntasks:\n  z: { operator_type: use, needs: a }\n  m: { operator_type: make }\n  a: { operator_type: make }\n";
    expect(planOf({ ...operators, "pipelines/p.yaml": text }).tasks.map(({ id }) => id)).toEqual(["m", "a", "z"]);
  });

  test("a need of the own group, of itself, of a longer ring", () => {
    expect(said("  g:\n    a: { operator_type: make, needs: g }\n")).toEqual([
      expect.stringContaining("cycle: the tasks wait for each other: `g.a` needs `g.a`"),
    ]);
    expect(said("  a: { operator_type: use, inputs: { rows: a } }\n")).toEqual([expect.stringContaining("`a` needs `a`")]);
    const ring = said(
      "  a: { operator_type: use, needs: c }\n  b: { operator_type: use, needs: a }\n  c: { operator_type: use, needs: b }\n  d: { operator_type: use, needs: c }\n",
    );
    expect(ring).toEqual(["cycle: the tasks wait for each other: `a` needs `c` needs `b` needs `a`"]);
  });

  test("the nearest name in the own group, or with its group", () => {
    expect(said("  g:\n    make: { operator_type: make }\n    x: { operator_type: use, needs: mak }\n")).toEqual([
      "unknown-task: task `g.x` needs `mak`, which does not exist; did you mean `make`?",
    ]);
    expect(said("  g:\n    make: { operator_type: make }\n  x: { operator_type: use, needs: make }\n")).toEqual([
      "unknown-task: task `x` needs `make`, which does not exist; did you mean `g.make`?",
    ]);
  });
});

describe("parameters", () => {
  test("a template is looked at after rendering, a plain value now", () => {
    expect(said('  a: { operator_type: use, n: "{{ params.n }}" }\n', "name: p, params: { n: 1 }")).toEqual([]);
    expect(codesOf(said("  a: { operator_type: use, n: ten }\n"))).toEqual(["invalid-parameter"]);
    expect(codesOf(said('  a: { operator_type: use, n: "{{ params.m }}" }\n', "name: p, params: { n: 1 }"))).toEqual(["template-name"]);
  });

  test("a number where a text is wanted has a fix", () => {
    const { diagnostics } = compileTexts({
      ...operators,
      "pipelines/p.yaml": "dag: { name: p }\ntasks: { a: { operator_type: use, text: 012 } }\n",
    });
    const fixes = diagnostics.filter(({ code }) => code === "invalid-parameter").map(({ fix }) => fix?.edits[0]?.text);
    expect(fixes).toEqual(['"012"']);
  });

  test("keys of a job and names of ports are told where they belong", () => {
    expect(said("  a: { operator_type: use, execution_time: 1h, rows: make }\n")).toEqual([
      expect.stringContaining("it belongs under `job:`"),
      expect.stringContaining("it is an input, which belongs under `inputs:`"),
    ]);
  });

  test("a default for a parameter that no operator has is for nobody", () => {
    expect(said("  defaults: { conection: dwh }\n  a: { operator_type: make }\n")).toEqual([
      "unknown-key: `defaults` has no key `conection`; did you mean `connection`?",
    ]);
    expect(said("  defaults: { text: x }\n  a: { operator_type: make }\n  b: { operator_type: use }\n")).toEqual([]);
  });
});

describe("tasks and groups", () => {
  test("a task without operator_type is one fault, whatever else it holds", () => {
    expect(codesOf(said("  a: { query: x, needs: [b], job: { code: . } }\n  b: { operator_type: make }\n"))).toEqual([
      "missing-operator-type",
    ]);
  });

  test.each(["a b", "1a", "ä", "a.b", ""])("%j is no name", (name) => {
    expect(codesOf(said(`  ${JSON.stringify(name)}: { operator_type: make }\n`))).toContain("invalid-name");
  });

  test("an id may have 250 characters, with its groups", () => {
    expect(said(`  ${"g".repeat(100)}:\n    ${"t".repeat(149)}: { operator_type: make }\n`)).toEqual([]);
    expect(codesOf(said(`  ${"g".repeat(100)}:\n    ${"t".repeat(150)}: { operator_type: make }\n`))).toEqual(["invalid-name"]);
  });
});

test("a pipeline is compiled alone by its path or its dag's name, with the faults of what it uses", () => {
  const files = {
    ...operators,
    "operators/broken/operator.yaml": "operator: broken\njob: { execution_time: soon }\n",
    "pipelines/p.yaml": "dag: { name: orders }\ntasks: { a: { operator_type: make } }\n",
    "pipelines/q.yaml": "dag: { name: other }\ntasks: { orders: { operator_type: nothing } }\n",
    "pipelines/r.yaml": "dag: { name: 'torn }\ntasks: { a: { operator_type: make } }\n",
  };
  const compiled = (pipeline: string) => compileTexts(files, { pipeline });
  for (const name of ["orders", "pipelines/p.yaml"]) {
    expect(compiled(name).pipelines.map(({ file, plan }) => [file, plan !== undefined])).toEqual([["pipelines/p.yaml", true]]);
    expect(compiled(name).diagnostics).toEqual([]);
  }
  expect(compiled("torn").diagnostics.map(({ code }) => code)).toEqual(["yaml-syntax"]);
  expect(compiled("none").pipelines).toEqual([]);
  expect(new Set(compileTexts(files).diagnostics.map(({ code }) => code))).toEqual(
    new Set(["invalid-duration", "unknown-operator", "yaml-syntax"]),
  );
});

describe("what comes later is refused by one clear diagnostic", () => {
  test.each([
    "  a: { operator_type: make, checks: [] }\n",
    "  a: { operator_type: make, deliver: x }\n",
    "  a: { operator_type: use, inputs: { rows: models/late@production } }\n",
    "  a: { operator_type: use, inputs: { rows: s3://bucket/rows.csv } }\n",
  ])("%s", (tasks) => {
    expect(codesOf(said(tasks))).toEqual(["not-yet"]);
  });
});

describe("secrets", () => {
  const of = (value: string, key = "text") =>
    codesOf(said(`  a: { operator_type: use, params: { ${key}: ${JSON.stringify(value)} } }\n`)).filter((code) =>
      code.startsWith("secret"),
    );

  test.each([
    "postgres://etl:hunter2@db/prod",
    "-----BEGIN RSA PRIVATE KEY-----",
    "AKIAIOSFODNN7EXAMPLE",
    "glpat-abcdefghij0123456789",
    `ghp_${"a1".repeat(20)}`,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "host=db user=etl password=hunter2",
  ])("%s is one", (value) => {
    expect(of(value)).toEqual(["secret"]);
  });

  test.each([
    "https://example.org:8443/a@b",
    "postgres://etl@db/prod",
    "postgres://etl:{{ var.value.pw }}@db/prod",
    "select password from users where password = ?",
    "select token, secret from t",
    "s3://bucket/a:b@c",
    "tokenizer",
  ])("%s is none", (value) => {
    expect(of(value)).toEqual([]);
  });

  test("no message repeats one", () => {
    const lines = said(
      '  a: { operator_type: use, text: "postgres://etl:hunter2@db/prod" }\n  b: { operator_type: pg_to_csv, connection: "postgres://etl:hunter2@db/prod", table: t }\n',
    );
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join()).not.toContain("hunter2");
  });
});

test("a template's fault is told at its very place", () => {
  const text = "dag: { name: p }\ntasks:\n  a:\n    operator_type: use\n    text: |\n      select *\n      where day = '{{ dss }}'\n";
  const { diagnostics } = compileTexts({ ...operators, "pipelines/p.yaml": text });
  expect(diagnostics.map(({ span }) => text.slice(span.start, span.end))).toEqual(["dss"]);
});

describe("the digest", () => {
  const files = {
    ...operators,
    "pipelines/p.yaml": "dag: { name: p }\ntasks: { a: { operator_type: make } }\n",
    "tradewind.yaml": "vars: { x: 1 }\n",
  };

  test("of the source changes with every text that the plan was made from, and with no other", () => {
    const digest = (more: Record<string, string>, options = {}) => planOf({ ...files, ...more }, options).source.digest;
    const first = digest({});
    expect(digest({ "operators/use/operator.yaml": `${operators["operators/use/operator.yaml"]}# more\n` })).toBe(first);
    expect(digest({ "operators/make/operator.yaml": `${operators["operators/make/operator.yaml"]}# more\n` })).not.toBe(first);
    expect(digest({ "tradewind.yaml": "vars: { x: 2 }\n" })).not.toBe(first);
    expect(digest({}, { set: new Map([["x", "2"]]) })).not.toBe(first);
  });

  test("of a job changes with what it does, and not with what it is called or described as", () => {
    const digest = (text: string) => {
      const [task] = planOf({ ...files, "operators/make/operator.yaml": text }).tasks;
      return task?.kind === "job" ? task.job.digest : undefined;
    };
    const text = operators["operators/make/operator.yaml"];
    const first = digest(text);
    expect(digest(`${text}description: What it does.\n`)).toBe(first);
    expect(digest(text.replace("'true'", "'false'"))).not.toBe(first);
    expect(digest(text.replace("rows: csv", "rows: json"))).not.toBe(first);
  });
});
