/**
 * What reaches a laptop or a worker, made into packages/ (ignored by git): `npm run package [-- wheel npm folder archive]`, all without names.
 *
 *   wheel    tradewind-<version>-py3-none-any.whl, for a Python package index
 *   npm      tradewind-<version>.tgz, for npm
 *   folder   tradewind-<version>-linux-<arch>/, for init containers and hosts
 *   archive  the folder as .tar.gz
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleApp } from "./bundle.mjs";
import { ProvisionError, packages, root } from "./provision.mjs";
import { writeRelocatable } from "./relocatable.mjs";
import { writeWheel } from "./wheel.mjs";

const kinds = ["wheel", "npm", "folder", "archive"];

/** Makes the packages named in `wanted` in the folder `out`; answers with the path of each. */
export async function makePackages(out, wanted = kinds) {
  mkdirSync(out, { recursive: true });
  const scratch = mkdtempSync(join(out, ".making-"));
  try {
    const app = join(scratch, "app");
    await bundleApp(app);
    const made = {};
    if (wanted.includes("wheel")) made.wheel = put(writeWheel(app, scratch), scratch, out);
    if (wanted.includes("npm")) made.npm = put(packForNpm(app, scratch), scratch, out);
    if (wanted.includes("folder") || wanted.includes("archive")) {
      const folder = writeRelocatable(app, scratch);
      if (wanted.includes("archive")) made.archive = put(pack(folder, scratch), scratch, out);
      made.folder = put(folder, scratch, out);
    }
    return made;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Moves what was made in `scratch` to its place, over what an earlier call made. */
function put(path, scratch, out) {
  const place = join(out, path.slice(scratch.length + 1));
  rmSync(place, { recursive: true, force: true });
  renameSync(path, place);
  return place;
}

/** package.json without what only this repository needs: all that runs is in the bundle, so npm has nothing else to fetch. */
function packForNpm(app, scratch) {
  const { name, version, description, license, type, engines, bin, files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = join(scratch, "npm");
  cpSync(app, join(folder, "dist"), { recursive: true });
  for (const file of files.filter((one) => one !== "dist" && existsSync(join(root, one)))) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name, version, description, license, type, engines, bin, files }, null, 2)}\n`,
  );
  command("npm", ["pack", "--silent", "--pack-destination", scratch], folder);
  return join(scratch, `${name}-${version}.tgz`);
}

/** The same names, owners and times wherever it is made; gzip's own bytes may differ between its versions. */
function pack(folder, scratch) {
  const name = folder.slice(scratch.length + 1);
  const file = `${folder}.tar.gz`;
  const steady = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rw,go+r-w"];
  command("tar", ["-czf", file, ...steady, "-C", scratch, name], scratch);
  return file;
}

function command(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, GZIP: undefined } });
  if (done.error) throw new ProvisionError(`${program} cannot be run: ${done.error.message}`);
  if (done.status !== 0) throw new ProvisionError(`${program} ${args.join(" ")} failed:\n${done.stdout}${done.stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const wanted = process.argv.slice(2);
    const unknown = wanted.find((kind) => !kinds.includes(kind));
    if (unknown !== undefined) throw new ProvisionError(`There is no package "${unknown}"; there are ${kinds.join(", ")}.`);
    packages();
    for (const path of Object.values(await makePackages(join(root, "packages"), wanted.length > 0 ? wanted : undefined))) console.log(path);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
