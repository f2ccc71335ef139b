import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { airflowContext, type RunFacts } from "../../src/template/context.ts";
import { parseTemplate } from "../../src/template/parse.ts";
import { renderTemplate, TemplateError } from "../../src/template/render.ts";

const facts: RunFacts = {
  dag_id: "flights",
  run_id: "scheduled__2024-03-05T03:00:00+00:00",
  task_id: "load.to_dwh",
  timezone: "Europe/Moscow",
  logical_date: "2024-03-05T03:00:00Z",
  data_interval_start: "2024-03-05T03:00:00Z",
  data_interval_end: "2024-03-06T03:00:00Z",
  params: { limit: 10, name: "o'neill", empty: null },
  variables: { bucket: "lake" },
  try_number: 2,
};
const context = airflowContext(facts);

function render(text: string, other: Partial<RunFacts> = {}): string {
  return renderTemplate(parseTemplate(text), Object.keys(other).length === 0 ? context : airflowContext({ ...facts, ...other }));
}

function failure(text: string): { message: string; at: string } {
  try {
    return { message: `rendered ${JSON.stringify(render(text))}`, at: "" };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { message: error.message, at: text.slice(error.offset, error.offset + error.length) };
  }
}

describe("what a task's template sees", () => {
  it("renders the run's dates, parameters and names", () => {
    expect(render("select * from f where day = '{{ ds }}' limit {{ params.limit }}")).toBe(
      "select * from f where day = '2024-03-05' limit 10",
    );
    expect(render("{{ dag.dag_id }}/{{ task.task_id }}/{{ run_id }}/{{ ti.try_number }}")).toBe(
      "flights/load.to_dwh/scheduled__2024-03-05T03:00:00+00:00/2",
    );
    expect(render("{{ params.empty }} {{ var.value.bucket }} {{ var.value.get('no', 'default') }}")).toBe("None lake default");
    expect(render("{{ dag_run.run_type }} {{ dag_run.conf }}", { dag_run_type: "scheduled" })).toBe("scheduled {}");
  });

  it("keeps instants in UTC whatever offset they are given in", () => {
    expect(render("{{ logical_date }} {{ ds }}", { logical_date: "2024-03-05T01:00:00+03:00" })).toBe(
      "2024-03-04 22:00:00+00:00 2024-03-04",
    );
  });

  it("does not change what it was given", () => {
    const params = { list: [1] };
    render("{% do params.list.append(2) %}{{ params.list }}", { params });
    expect(params).toEqual({ list: [1] });
  });
});

describe("errors", () => {
  it.each([
    ["x {{ dss }}", "'dss' is undefined; did you mean \"ds\"?", "dss"],
    ["{{ params.limt + 1 }}", "'dict object' has no attribute 'limt'; did you mean \"limit\"?", "params.limt + 1"],
    ["{{ params.limt }}", "'dict object' has no attribute 'limt'; did you mean \"limit\"?", "params.limt"],
    ["{{ execution_date }}", "'execution_date' does not exist in Airflow 3: use `logical_date`", "execution_date"],
    ["{{ conn.dwh }}", "`conn` is not known in a local run: only an Airflow server has it", "conn.dwh"],
    [
      "{{ ti.xcom_pull() }}",
      "ti.xcom_pull is not known in a local run, which has ti.dag_id, ti.map_index, ti.run_id, ti.task_id, ti.try_number",
      "ti.xcom_pull",
    ],
    [
      "{{ var.value.buckt }}",
      "there is no variable \"buckt\"; did you mean \"bucket\"?; set AIRFLOW_VAR_BUCKT, or give a default with .get('buckt', '…')",
      "var.value.buckt",
    ],
    ["{{ 'a' + 1 }}", 'can only concatenate str (not "int") to str: join with `~`, which takes any value', "'a' + 1"],
    [
      "{{ [1] | map('upper') }}",
      "a generator would print as its address in memory: put `| list` or `| join` behind it",
      "[1] | map('upper')",
    ],
    ["{{ ds.upper }}", "`upper` is a function, which would print as its address in memory: call it with `()`", "ds.upper"],
    ["{{ ds | uper }}", 'there is no filter named "uper"; did you mean "upper"?', "uper"],
    [
      "{{ macros.datetime.now() }}",
      "datetime.now() depends on the time of day, so that every run would differ: use logical_date or data_interval_end",
      "macros.datetime.now()",
    ],
    [
      "{{ [1] | random }}",
      "the filter `random` gives another value in every run, so that nothing that uses it can be repeated",
      "[1] | random",
    ],
  ])("%s", (text, message, at) => {
    expect(failure(text)).toEqual({ message, at });
  });

  it.each([
    "{% for i in range(10 ** 9) %}x{% endfor %}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
    "{{ 'x' * 10 ** 12 }}",
    "{{ [0] * 10 ** 12 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 'x'.zfill(10 ** 12) }}{{ 'x'.center(10 ** 12) }}",
    "{{ '%999999999999d' % 1 }}",
    "{{ '{:999999999999}'.format(1) }}",
    "{{ '%.999999999f' % 1.5 }}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
    "{% set l = [1] %}{% do l.append(l) %}{{ l }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}",
    "{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}{{ l | length }}",
    "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
    "{{ 'x' | indent(10 ** 12) }}",
    "{{ [1] | batch(10 ** 12, 0) | list }}",
    "{{ logical_date.add(years=10 ** 9) }}",
    "{{ logical_date + macros.timedelta(days=10 ** 15) }}",
    "{{ [1, 2] | slice(10 ** 12) | list }}",
  ])("ends in time with a sentence: %s", (text) => {
    const started = performance.now();
    try {
      render(text);
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
    }
    expect(performance.now() - started).toBeLessThan(8000);
  });
});

