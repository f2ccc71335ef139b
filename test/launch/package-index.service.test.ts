/** The settings' package index: asked by uv and by pip alike, with a login that nobody else sees. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cache, uv } from "../../scripts/provision.mjs";
import type { PackageIndexPlan } from "../../src/protocol/plan.ts";
import { makeWheel } from "../packages/make-wheel.ts";
import { servePackages } from "../packages/package-index.ts";
import { anyFileHolds, type Bench, makeBench } from "./request.ts";

beforeAll(() => void uv());

function tiny(folder: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  makeWheel(folder, {
    name: "tiny",
    version,
    files: { "tiny.py": `def main():\n    print("tiny ${version}")\n` },
    commands: ["tiny = tiny:main"],
  });
  return folder;
}

/** A PATH with or without uv, and variables of a worker that is set to an index which nobody reaches. */
function makeWorker(withUv: boolean): Bench {
  const elsewhere = "http://127.0.0.1:9/simple";
  const bench = makeBench({
    PIP_INDEX_URL: elsewhere,
    PIP_NO_INDEX: "1",
    UV_INDEX_URL: elsewhere,
    UV_DEFAULT_INDEX: elsewhere,
    UV_OFFLINE: "0",
  });
  const bin = join(bench.folder, "bin");
  mkdirSync(bin);
  symlinkSync(spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim(), join(bin, "python3"));
  if (withUv) symlinkSync(join(cache, "uv", "bin", "uv"), join(bin, "uv"));
  Object.assign(bench.deps.env, { PATH: `${bin}:/usr/bin:/bin`, HOME: bench.folder });
  return bench;
}

describe.each([
  ["uv", true],
  ["pip", false],
] as const)("by %s", (_, withUv) => {
  const install = (bench: Bench, package_index: PackageIndexPlan, connection?: string, packages = ["tiny"]) =>
    bench.run(
      { script: "tiny; env | grep -c -i kanarie || true", python: { packages }, package_index, effects: "writes" },
      { env: { ...bench.deps.env, ...(connection !== undefined && { TRADEWIND_SECRET_CONN_PYPI: connection }) } },
    );

  test("of all indexes the newest version is taken, whatever the worker is set to", async () => {
    const bench = makeWorker(withUv);
    const first = await servePackages([tiny(join(bench.folder, "one"), "1.0")]);
    const second = await servePackages([tiny(join(bench.folder, "two"), "2.0")]);
    expect(await install(bench, { index_url: first.url })).toMatchObject({ status: "success" });
    expect(bench.lines()).toEqual(["tiny 1.0", "0"]);
    expect(await install(bench, { index_url: first.url, extra_index_urls: [second.url] })).toMatchObject({ status: "success" });
    expect(bench.lines().slice(2)).toEqual(["tiny 2.0", "0"]);
  });

  test("a folder of wheels is all there is when no index is named", async () => {
    const bench = makeWorker(withUv);
    const find_links = [tiny(join(bench.folder, "our, wheels"), "3.0")];
    expect(await install(bench, { find_links })).toMatchObject({ status: "success" });
    expect(bench.lines()[0]).toBe("tiny 3.0");
    const missing = await install(bench, { find_links }, undefined, ["tiny", "no-such-package"]);
    expect(missing).toMatchObject({ status: "failed", reason: "code", exit_code: 69, retryable: true });
    expect(missing.message).toContain("no-such-package");
  });

  test("a login comes from the connection, and is in no file, no output, and not the script's", async () => {
    const bench = makeWorker(withUv);
    const password = 'kanarie/p@ss+wo:rd%"$x';
    const index = await servePackages([tiny(join(bench.folder, "wheels"), "1.0")], { login: `us er:${password}` });
    const uri = (secret: string) => `http://us%20er:${encodeURIComponent(secret)}@pypi.company/https`;
    const settings = { index_url: index.url, connection: "pypi" };
    expect(await install(bench, settings)).toMatchObject({
      status: "failed",
      reason: "missing-connection",
      message: expect.stringContaining('connection "pypi" is not there'),
    });
    expect(await install(bench, settings, uri("wrong-kanarie"))).toMatchObject({ status: "failed", reason: "code" });
    expect(await install(bench, settings, "no connection")).toMatchObject({ status: "failed", reason: "missing-connection" });
    expect(await install(bench, settings, uri(password))).toMatchObject({ status: "success" });
    expect(bench.lines()).toEqual(["tiny 1.0", "0"]);
    expect(JSON.stringify(bench.events)).not.toContain("kanarie/");
    expect(JSON.stringify(bench.events)).not.toContain(encodeURIComponent(password));
    expect(JSON.stringify(bench.events)).not.toContain("wrong-kanarie");
    for (const text of ["kanarie/p", encodeURIComponent(password), "wrong-kanarie"])
      expect(anyFileHolds(bench.folder, text)).toBeUndefined();
  });

  test("an index that is away is named", async () => {
    const bench = makeWorker(withUv);
    Object.assign(bench.deps.env, { PIP_RETRIES: "0", UV_HTTP_RETRIES: "0" });
    const away = "http://127.0.0.1:9/simple";
    expect(await install(bench, { index_url: away })).toMatchObject({
      status: "failed",
      retryable: true,
      message: expect.stringContaining(`the Python environment with tiny from ${away} could not be made: `),
    });
  });
});
