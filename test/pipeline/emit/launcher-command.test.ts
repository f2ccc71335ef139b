import { expect, test } from "vitest";
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
