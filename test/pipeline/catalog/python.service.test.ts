/** Python classes by the real launcher and a real Python: what is read is what runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pythonEnvironment } from "../../../scripts/provision.mjs";
import type { Plan } from "../../../src/protocol/plan.ts";
import { compileWorkspace } from "../../../src/workspace/compile-workspace.ts";
import { outcomes, type Ran, runPlan } from "../../run/plans.ts";
import { makeFolder } from "../../workspace/temporary.ts";
import { describe as say } from "../workspace.ts";

function planAt(root: string): Plan {
  const { pipelines, diagnostics } = compileWorkspace(root, {});
  const plan = pipelines[0]?.plan;
  if (plan === undefined) throw new Error(diagnostics.map(say).join("\n"));
  return plan;
}

const printed = ({ events }: Ran) => events.flatMap((event) => (event.event === "log" ? event.line : []));

const values = `
import datetime, decimal, enum, pathlib
from dataclasses import dataclass, field
from typing import Dict, List, Literal, Optional, Set, Tuple, Union
from base import Base


class Mode(enum.Enum):
    FAST = "fast"
    EXACT = "exact"


@dataclass
class Window:
    days: int
    since: Optional[datetime.date] = None


class Show(Base):
    """Prints what it got."""

    OUTPUTS = [("Data", ".txt")]

    def __init__(
        self,
        text: str,
        day: datetime.date,
        at: datetime.datetime,
        mode: Mode,
        window: Window,
        must: Optional[int],
        number: float = 2,
        flag: bool = False,
        tags: Set[str] = frozenset(),
        pair: Tuple[int, str] = (1, "a"),
        modes: Optional[List[Mode]] = None,
        weights: Dict[str, float] = {},
        path: pathlib.Path = pathlib.Path("/tmp") / "x",
        wait: datetime.timedelta = datetime.timedelta(hours=1),
        either: Union[int, str] = 0,
        exact: decimal.Decimal = decimal.Decimal("0.1"),
        kind: Literal["a", "b"] = "a",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.given = {name: value for name, value in locals().items() if name not in ("self", "kwargs", "__class__")}

    def execute(self, inputs, outputs):
        with open(outputs["Data"], "w", encoding="utf-8") as file:
            for name, value in {**self.given, "verbose": self.verbose}.items():
                print(f"{name}: {value!r}", file=file)
`;

const workspace = {
  "tradewind.yaml": "vars: {}\n",
  "operators/base.py": "class Base:\n    def __init__(self, verbose: bool = False):\n        self.verbose = verbose\n",
  "operators/values.py": values,
  "operators/other/operator.yaml": "operator: other\njob: { execution_script: 'true', code: . }\n",
  "operators/lines.py": `
class Count:
    INPUTS = [("First", ".txt"), ("Second", [".txt", ".csv"])]
    OUTPUTS = [("Sum", ".json"), ("Copy", ".txt")]

    def __init__(self, times: int = 1):
        self.times = times

    def execute(self, inputs, outputs):
        import json, os, shutil, sys

        assert list(inputs) == ["First", "Second"] and inputs[1] == inputs.Second
        print("in", sorted(os.listdir(".")))
        print("warned", file=sys.stderr)
        with open(inputs.First, encoding="utf-8") as file:
            lines = file.readlines()
        shutil.copy(inputs["Second"], outputs["Copy"])
        with open(outputs[0], "w") as file:
            json.dump({"lines": len(lines) * self.times}, file)


class Fails(Count):
    def execute(self, inputs, outputs):
        raise ValueError("no such carrier: 雪")


class Skips(Count):
    def execute(self, inputs, outputs):
        class AirflowSkipException(Exception):
            pass

        raise AirflowSkipException("nothing to do")
`,
  "pipelines/daily.yaml": `dag: { name: daily }
tasks:
  show:
    operator_type: Show
    text: "a\\n\\"$x\\" {{ ds }} 雪"
    day: "{{ ds }}"
    at: 2026-01-02T03:04:05Z
    mode: exact
    window: { days: 3, since: 2026-01-01 }
    must: null
    flag: true
    tags: [b]
    pair: [2, "on {{ ds_nodash }}"]
    modes: [fast]
    weights: { UA: 1 }
    wait: 90
    either: x
    verbose: true
  count:
    operator_type: lines.Count
    inputs: { First: show, Second: show }
    times: 2
`,
};

test("the constructor gets what its annotations ask for, execute the paths", async () => {
  const root = makeFolder(workspace);
  const plan = planAt(root);
  const ran = await runPlan(root, plan);
  expect(printed(ran)).toEqual(["in ['base.py', 'lines.py', 'values.py']", "warned"]);
  expect(outcomes(ran.record)).toEqual({ show: "success", count: "success" });
  // A second run finds both in the cache, and a change of the code does not.
  expect(outcomes((await runPlan(root, plan)).record)).toEqual({ show: "cached", count: "cached" });
  writeFileSync(join(root, "operators/other/operator.yaml"), "operator: other\njob: { execution_script: 'false', code: . }\n");
  expect(outcomes((await runPlan(root, planAt(root))).record)).toEqual({ show: "cached", count: "cached" });
  writeFileSync(join(root, "operators/base.py"), `${workspace["operators/base.py"]}# changed\n`);
  expect(outcomes((await runPlan(root, planAt(root))).record)).toEqual({ show: "success", count: "success" });
});

test("values arrive as Python's", async () => {
  const root = makeFolder({
    ...workspace,
    "pipelines/daily.yaml": `${workspace["pipelines/daily.yaml"]}  tell:\n    operator_type: tell\n    inputs: { data: show }\n`,
    "operators/tell/operator.yaml": `operator: tell\ninputs: { data: { type: text } }\njob: { execution_script: 'cat "$INPUT_DATA"' }\n`,
  });
  const lines = printed(await runPlan(root, planAt(root))).filter((line) => /^\w+: /.test(line));
  expect(lines).toEqual([
    `text: 'a\\n"$x" 2026-01-15 雪'`,
    "day: datetime.date(2026, 1, 15)",
    "at: datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
    "mode: <Mode.EXACT: 'exact'>",
    "window: Window(days=3, since=datetime.date(2026, 1, 1))",
    "must: None",
    "number: 2.0",
    "flag: True",
    "tags: {'b'}",
    "pair: (2, 'on 20260115')",
    "modes: [<Mode.FAST: 'fast'>]",
    "weights: {'UA': 1.0}",
    "path: PosixPath('/tmp/x')",
    "wait: datetime.timedelta(seconds=90)",
    "either: 'x'",
    "exact: Decimal('0.1')",
    "kind: 'a'",
    "verbose: True",
  ]);
});

test("a failure is told as Python tells it, without the runner's own lines; a skip is a skip", async () => {
  const root = makeFolder({
    ...workspace,
    "pipelines/daily.yaml": `dag: { name: daily }
tasks:
  fails: { operator_type: Fails, inputs: { First: /etc/hostname, Second: /etc/hostname } }
  skips: { operator_type: Skips, inputs: { First: /etc/hostname, Second: /etc/hostname } }
`,
  });
  const ran = await runPlan(root, planAt(root));
  expect(outcomes(ran.record)).toEqual({ fails: "failed", skips: "skipped" });
  const lines = printed(ran);
  expect(lines).toContain("ValueError: no such carrier: 雪");
  expect(lines.filter((line) => line.includes("tradewind_runner"))).toEqual([]);
  expect(ran.record.tasks.fails?.message).toContain("no such carrier: 雪");
});

test("a pydantic model converts and checks by itself", async () => {
  const root = makeFolder({
    "tradewind.yaml": "vars: {}\n",
    "operators/models.py": `from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, Field


class Window(BaseModel):
    days: int = 1


class Show(BaseModel):
    OUTPUTS: ClassVar = [("Data", ".txt")]

    day: date
    threshold: float = Field(0.5, ge=0, le=1)
    columns: list[str] = Field(default_factory=list, alias="keep")
    window: Window = Window()

    def execute(self, inputs, outputs):
        print(repr(self))
        open(outputs.Data, "w").close()
`,
    "pipelines/daily.yaml": `dag: { name: daily }
tasks:
  show: { operator_type: Show, day: "{{ ds }}", keep: [a], window: { days: 3 } }
`,
  });
  const path = `${join(pythonEnvironment("airflow-3.3"), "bin")}:${process.env.PATH}`;
  const ran = await runPlan(root, planAt(root), { env: { ...process.env, PATH: path } });
  expect(printed(ran)).toEqual(["Show(day=datetime.date(2026, 1, 15), threshold=0.5, columns=['a'], window=Window(days=3))"]);
});
