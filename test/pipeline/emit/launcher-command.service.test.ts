/** The command that brings the launcher to a worker by pip, run by bash with a real venv and a wheel made here. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { launcherCommand } from "../../../src/pipeline/emit/launcher-command.ts";

const folder = mkdtempSync(join(tmpdir(), "tradewind-pip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("fake_tradewind.py", "import sys\\ndef main():\\n    print('launched', sys.argv[1:], repr(sys.stdin.read()))\\n    return 7\\n")
    info = "tradewind-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tradewind\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ntradewind = fake_tradewind:main\\n")
    wheel.writestr(info + "RECORD", "")
`;

function launch(command: string): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: join(folder, "cache folder") };
    const child = spawn("bash", ["-c", command], { env, stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

test("two tasks at once make one environment, and pass the exit code on", async () => {
  const wheel = join(folder, "tradewind-1.0-py3-none-any.whl");
  expect(spawnSync("python3", ["-c", makeWheel, wheel]).status).toBe(0);
  const command = launcherCommand({ kind: "pip", requirement: wheel });
  const both = await Promise.all([launch(command), launch(command)]);
  for (const { code, output } of both) expect({ code, output }).toEqual({ code: 7, output: "launched ['launch'] ''\n" });
  const started = Date.now();
  expect((await launch(command)).code).toBe(7);
  expect(Date.now() - started).toBeLessThan(3000);
});

test("a requirement that cannot be installed ends with 69 and leaves nothing that looks ready", async () => {
  const command = launcherCommand({ kind: "pip", requirement: join(folder, "missing-1.0-py3-none-any.whl") });
  expect((await launch(command)).code).toBe(69);
  expect((await launch(command)).code).toBe(69);
});

test("a command is one word of the shell", () => {
  expect(launcherCommand({ kind: "command", command: "tradewind" })).toBe("exec tradewind launch </dev/null");
  expect(launcherCommand({ kind: "command", command: "/opt/it's here/tw" })).toBe("exec '/opt/it'\\''s here/tw' launch </dev/null");
});
