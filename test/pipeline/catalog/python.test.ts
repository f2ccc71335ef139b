/** Operator classes read from text: what becomes an operator, and which interface it gets. */
import { describe, expect, test } from "vitest";
import type { AirflowClass } from "../../../src/pipeline/catalog/airflow.ts";
import type { Manifest } from "../../../src/pipeline/catalog/manifest.ts";
import { readDoc } from "../../../src/pipeline/catalog/python/docstring.ts";
import { readNumber, readString } from "../../../src/pipeline/catalog/python/literal.ts";
import { readPythonOperators } from "../../../src/pipeline/catalog/python/operators.ts";
import { toJson } from "../../../src/pipeline/parse/node.ts";
import { airflowIndex } from "../../../src/workspace/airflow-index.ts";

function readAll(texts: Readonly<Record<string, string>>, requirements = false) {
  const files = Object.entries(texts).map(([name, text]) => ({ path: `operators/${name}.py`, text }));
  const { operators, diagnostics } = readPythonOperators({ path: "operators", files, requirements }, airflowIndex);
  return { operators, messages: diagnostics.map(({ code, message }) => `${code}: ${message}`) };
}

const execute = "    def execute(self, inputs, outputs): ...\n";

/** The only operator of a file. */
function readOne(text: string, others: Readonly<Record<string, string>> = {}) {
  const { operators, messages } = readAll({ it: text, ...others });
  expect(messages).toEqual([]);
  const found = operators.filter(({ qualified }) => qualified.startsWith("it."));
  expect(found).toHaveLength(1);
  return found[0]?.operator as Manifest | AirflowClass;
}

function paramsOf(operator: Manifest | AirflowClass) {
  const params = operator.kind === "manifest" ? operator.params : (operator.known?.params ?? new Map());
  return Object.fromEntries([...params.values()].map(({ name, schema, required }) => [name, required ? { ...schema, required } : schema]));
}

/** Schemas of the parameters of an `__init__`. */
function schemas(signature: string, head = ""): object {
  return paramsOf(readOne(`${head}\nclass It:\n    OUTPUTS = [("Data", ".csv")]\n    def __init__(self, ${signature}): ...\n${execute}`));
}