/** What Jinja drops and turns: one newline at the end, and all line ends to `\n`. */
function asJinjaReads(text: string): string {
  return text.replace(/(\r\n|\r|\n)$/, "").replace(/\r\n?/g, "\n");
}

/** A Python literal, as Jinja reads it. */
function pythonLiteral(value: unknown): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${pythonLiteral(item)}`)
      .join(", ")}}`;
  return String(value);
}

const plainText = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\\"));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    plainText,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(plainText, tie("value"), { maxKeys: 4 }),
  ),
})).value;

describe("properties", () => {
  it("text without braces is itself, but for its line ends", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "\n", "\r", " ", "é", "😀", "$", "%", "#", "'", "\\"), maxLength: 40 }),
        (text) => {
          expect(render(text)).toBe(asJinjaReads(text));
        },
      ),
    );
  });

  it("a string literal is its value", () => {
    fc.assert(
      fc.property(plainText, (text) => {
        expect(render(`{{ ${JSON.stringify(text)} }}.`)).toBe(`${text}.`);
      }),
    );
  });

  it("JSON goes through `tojson` and back", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = render(`{{ ${pythonLiteral(value)} | tojson }}`);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[<>&']/);
      }),
    );
  });

  it("what is printed of lists, maps, texts and numbers reads back as the same value", () => {
    fc.assert(
      fc.property(json, (value) => {
        const printed = render(`{{ [${pythonLiteral(value)}] }}`);
        expect(render(`{{ (${printed}) == [${pythonLiteral(value)}] }}`)).toBe("True");
      }),
    );
  });

  it("a float prints so that it reads back", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), (value) => {
        expect(Number(render(`{{ '${value}' | float }}`))).toBe(value);
      }),
    );
  });

  it("// and % belong together, and % has the sign of the divisor", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }), (a, b) => {
        fc.pre(b !== 0n);
        const text = render(`{{ (${a}) // (${b}) }} {{ (${a}) % (${b}) }}`);
        const [quotient = 0n, rest = 0n] = text.split(" ").map(BigInt);
        expect(quotient * b + rest).toBe(a);
        expect(rest === 0n || rest < 0n === b < 0n).toBe(true);
      }),
    );
  });

  it("days go there and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -300_000, max: 300_000 }), (days) => {
        expect(render(`{{ macros.ds_add(macros.ds_add(ds, ${days}), ${-days}) }}`)).toBe("2024-03-05");
        expect(render(`{{ (logical_date + macros.timedelta(days=${days})).subtract(days=${days}) == logical_date }}`)).toBe("True");
      }),
    );
  });

  it("any template ends in text or in a TemplateError whose place lies in it", () => {
    const pieces = [
      "{{ ",
      " }}",
      "{% if ",
      " %}",
      "{% endif %}",
      "ds",
      "logical_date",
      "params",
      ".limit",
      "[0]",
      "['name']",
      "()",
      " + ",
      " ~ ",
      " | ",
      "upper",
      "list",
      "length",
      "join",
      " is ",
      "defined",
      "1",
      "'a'",
      "none",
      ".format",
      "(1)",
      "[",
      "]",
      ", ",
      "macros.timedelta(1)",
      " % ",
      " * ",
      "-",
      "{",
      ":",
      "}",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
        const text = `{{ ${parts.join("")} }}`;
        const { at } = failure(text);
        expect(text).toContain(at);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("speed", () => {
  it("parses and renders 10,000 small templates well below a second", () => {
    render("{{ ds }}");
    // Of the processor, so that a busy machine does not fail it.
    const started = process.cpuUsage();
    for (let i = 0; i < 10_000; i++)
      render(`select ${i} where day = '{{ ds }}' and n < {{ params.limit * 2 }} -- {{ macros.ds_add(ds, -1) }}`);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1500);
  });
});
