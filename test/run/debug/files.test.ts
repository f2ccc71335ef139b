/** What is written for a run by hand gives bash the same values, whatever they are, and no secret. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Scratch } from "../../../src/launch/scratch.ts";
import { writeHandFiles } from "../../../src/run/debug/files.ts";

const anyValue = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll(/\0|\p{Surrogate}/gu, ""));
const anyVariables = fc.dictionary(fc.stringMatching(/^(PARAM|INPUT|OUTPUT)_[A-Z_]{1,8}$/), anyValue, { maxKeys: 6 });

test("again.sh gives the script its variables, and of secrets those of who calls it", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(anyVariables, anyValue, (variables, secret) => {
      const root = mkdtempSync(join(tmpdir(), "trade'wind $(x) "));
      try {
        mkdirSync(join(root, "work"));
        writeFileSync(join(root, "script.sh"), "pwd; env -0 > ../seen");
        const PATH = process.env.PATH ?? "/usr/bin:/bin";
        const passed = { PATH, HOME: "/home/me", PIP_INDEX_URL: "https://user:word@index" };
        const all = { ...passed, ...variables, PATH: `/own/bin:${PATH}`, AIRFLOW_CONN_DWH: `secret ${secret}` };
        const { again, left } = writeHandFiles({ root } as Scratch, all, passed, (name) => name === "AIRFLOW_CONN_DWH");
        expect(left).toEqual(["AIRFLOW_CONN_DWH"]);
        for (const name of ["env.sh", "again.sh"]) expect(readFileSync(join(root, name), "utf8")).not.toMatch(/user:word|secret /);
        const env = { PATH, HOME: "/home/other", AIRFLOW_CONN_DWH: "mine", UNRELATED: "x" };
        expect(spawnSync(again, { env, cwd: "/", encoding: "utf8" })).toMatchObject({
          status: 0,
          stderr: "",
          stdout: `${join(root, "work")}\n`,
        });
        const lines = readFileSync(join(root, "seen"), "utf8").split("\0").slice(0, -1);
        const seen = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
        const { _, PWD, OLDPWD, SHLVL, ...rest } = seen;
        expect(rest).toEqual({ ...variables, PATH: `/own/bin:${PATH}`, HOME: "/home/other", AIRFLOW_CONN_DWH: "mine" });
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});