describe("annotations", () => {
  const typing =
    "from typing import *\nfrom typing import Annotated, Any, Dict, List, Literal, Optional, Union\nimport datetime, pathlib\n";
  test.each<readonly [string, object]>([
    ["x: int", { type: "integer", required: true }],
    ["x: float = 1", { type: "number", default: 1 }],
    ["x: str = 'a'", { type: "string", default: "a" }],
    ["x: bool = True", { type: "boolean", default: true }],
    ["x", { required: true }],
    ["x=None", {}],
    ["x: Any = ()", { default: [] }],
    ["x: Optional[int] = None", { type: "integer" }],
    ["x: Optional[int]", { type: ["integer", "null"], required: true }],
    ["x: int | None = 3", { type: "integer", default: 3 }],
    ["x: 'int | None' = None", { type: "integer" }],
    ["x: Union[str, List[str]] = 'a'", { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }], default: "a" }],
    ["x: int | float | str = 0", { type: ["integer", "number", "string"], default: 0 }],
    ["x: Literal['a', 'b'] = 'a'", { enum: ["a", "b"], default: "a" }],
    ["x: Literal['a', -1] | None = None", { enum: ["a", -1] }],
    ["x: list", { type: "array", required: true }],
    ["x: list[list[int]]", { type: "array", items: { type: "array", items: { type: "integer" } }, required: true }],
    ["x: set[int]", { type: "array", uniqueItems: true, items: { type: "integer" }, required: true }],
    ["x: tuple[int, int] = (1, 2)", { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2, default: [1, 2] }],
    ["x: tuple[str, ...] = ()", { type: "array", items: { type: "string" }, default: [] }],
    ["x: Dict[str, float]", { type: "object", additionalProperties: { type: "number" }, required: true }],
    ["x: dict = {'a': [1, None]}", { type: "object", default: { a: [1, null] } }],
    ["x: datetime.date", { type: "string", format: "date", required: true }],
    ["x: datetime.timedelta = datetime.timedelta(hours=1)", { type: "number" }],
    ["x: pathlib.Path = pathlib.Path('/tmp')", { type: "string" }],
    ["x: Annotated[int, 'How many']", { type: "integer", description: "How many", required: true }],
    ["*, x: int = 60 * 60", { type: "integer", default: 3600 }],
    ["x: int = -0x10", { type: "integer", default: -16 }],
    ["x: str = 'a' 'b' + \"c\\n\"", { type: "string", default: "abc\n" }],
  ])("%s", (signature, schema) => {
    expect(schemas(signature, typing)).toEqual({ x: schema });
  });

  test("names of the file and of its neighbours", () => {
    const base = "import enum\nLIMIT = 5\nKind = str\nclass Mode(str, enum.Enum):\n    FAST = 'fast'\n    SLOW = 'slow'\n";
    const text = `import base\nfrom base import Kind, LIMIT as most, Mode\nclass It:\n    OUTPUTS = [("a", "csv")]\n    def __init__(self, kind: Kind, mode: Mode = Mode.FAST, n: int = most, m: "base.Mode" = base.Mode.SLOW): ...\n${execute}`;
    expect(paramsOf(readOne(text, { base }))).toEqual({
      kind: { type: "string", required: true },
      mode: { enum: ["fast", "slow"], default: "fast" },
      n: { type: "integer", default: 5 },
      m: { enum: ["fast", "slow"], default: "slow" },
    });
  });

  test("a connection's id is one by its name", () => {
    expect(schemas('dwh_conn_id: str = "dwh", connection: str = "x", conn: str = "y"')).toEqual({
      dwh_conn_id: { type: "connection", default: "dwh" },
      connection: { type: "connection", default: "x" },
      conn: { type: "string", default: "y" },
    });
  });
});

describe("pydantic and dataclasses", () => {
  test("fields, their limits, aliases and factories", () => {
    const text = `
from typing import ClassVar, Annotated
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, PrivateAttr, conint

class Parent(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seed: int = 0

class Inner(BaseModel):
    a: int
    b: str = "x"

class It(Parent):
    INPUTS: ClassVar = [("Data", ".csv")]
    threshold: float = Field(0.5, gt=0, le=1, description="Above it.")
    name: str = Field(..., min_length=2, max_length=9, pattern=r"^\\w+$")
    tags: list[str] = Field(default_factory=list, min_length=1)
    rows: PositiveInt = 1
    some: conint(ge=3, multiple_of=3) = 3
    noted: Annotated[int, Field(ge=2)] = 2
    python_name: int = Field(alias="yaml")
    inner: Inner
    _hidden: int = PrivateAttr(1)
${execute}`;
    expect(paramsOf(readOne(text))).toEqual({
      seed: { type: "integer", default: 0 },
      threshold: { type: "number", exclusiveMinimum: 0, maximum: 1, description: "Above it.", default: 0.5 },
      name: { type: "string", minLength: 2, maxLength: 9, pattern: "^\\w+$", required: true },
      tags: { type: "array", items: { type: "string" }, minItems: 1, default: [] },
      rows: { type: "integer", exclusiveMinimum: 0, default: 1 },
      some: { type: "integer", minimum: 3, multipleOf: 3, default: 3 },
      noted: { type: "integer", minimum: 2, default: 2 },
      yaml: { type: "integer", required: true },
      inner: {
        type: "object",
        properties: { a: { type: "integer" }, b: { type: "string" } },
        additionalProperties: false,
        required: true,
      },
    });
  });

  test("dataclasses: order, init=False, kw_only, metadata", () => {
    const text = `
import dataclasses
from dataclasses import dataclass, field

@dataclass
class Parent:
    seed: int = 0

@dataclasses.dataclass(kw_only=True)
class It(Parent):
    OUTPUTS = [("Data", ".csv")]
    rows: int = field(metadata={"description": "How many."})
    made: int = field(init=False, default=3)
    weights: dict[str, float] = field(default_factory=dict)
${execute}`;
    const params = paramsOf(readOne(text));
    expect(Object.keys(params)).toEqual(["seed", "rows", "weights"]);
    expect(params.rows).toEqual({ type: "integer", description: "How many.", required: true });
    expect(params.weights).toMatchObject({ type: "object", default: {} });
  });
});

