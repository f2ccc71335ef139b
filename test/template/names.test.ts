import { describe, expect, it } from "vitest";
import { checkTemplate, templateNames } from "../../src/template/names.ts";
import { parseTemplate } from "../../src/template/parse.ts";

const names = (text: string) => templateNames(parseTemplate(text)).map(({ name }) => name);
const problems = (text: string) =>
  checkTemplate(parseTemplate(text)).map(
    ({ kind, message, offset, length }) => `${kind} [${text.slice(offset, offset + length)}] ${message}`,
  );

describe("the names of a template", () => {
  it("are dotted paths in order, with their places", () => {
    const text = "{{ params.limit }} {{ params['user name'].x }} {{ macros.ds_add(ds, var.value.days | int) }}";
    const found = templateNames(parseTemplate(text));
    expect(found.map(({ name }) => name)).toEqual(["params.limit", "params.user name.x", "macros.ds_add", "ds", "var.value.days"]);
    expect(found.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual([
      "params.limit",
      "params['user name'].x",
      "macros.ds_add",
      "ds",
      "var.value.days",
    ]);
    expect(found[1]?.parts.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual(["params", "'user name'", "x"]);
  });

  it("leave out what the template sets itself, and only there", () => {
    expect(names("{% set x = ds %}{{ x }}{% for k, v in params.items() %}{{ k }}{{ v }}{{ loop.index }}{% endfor %}{{ k }}")).toEqual([
      "ds",
      "params.items",
      "k",
    ]);
    expect(names("{{ x }}{% set x = 1 %}{{ x }}")).toEqual(["x"]);
    expect(names("{% with a = ts %}{{ a }}{% endwith %}{{ a }}")).toEqual(["ts", "a"]);
    expect(names("{% macro m(p, q=ds) %}{{ p }}{{ q }}{{ varargs }}{{ run_id }}{% endmacro %}{{ m(1) }}")).toEqual(["ds", "run_id"]);
    expect(names("{% for i in range(3) if i > params.n %}{{ i }}{% else %}{{ i }}{% endfor %}")).toEqual(["params.n", "i"]);
    expect(names("{% if a %}{% set b = 1 %}{% endif %}{{ b }}{# c #}{% raw %}{{ d }}{% endraw %}")).toEqual(["a"]);
  });

  it("know what is asked about", () => {
    const found = templateNames(parseTemplate("{{ a is defined }}{{ b | default(1) }}{{ c }}"));
    expect(found.map(({ name, guarded }) => [name, guarded])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
  });
});

describe("checking a template", () => {
  it("passes what works", () => {
    const good =
      "{{ ds }} {{ params.anything }} {{ var.json.x.y }} {{ macros.timedelta(days=1) }} {{ dag.dag_id }} {{ ti.try_number }} {{ [1] | map('upper') | join }} {{ dag_run.conf.x }} {{ range(3) }}";
    expect(problems(good)).toEqual([]);
    expect(
      problems("{{ custom | default('x') }}{% if other is defined %}{{ other }}{% endif %}{{ prev_ds if prev_ds is defined }}"),
    ).toEqual([]);
  });

  it.each([
    ["{{ dss }}", 'unknown [dss] Airflow gives templates no name "dss"; did you mean "ds"?'],
    ["{{ logical_dat.year }}", 'unknown [logical_dat] Airflow gives templates no name "logical_dat"; did you mean "logical_date"?'],
    ["{{ macros.ds_ad(ds, 1) }}", 'unknown [ds_ad] Airflow\'s "macros" has no "ds_ad"; did you mean "ds_add"?'],
    ["{{ var.values.x }}", 'unknown [values] "var" has "value" and "json", not "values"; did you mean "value"?'],
    ["{{ ds | uper }}", 'unknown [uper] there is no filter named "uper"; did you mean "upper"?'],
    ["{{ ds is definde }}", 'unknown [definde] there is no test named "definde"; did you mean "defined"?'],
    ["{{ conn.dwh.host }}", 'not-local [conn] "conn" is known on an Airflow server only, not in a local run'],
    [
      "{{ ti.xcom_pull('a') }}",
      'not-local [xcom_pull] a local run knows of "ti" only dag_id, map_index, run_id, task_id, try_number, not "xcom_pull"',
    ],
    [
      "{{ macros.uuid.uuid4() }}",
      'not-local [uuid] "macros.uuid" cannot be used in a local run: it gives another value in every run, so that nothing that uses it can be repeated',
    ],
    [
      "{{ macros.datetime.now() }}",
      'not-local [now] "macros.datetime.now" depends on the time of day, so that every run would differ: use logical_date or data_interval_end',
    ],
    ["{{ x | pprint }}{% set x = 1 %}", 'unknown [x] Airflow gives templates no name "x"'],
    ["{{ execution_date }}", 'removed-in-3 [execution_date] "execution_date" does not exist in Airflow 3: use `logical_date`'],
    ["{{ tomorrow_ds }}", 'removed-in-3 [tomorrow_ds] "tomorrow_ds" does not exist in Airflow 3: use `macros.ds_add(ds, 1)`'],
    [
      "{{ dag_run.execution_date }}",
      'removed-in-3 [execution_date] "dag_run.execution_date" does not exist in Airflow 3: use `logical_date`',
    ],
  ])("%s", (text, problem) => {
    expect(problems(text)[0]).toBe(problem);
  });

  it("reports all of them, in order", () => {
    expect(problems("{{ dss }} {{ conn.x }} {{ 1 | nof }} {{ next_ds }}").map((one) => one.split(" ")[0])).toEqual([
      "unknown",
      "not-local",
      "unknown",
      "removed-in-3",
    ]);
  });
});
