import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { buildProgram, runProgram } from "../run/program.ts";
import { makeFolder } from "../workspace/temporary.ts";

const bin = await buildProgram();

/** A cache with one thing of each kind, last used so many days ago. */
function fill(cache: string, days: number): void {
  const key = "0123456789abcdef0123456789abcdef";
  const files = {
    [`code/${"c".repeat(64)}.tar`]: "x".repeat(2048),
    [`python/${key}-1111/lib/a.py`]: "x".repeat(1000),
    [`python/${key}.ready`]: `${key}-1111 1 1000`,
    "launcher/tradewind==0.0.1/bin/tradewind": "x".repeat(500),
    "launcher/tradewind==0.0.1/ready": "",
  };
  const used = new Date(Date.now() - days * 86_400_000);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cache, name)), { recursive: true });
    writeFileSync(join(cache, name), text);
    utimesSync(join(cache, name), used, used);
  }
}

test("what launchers keep here is told and cleared, by when it was last used", async () => {
  const home = makeFolder({ "ws/tradewind.yaml": "" });
  const own = join(home, ".cache/tradewind");
  const local = join(home, "ws/.tradewind/cache");
  fill(own, 3);
  fill(local, 40);
  const shown = await runProgram(bin, home, ["cache", "du", "-C", "ws"]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout.replaceAll(home, "~")).toMatch(/^~\/\.cache\/tradewind {2}3\.5 kB$/m);
  expect(shown.stdout.match(/used {3}3 days ago/g)).toHaveLength(3);
  expect(shown.stdout.match(/used {2}40 days ago/g)).toHaveLength(3);
  expect(shown.stdout).toMatch(/launcher +500 B .* tradewind==0\.0\.1$/m);

  const cleared = await runProgram(bin, home, ["cache", "clear", "--older-than", "7d", "-C", "ws"]);
  expect(cleared.stdout.replaceAll(home, "~")).toBe("~/.cache/tradewind  0 removed, 0 B\n~/ws/.tradewind/cache  3 removed, 3.5 kB\n");
  expect(existsSync(join(local, "code", `${"c".repeat(64)}.tar`))).toBe(false);
  expect(existsSync(join(local, "launcher/tradewind==0.0.1"))).toBe(false);
  expect((await runProgram(bin, home, ["cache", "clear"])).stdout).toContain("3 removed, 3.5 kB");
  expect((await runProgram(bin, home, ["cache", "du"])).stdout).toBe(`${own}  0 B\n`);
});

test("what a task may still run from is not removed", async () => {
  const home = makeFolder();
  fill(join(home, ".cache/tradewind"), 0);
  expect((await runProgram(bin, home, ["cache", "clear"])).stdout).toContain("0 removed");
  expect(await runProgram(bin, home, ["cache", "clear", "--older-than", "1h"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("expected one day at least"),
  });
});