describe("inheritance", () => {
  const base = `class Base:\n    GROUP = "flights"\n    INPUTS = [("Data", ".csv")]\n    def __init__(self, seed: int = 1, *, name: str, **kwargs):\n        self.x = kwargs.pop("extra", None)\n`;
  test.each([
    ["from .base import Base", "Base"],
    ["from base import Base as Above", "Above"],
    ["import base", "base.Base"],
    ["from operators import base", "base.Base"],
    ["from operators.base import Base", "Base"],
  ])("%s", (statement, name) => {
    const operator = readOne(
      `${statement}\nclass It(${name}):\n    def __init__(self, rows: int, **kwargs):\n        super().__init__(name="x", **kwargs)\n${execute}`,
      { base },
    ) as Manifest;
    expect(Object.keys(paramsOf(operator))).toEqual(["rows", "seed", "extra"]);
    expect([...operator.inputs.values()]).toMatchObject([{ name: "Data", types: ["csv"] }]);
    expect(operator.group).toBe("flights");
  });

  test("C3, as Python has it", () => {
    const text = `class A:\n    OUTPUTS = [("a", ".csv")]\n    def __init__(self, a: int = 1): ...\n${execute}
class _B(A): pass
class _C(A):
    def __init__(self, c: int = 1): ...
class _D(_B, _C): pass
class D(_D): pass\n`;
    const { operators, messages } = readAll({ it: text });
    expect(messages).toEqual([]);
    expect(operators.map(({ name, operator }) => [name, Object.keys(paramsOf(operator))])).toEqual([
      ["A", ["a"]],
      ["D", ["c"]],
    ]);
  });

  test("a circle of imports and bases ends", () => {
    const { operators } = readAll({
      a: "from b import B\nclass A(B):\n    INPUTS = X\nfrom b import X\n",
      b: "from a import A, X\nclass B(A): pass\n",
    });
    expect(operators.length).toBeLessThanOrEqual(2);
  });
});

