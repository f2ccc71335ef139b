/** Code folders and Python environments, made for real: with uv and with venv and pip, from packages made here (no index needed). */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { cache, pythonEnvironment } from "../../scripts/provision.mjs";
import { codeKey } from "../../src/protocol/layout.ts";
import type { PythonPlan } from "../../src/protocol/plan.ts";
import { tarFolder } from "../../src/workspace/pack.ts";
import { makeWheel as writeWheel } from "../packages/make-wheel.ts";
import { bundleLauncher, startLauncher } from "./launcher.ts";
import { type Bench, filesUnder, makeBench } from "./request.ts";

/** A wheel with one module and a command that prints `version`. */
function makeWheel(folder: string, version: string): string {
  const files = { "tiny.py": `def main():\n    print('tiny ${version}')\n` };
  return writeWheel(folder, { name: "tiny", version, files, commands: ["tiny = tiny:main"] });
}

const launcher = bundleLauncher();

// Whoever makes one of the project's environments has uv.
beforeAll(() => void pythonEnvironment("ruff"));

/** PATH with only what is named: `uv` from the project's own cache, or none. */
function pathWith(bench: Bench, uv: boolean): string {
  const bin = join(bench.folder, "bin");
  mkdirSync(bin);
  const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
  symlinkSync(python, join(bin, "python3"));
  if (uv) symlinkSync(join(cache, "uv", "bin", "uv"), join(bin, "uv"));
  return `${bin}:/usr/bin:/bin`.replace("/usr/bin", existsSync("/usr/bin/uv") && !uv ? "/nowhere" : "/usr/bin");
}

const wheelPlan = (wheel: string): PythonPlan => ({ packages: [`tiny @ file://${encodeURI(wheel)}`] });

describe.each([
  ["uv", true],
  ["venv and pip", false],
] as const)("with %s", (_, uv) => {
  test("an environment is made once and its bin comes first", async () => {
    const bench = makeBench();
    const env = { ...bench.deps.env, PATH: pathWith(bench, uv) };
    const python = wheelPlan(makeWheel(bench.folder, "1.0"));
    const script = "tiny; python -c \"import sys, os; print(sys.prefix == os.environ['VIRTUAL_ENV'])\"";
    const first = await bench.run({ script, python, effects: "writes" }, { env });
    expect(first.message).toBeUndefined();
    expect(bench.lines()).toEqual(["tiny 1.0", "True"]);
    const second = await bench.run({ script, python, effects: "writes" }, { env });
    expect(second.status).toBe("success");
    expect(second.usage.phases.environment).toBeLessThan(500);
    const other = await bench.run({ script: "tiny", python: wheelPlan(makeWheel(bench.folder, "2.0")), effects: "writes" }, { env });
    expect(other.status).toBe("success");
    expect(bench.lines().at(-1)).toBe("tiny 2.0");
    expect(readdirSync(join(bench.folder, "cache", "python")).filter((name) => name.endsWith(".ready"))).toHaveLength(2);
  });

  test("a package that is not there is named, and nothing half made stays", async () => {
    const bench = makeBench({ PIP_NO_INDEX: "1", UV_NO_INDEX: "1", UV_OFFLINE: "1" });
    const env = { ...bench.deps.env, PATH: pathWith(bench, uv) };
    const result = await bench.run({ python: { packages: ["no-such-package==9"] } }, { env });
    expect(result).toMatchObject({ status: "failed", reason: "code", exit_code: 69, retryable: true });
    expect(result.message).toContain("the Python environment with no-such-package==9 could not be made: ");
    expect(readdirSync(join(bench.folder, "cache", "python"))).toEqual([]);
  });
});

test("requirements.txt is read as pip reads it", async () => {
  const bench = makeBench();
  const env = { ...bench.deps.env, PATH: pathWith(bench, true) };
  const requirements = `# what the model needs\n${wheelPlan(makeWheel(bench.folder, "3.0")).packages[0]}\n`;
  await bench.run({ script: "tiny", python: { packages: [], requirements } }, { env });
  expect(bench.lines()).toEqual(["tiny 3.0"]);
});

test("an environment whose interpreter is gone is made again", async () => {
  const bench = makeBench();
  const env = { ...bench.deps.env, PATH: pathWith(bench, true) };
  const python = wheelPlan(makeWheel(bench.folder, "1.0"));
  await bench.run({ script: "tiny", python, effects: "writes" }, { env });
  const root = join(bench.folder, "cache", "python");
  const made = readdirSync(root).find((name) => !name.endsWith(".ready")) ?? "";
  rmSync(join(root, made, "bin", "python"));
  symlinkSync("/nonexistent/python", join(root, made, "bin", "python"));
  expect(await bench.run({ script: "tiny", python, effects: "writes" }, { env })).toMatchObject({ status: "success" });
});

