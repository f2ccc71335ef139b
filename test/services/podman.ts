/** Real containers for one test file: Debian's podman with a storage of its own, and an image made of this machine's own programs. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { debianProgram } from "../../scripts/provision.mjs";

export interface Podman {
  /** CONTAINERS_CONF and CONTAINERS_STORAGE_CONF, for podman and whoever starts it. */
  readonly env: { readonly CONTAINERS_CONF: string; readonly CONTAINERS_STORAGE_CONF: string };
  /** Runs `podman …`; its standard output. Throws with what it said. */
  run(args: readonly string[], input?: Buffer): string;
  /** Makes an image from a folder; `changes` are lines of a Dockerfile. */
  importImage(name: string, folder: string, changes?: readonly string[]): void;
  /** Makes an image of this machine's programs: glibc, bash, what scripts use, and the C++ library where it is wanted. */
  makeImage(name: string, more?: { readonly cxx: boolean }): void;
  /** Docker's API on a free port of 127.0.0.1: `tcp://127.0.0.1:port`. */
  serve(): Promise<string>;
  /** Ids of all containers, also those that ended. */
  containers(): readonly string[];
  stop(): void;
}

const conf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
cgroupns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

export function startPodman(): Podman {
  const podman = debianProgram("podman", "podman");
  debianProgram("runc", "runc");
  debianProgram("catatonit", "catatonit");
  const folder = mkdtempSync(join(tmpdir(), "tradewind-podman-"));
  const storage = `[storage]\ndriver = "vfs"\nrunroot = "${folder}/run"\ngraphroot = "${folder}/storage"\n`;
  writeFileSync(join(folder, "containers.conf"), conf);
  writeFileSync(join(folder, "storage.conf"), storage);
  const env = { CONTAINERS_CONF: join(folder, "containers.conf"), CONTAINERS_STORAGE_CONF: join(folder, "storage.conf") };
  let service: ChildProcess | undefined;
  const run = (args: readonly string[], input?: Buffer): string => {
    const done = spawnSync(podman, args, { env: { ...process.env, ...env }, encoding: "utf8", input, maxBuffer: 256 << 20 });
    if (done.status !== 0) throw new Error(`podman ${args.join(" ")} ended with ${done.status}: ${done.stderr}`);
    return done.stdout;
  };
  const containers = () =>
    run(["ps", "--all", "--quiet"])
      .split("\n")
      .filter((line) => line !== "");
  const importImage = (name: string, root: string, changes: readonly string[] = []) => {
    const archive = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1 << 30 });
    if (archive.status !== 0) throw new Error(`tar ended with ${archive.status}: ${archive.stderr}`);
    run(["import", "--quiet", ...changes.flatMap((line) => ["--change", line]), "-", name], archive.stdout);
  };
  return {
    env,
    run,
    containers,
    importImage,
    makeImage(name, { cxx } = { cxx: true }) {
      const root = join(folder, "root");
      fillRoot(root, cxx ? [...libc, ...libcxx] : libc);
      importImage(name, root, ["ENV PATH=/usr/bin:/bin"]);
      rmSync(root, { recursive: true });
    },
    async serve() {
      const url = `tcp://127.0.0.1:${await freePort()}`;
      service = spawn(podman, ["system", "service", "--time", "0", url], { env: { ...process.env, ...env }, stdio: "ignore" });
      await until(url);
      return url;
    },
    stop() {
      service?.kill("SIGTERM");
      const left = containers();
      if (left.length > 0) run(["rm", "--force", "--time", "0", ...left]);
      spawnSync(podman, ["pod", "rm", "--all", "--force"], { env: { ...process.env, ...env } });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const programs =
  "bash dash sh awk cat chmod cp cut date dd env find grep head id ln ls mkdir mktemp mv readlink rm sed sleep sort stat tail touch tr wc".split(
    " ",
  );
/** What a whole glibc has beside what programs name. */
const libc = ["libdl.so.2", "libpthread.so.0", "libm.so.6", "librt.so.1"];
const libcxx = ["libstdc++.so.6", "libgcc_s.so.1"];

function fillRoot(root: string, libraries: readonly string[]): void {
  for (const name of ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr"]) mkdirSync(join(root, name), { recursive: true });
  symlinkSync("../bin", join(root, "usr/bin"));
  const shells = spawnSync("bash", ["-c", 'for name; do type -P "$name"; done', "bash", ...programs], { encoding: "utf8" });
  const needed = new Set<string>();
  for (const path of shells.stdout.trim().split("\n")) {
    const real = realpathSync(path);
    copyFileSync(real, join(root, "bin", path.slice(path.lastIndexOf("/") + 1)));
    for (const library of spawnSync("ldd", [real], { encoding: "utf8" }).stdout.match(/\/\S+/g) ?? []) needed.add(library);
  }
  const ofNode = spawnSync("ldd", [process.execPath], { encoding: "utf8" }).stdout.match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    const path = ofNode.find((one) => one.endsWith(`/${library}`));
    if (path) needed.add(path);
  }
  for (const path of needed) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(realpathSync(path), join(root, path));
  }
  writeFileSync(join(root, "etc/where"), "the image\n");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** Waits until the API answers. */
async function until(url: string): Promise<void> {
  const ping = url.replace("tcp:", "http:");
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${ping}/_ping`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("podman's service did not answer in 20 s");
}

/** Command lines and environments of all processes whose command line holds `word`. */
export function processesLike(word: string): readonly { readonly pid: number; readonly command: string }[] {
  const found = spawnSync("pgrep", ["-f", word], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line !== "");
  return found.flatMap((pid) => {
    try {
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
    } catch {
      return [];
    }
  });
}
