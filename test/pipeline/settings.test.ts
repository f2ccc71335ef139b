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

  test("settings are checked without any pipeline", () => {
    const { diagnostics } = compileTexts({ "tradewind.yaml": "flavor: {}\n", "env/dev.yaml": "vars: 1\n" });
    expect(diagnostics.map(({ code }) => code)).toEqual(["wrong-type", "unknown-key"]);
  });

  test("a broken settings file is told once, and not what it may lack", () => {
    const { diagnostics } = compileTexts({ ...pipeline, "tradewind.yaml": "vars: { x: 1\n" });
    expect([...new Set(diagnostics.map(({ code }) => code))]).toEqual(["yaml-syntax"]);
  });
});