test("an environment of which something is missing, or to which something was added, is made again", async () => {
  const bench = makeBench();
  const env = { ...bench.deps.env, PATH: pathWith(bench, true) };
  const python = wheelPlan(makeWheel(bench.folder, "1.0"));
  const root = join(bench.folder, "cache", "python");
  const run = async () => {
    expect(await bench.run({ script: "tiny", python, effects: "writes" }, { env })).toMatchObject({ status: "success" });
    const ready = join(root, readdirSync(root).find((name) => name.endsWith(".ready")) ?? "");
    // As if the last use had been yesterday: within the hour nobody looks.
    utimesSync(ready, new Date(), new Date(Date.now() - 86_400_000));
    return join(root, readFileSync(ready, "utf8").split(" ")[0] ?? "");
  };
  const first = await run();
  expect(await run()).toBe(first);
  rmSync(
    filesUnder(first)
      .map((file) => join(first, file))
      .find((file) => file.endsWith("/tiny.py")) ?? "",
  );
  const second = await run();
  expect(second).not.toBe(first);
  writeFileSync(join(second, "lib", "more.py"), "");
  expect(await run()).not.toBe(second);
});

test("what nobody used for a month goes when another is made", async () => {
  const bench = makeBench();
  const env = { ...bench.deps.env, PATH: pathWith(bench, true) };
  const root = join(bench.folder, "cache", "python");
  const run = (version: string) =>
    bench.run({ script: "tiny", python: wheelPlan(makeWheel(bench.folder, version)), effects: "writes" }, { env });
  await run("1.0");
  const [folder = "", ready = ""] = readdirSync(root).sort((a, b) => b.length - a.length);
  const days = (count: number) => new Date(Date.now() - count * 86_400_000);
  utimesSync(join(root, ready), days(29), days(29));
  await run("2.0");
  expect(existsSync(join(root, folder))).toBe(true);
  utimesSync(join(root, ready), days(31), days(31));
  await run("3.0");
  expect(readdirSync(root).filter((name) => name.startsWith(folder.slice(0, 32)))).toEqual([]);
  expect(readdirSync(root)).toHaveLength(4);
});

test("launchers that want one environment at once make it once", async () => {
  const bench = makeBench();
  const env = { PATH: pathWith(bench, false), XDG_CACHE_HOME: join(bench.folder, "shared") };
  const python = wheelPlan(makeWheel(bench.folder, "1.0"));
  const request = bench.request({ script: "tiny", python, effects: "writes", cache: { read: false, fresh: false, reads: false } });
  const ran = await Promise.all([1, 2, 3].map((n) => startLauncher(launcher, bench.folder, { ...request, task: `t${n}` }, env).done));
  for (const { code, stdout } of ran) expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("tiny 1.0") });
  expect(ran.filter(({ stdout }) => stdout.includes("making a Python environment"))).toHaveLength(1);
  expect(readdirSync(join(bench.folder, "shared/tradewind/python"))).toHaveLength(2);
});

test("a maker that was killed does not stop the next", async () => {
  const bench = makeBench();
  const env = { PATH: pathWith(bench, false), XDG_CACHE_HOME: join(bench.folder, "shared") };
  const python = wheelPlan(makeWheel(bench.folder, "1.0"));
  const request = bench.request({ script: "tiny", python, effects: "writes" });
  const first = startLauncher(launcher, bench.folder, request, env);
  while (!first.stdout().includes("making a Python environment")) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 500));
  first.child.kill("SIGKILL");
  await first.done;
  expect(await startLauncher(launcher, bench.folder, request, env).done).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("tiny 1.0"),
  });
});

test("a version that is not there is named", async () => {
  const bench = makeBench();
  const env = { ...bench.deps.env, PATH: pathWith(bench, false) };
  const result = await bench.run({ python: { version: "3.99", packages: [] } }, { env });
  expect(result).toMatchObject({ status: "failed", reason: "code", exit_code: 78, retryable: true });
  expect(result.message).toBe(
    "the job wants Python 3.99, but python3.99 is not on PATH; install it on this machine, or install uv, which brings its own",
  );
});