describe("what is an operator", () => {
  test("classes with ports or execute(inputs, outputs), and none that are hidden, abstract or something else", () => {
    const text = `
import abc, enum
class Ports:
    INPUTS = [("a", ".csv")]
${execute}
class Runs:
${execute}
class Database:
    def execute(self, sql): ...
class Mode(enum.Enum):
    A = 1
class Fault(Exception): pass
class _Hidden:
${execute}
class Abstract(abc.ABC):
    INPUTS = [("a", ".csv")]
    @abc.abstractmethod
    def execute(self, inputs, outputs): ...
class Whole(Abstract):
${execute}
`;
    expect(readAll({ it: text }).operators.map(({ name }) => name)).toEqual(["Ports", "Runs", "Whole"]);
  });

  test("its job is the runner with the folder's code, requirements.txt and what JOB says", () => {
    const text = `class It:\n    OUTPUTS = [("a", ".csv")]\n    JOB = {"resource_flavor": "big", "env": {"A": "1"}}\n    EFFECTS = "writes"\n${execute}`;
    const [found] = readAll({ it: text }, true).operators;
    const manifest = found?.operator as Manifest;
    expect(manifest.effects).toBe("writes");
    expect(manifest.job && toJson(manifest.job)).toEqual({
      execution_script: 'exec python3 "$TRADEWIND_RUNNER" it:It',
      code: "*",
      requirements: "requirements.txt",
      resource_flavor: "big",
      env: { A: "1" },
    });
  });

  test.each<readonly [string, readonly string[]]>([
    ['".csv"', ["csv"]],
    ['".pkl"', ["pickle"]],
    ['".csv|.parquet"', ["csv", "parquet"]],
    ['[".csv", "json"]', ["csv", "json"]],
    ['"any"', ["any"]],
    ['".xyz"', ["xyz"]],
  ])("a port of %s", (extension, types) => {
    const operator = readOne(`class It:\n    INPUTS = [("Data", ${extension})]\n${execute}`) as Manifest;
    expect(operator.inputs.get("Data")?.types).toEqual(types);
  });

  test("one of Airflow's: its own parameters, those of the classes above, and not those that it gives itself", () => {
    const text = `
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
class It(S3KeySensor):
    template_fields = (*S3KeySensor.template_fields, "day")
    def __init__(self, *, day: str, **kwargs):
        kwargs["mode"] = "reschedule"
        super().__init__(bucket_key=f"flights/{day}.csv", **kwargs)
`;
    const operator = readOne(text) as AirflowClass;
    expect(operator).toMatchObject({ kind: "airflow", classPath: "operators.it.It", known: { open: false } });
    const names = Object.keys(paramsOf(operator));
    expect(names).toEqual(expect.arrayContaining(["day", "bucket_name", "aws_conn_id", "poke_interval", "retries", "pool"]));
    expect(names).not.toContain("bucket_key");
    expect(names).not.toContain("mode");
  });
});

describe("docstrings", () => {
  const about = "How many rows. More of it.";
  test.each([
    [
      "Google",
      `Counts.\n\n    Args:\n        rows (int): How many rows.\n            More of it.\n        other: No.\n\n    Returns:\n        x: y\n`,
    ],
    [
      "NumPy",
      "Counts.\n\n    Parameters\n    ----------\n    rows : int, optional\n        How many rows.\n        More of it.\n    other\n        No.\n\n    Returns\n    -------\n    int\n",
    ],
    [
      "Sphinx",
      "Counts.\n\n    :param int rows: How many rows.\n        More of it.\n    :param other: No.\n    :type rows: int\n    :return: x\n",
    ],
  ])("%s", (_, text) => {
    const { summary, params } = readDoc(text);
    expect(summary).toBe("Counts.");
    expect([...params]).toEqual([
      ["rows", about],
      ["other", "No."],
    ]);
  });

  test("paragraphs stay apart, lines do not", () => {
    expect(readDoc("One\n    two.\n\n    Three.\n    ").summary).toBe("One two.\n\nThree.");
  });
});

describe("literals", () => {
  test.each([
    ["'a'", "a"],
    ['"""a\nb"""', "a\nb"],
    ["r'\\d'", "\\d"],
    ["'\\x41\\u0042\\101\\n\\q'", "ABA\n\\q"],
    ["'a\\\nb'", "ab"],
    ["f'a{{b}}'", "a{b}"],
    ["f'a{b}'", undefined],
    ["b'a'", undefined],
    ["'\\N{BULLET}'", undefined],
  ])("%s", (source, text) => expect(readString(source)).toBe(text));

  test.each([
    ["1_000", 1000],
    ["0xff", 255],
    ["1e3", 1000],
    ["1j", undefined],
    ["123456789012345678901234567890", undefined],
  ])("%s", (source, value) => expect(readNumber(source)).toBe(value));
});

test("what nobody meant as Python ends in a diagnostic, never in an exception", () => {
  for (const text of [
    "",
    "\0",
    "class",
    "class A(",
    "class A:\n  INPUTS = [",
    "def f(:\n",
    "class A(A):\n    INPUTS = A.INPUTS\n",
    "(".repeat(3000),
    `x = ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    "x = ".repeat(2000),
  ])
    expect(() => readAll({ it: text })).not.toThrow();
});
