import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launcherCommand, launcherVariables } from "../../../src/pipeline/emit/launcher-command.ts";
import type { LauncherPlan } from "../../../src/protocol/plan.ts";

test("a command is one word of the shell", () => {
  expect(launcherCommand({ kind: "command", command: "tradewind" })).toBe("exec tradewind launch </dev/null");
  expect(launcherCommand({ kind: "command", command: "/opt/it's here/tw" })).toBe("exec '/opt/it'\\''s here/tw' launch </dev/null");
});

test("the login of an index is asked for only by who installs the launcher from it", () => {
  const pip: LauncherPlan = { kind: "pip", requirement: "tradewind==1.0" };
  const package_index = { index_url: "https://pypi.company/simple", connection: "py-pi" };
  expect(launcherVariables({ launcher: pip, package_index })).toEqual([
    {
      name: "TRADEWIND_SECRET_INDEX_LOGIN",
      text: "{{ conn.get('py-pi').get_uri().split('@')[0].split('://')[-1] }}",
      template: true,
    },
  ]);
  expect(launcherVariables({ launcher: pip, package_index: { find_links: ["/mnt/wheels"] } })).toEqual([]);
  expect(launcherVariables({ launcher: pip })).toEqual([]);
  expect(launcherVariables({ launcher: { kind: "command", command: "tradewind" }, package_index })).toEqual([]);
});

test("without a home a folder of our own in TMPDIR is used, but no link to one, which may lead elsewhere a moment later", () => {
  const tmp = mkdtempSync(join(tmpdir(), "tradewind test "));
  onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
  const folder = join(tmp, `tradewind-${process.getuid?.()}`);
  const bin = join(folder, "launcher/tradewind==1.0/bin");
  mkdirSync(bin, { recursive: true });
  for (const program of ["python", "tradewind"]) writeFileSync(join(bin, program), '#!/bin/sh\necho "ran $1"\n', { mode: 0o755 });
  writeFileSync(join(bin, "../ready"), "");
  const command = launcherCommand({ kind: "pip", requirement: "tradewind==1.0" });
  const run = () =>
    spawnSync("bash", ["-c", command], {
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", TMPDIR: tmp },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  expect(run()).toMatchObject({ status: 0, stdout: "ran launch\n" });
  renameSync(folder, join(tmp, "elsewhere"));
  symlinkSync(join(tmp, "elsewhere"), folder);
  expect(run()).toMatchObject({
    status: 71,
    stdout: "",
    stderr: expect.stringContaining("neither HOME nor TMPDIR has a folder of this user"),
  });
});