describe("code", () => {
  function publish(bench: Bench, tar: Uint8Array, name = createHash("sha256").update(tar).digest("hex")): string {
    const path = join(bench.store, codeKey(name));
    mkdirSync(join(bench.store, "code"), { recursive: true });
    writeFileSync(path, gzipSync(tar));
    return name;
  }

  test("a folder comes as it was packed, writable, and the cache cannot be damaged", async () => {
    const bench = makeBench();
    const source = join(bench.folder, "source");
    const deep = `${"deep/".repeat(30)}${"long name ".repeat(8)}é.txt`;
    mkdirSync(join(source, deep, ".."), { recursive: true });
    writeFileSync(join(source, deep), "deep");
    writeFileSync(join(source, "main.py"), "print('main')");
    writeFileSync(join(source, "run.sh"), "#!/bin/sh\necho run", { mode: 0o755 });
    writeFileSync(join(source, "empty"), "");
    const code = publish(bench, Buffer.concat([...tarFolder(source)]));
    const script = `./run.sh; python3 main.py; cat '${deep}'; echo; test ! -s empty; echo spoilt > main.py; rm -rf deep run.sh; ls`;
    for (const n of [1, 2])
      expect(await bench.run({ script, code, task: `t${n}`, effects: "writes" })).toMatchObject({ status: "success" });
    const once = ["run", "main", "deep", "empty", "main.py"];
    expect(bench.lines()).toEqual([...once, ...once]);
    expect(filesUnder(join(bench.folder, "cache", "code"))).toEqual([`${code}.tar`]);
  });

  test("a cache entry that is damaged is noticed and made again; one that is whole needs no store", async () => {
    const bench = makeBench();
    const source = join(bench.folder, "source");
    mkdirSync(source);
    writeFileSync(join(source, "main.py"), `print('main')${" ".repeat(5000)}`);
    const code = publish(bench, Buffer.concat([...tarFolder(source)]));
    const run = () => bench.run({ script: "python3 main.py", code, effects: "writes" });
    expect(await run()).toMatchObject({ status: "success" });
    const cached = join(bench.folder, "cache", "code", `${code}.tar`);
    const whole = readFileSync(cached);
    for (const damaged of [whole.subarray(0, 1024), Buffer.alloc(0), Buffer.from(whole).fill(0, 600, 700)]) {
      writeFileSync(cached, damaged);
      expect(await run()).toMatchObject({ status: "success" });
      expect(readFileSync(cached).equals(whole)).toBe(true);
    }
    rmSync(join(bench.store, codeKey(code)));
    expect(await run()).toMatchObject({ status: "success" });
    expect(bench.lines()).toEqual(["main", "main", "main", "main", "main"]);
  });

  test("what is not in the store, or not what its name says, is refused", async () => {
    const bench = makeBench();
    expect(await bench.run({ code: "0".repeat(64) })).toMatchObject({
      reason: "code",
      exit_code: 69,
      message: expect.stringContaining("tradewind publish"),
    });
    const wrong = publish(bench, Buffer.alloc(1024), "1".repeat(64));
    expect((await bench.run({ code: wrong })).message).toContain("does not have the digest in its name");
    writeFileSync(join(bench.store, codeKey("2".repeat(64))), "no gzip");
    expect((await bench.run({ code: "2".repeat(64) })).message).toContain("cannot be unpacked");
  });

  test.each([
    ["../outside", "0", "would leave the folder"],
    ["/absolute", "0", "would leave the folder"],
    ["a/../../b", "0", "would leave the folder"],
    ["link", "2", "link or a device"],
    ["hard", "1", "link or a device"],
    ["device", "3", "link or a device"],
  ])("an archive with %s of type %s %s", async (name, type, message) => {
    const bench = makeBench();
    const code = publish(bench, Buffer.concat([tarHeader(name, type), Buffer.alloc(1024)]));
    expect((await bench.run({ code })).message).toContain(message);
    expect(existsSync(join(bench.folder, "cache", "code", code))).toBe(false);
    expect(existsSync(join(bench.folder, "cache", "outside"))).toBe(false);
  });

  test("an archive that is cut short or damaged", async () => {
    const bench = makeBench();
    const damaged = tarHeader("a", "0");
    damaged[0] = 98;
    for (const tar of [tarHeader("a", "0", 5000), damaged, Buffer.from("nonsense".repeat(100)), Buffer.alloc(0)]) {
      const result = await bench.run({ code: publish(bench, tar) });
      expect(result).toMatchObject({ status: "failed", reason: "code" });
      expect(result.message).toMatch(/publish it again$/);
    }
  });
});

function tarHeader(name: string, type: string, size = 0): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return header;
}
