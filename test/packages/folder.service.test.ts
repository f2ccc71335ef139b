/** The relocatable folder: from any path, read-only, in images that lack what Node needs, and copied by itself. */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import packageFacts from "../../package.json" with { type: "json" };
import { makePackages } from "../../scripts/package.mjs";
import { filesUnder, makeBench, makeFolder } from "../launch/request.ts";
import { madePackages, runCommand } from "./made.ts";

const made = madePackages(["folder", "archive"]);
const path = "/usr/local/bin:/usr/bin:/bin";

/** A request whose script shows what it sees of the libraries, and starts a built-in operator, which comes back to the folder. */
function writeRequest(folder: string, store: string): string {
  const script = 'echo "libraries: ${LD_LIBRARY_PATH-none}"; tradewind builtin no_such || echo "builtin: $?"';
  const file = join(folder, "request.json");
  writeFileSync(file, JSON.stringify(makeBench().request({ script, store: { url: store } })));
  return file;
}

test("runs from any path, through links and from PATH", async () => {
  const folder = makeFolder();
  const moved = join(folder, "it's moved");
  cpSync(made.folder, moved, { recursive: true });
  mkdirSync(join(folder, "bin"));
  symlinkSync("../it's moved/tradewind", join(folder, "bin", "once"));
  symlinkSync(join(folder, "bin", "once"), join(folder, "bin", "tradewind"));
  const version = { code: 0, stdout: `${packageFacts.version}\n`, stderr: "" };
  expect(await runCommand([join(moved, "tradewind"), "--version"], {})).toMatchObject(version);
  expect(await runCommand([join(folder, "bin", "tradewind"), "--version"], { PATH: path })).toMatchObject(version);
  expect(await runCommand(["bash", "-c", "tradewind --version"], { PATH: `${join(folder, "bin")}:${path}` })).toMatchObject(version);
  expect(await runCommand(["sh", "tradewind", "--version"], { PATH: path }, moved)).toMatchObject(version);
});

test("the whole command line works from it", async () => {
  const folder = makeFolder();
  const env = { PATH: path, HOME: folder };
  expect(await runCommand([join(made.folder, "tradewind"), "init", "ws"], env, folder)).toMatchObject({ code: 0 });
  const workspace = join(folder, "ws");
  expect(await runCommand([join(made.folder, "tradewind"), "check"], env, workspace)).toMatchObject({ code: 0 });
  const ran = await runCommand([join(made.folder, "tradewind"), "run", "hello"], env, workspace);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
});

test("mounted read-only, it changes nothing and lacks nothing", async () => {
  const folder = makeFolder();
  const mounted = join(folder, "mounted");
  mkdirSync(mounted);
  const request = writeRequest(folder, join(folder, "store"));
  const script = `
    mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" || exit 50
    ! touch "$2/x" 2>/dev/null || exit 51
    exec "$2/tradewind" launch --request "$3"`;
  const env = { PATH: path, HOME: folder, TMPDIR: folder };
  const ran = await runCommand(["unshare", "-m", "sh", "-c", script, "sh", made.folder, mounted, request], env);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("libraries: none\n") });
  expect(ran.stdout).toContain("builtin: 64\n");
});

test("the archive holds the folder, and the same bytes come of the same sources", async () => {
  const listed = spawnSync("tar", ["-tvzf", made.archive], { encoding: "utf8" }).stdout.trim().split("\n");
  const name = basename(made.folder);
  expect(listed.filter((line) => !line.endsWith("/"))).toHaveLength(filesUnder(made.folder).length);
  expect(listed.every((line) => line.includes(` ${name}/`) && line.includes(" 0/0 ") && line.includes(" 1970-01-01 "))).toBe(true);
  const again = await makePackages(join(made.root, "again"), ["folder"]);
  expect(readFileSync(join(again.folder, "release"), "utf8")).toBe(readFileSync(join(made.folder, "release"), "utf8"));
  expect(readFileSync(join(made.folder, "app", "NOTICES"), "utf8")).toMatch(/^yaml \d/m);
});

describe("in an image", () => {
  /** A root with bash, the programs that a launcher and its script use, and glibc. */
  function makeImage(): string {
    const image = makeFolder();
    for (const folder of ["tmp", "dev", "proc", "opt", "usr/bin"]) mkdirSync(join(image, folder), { recursive: true });
    symlinkSync("usr/bin", join(image, "bin"));
    for (const name of ["bash", "sh", "cat", "readlink", "mktemp", "mkdir", "cp", "chmod", "mv", "rm", "ln", "find", "sleep", "grep"]) {
      const program = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
      copyFileSync(program, join(image, "usr/bin", name));
      copyLibraries(program, image);
    }
    copyLibraries(join(made.folder, "bin/node"), image);
    return image;
  }

  function copyLibraries(program: string, image: string): void {
    const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
    for (const [, library = ""] of stdout.matchAll(/(\/\S+) \(0x/g)) {
      if (/libstdc\+\+|libgcc_s/.test(library)) continue;
      mkdirSync(join(image, dirname(library)), { recursive: true });
      copyFileSync(library, join(image, library));
    }
  }

  const inImage = (image: string, ...command: string[]) =>
    runCommand(
      [
        "unshare",
        "-m",
        "-p",
        "-f",
        "sh",
        "-c",
        'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$@"',
        "sh",
        image,
        ...command,
      ],
      {
        PATH: "/usr/sbin:/usr/bin:/bin:/sbin",
        TMPDIR: "/tmp",
      },
    );

  test("without libstdc++ its own serves, for Node alone", async () => {
    const image = makeImage();
    expect(filesUnder(image).filter((file) => file.includes("libstdc++"))).toEqual([]);
    cpSync(made.folder, join(image, "opt/tradewind"), { recursive: true });
    const request = writeRequest(image, "/tmp/store");
    const ran = await inImage(image, "/opt/tradewind/tradewind", "launch", "--request", `/${basename(request)}`);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("libraries: none\n");
    expect(ran.stdout).toContain("builtin: 64\n");
  });

  test("without glibc it says so", async () => {
    const image = makeImage();
    cpSync(made.folder, join(image, "opt/tradewind"), { recursive: true });
    // glibc's loader is out of sight, as in an image of another C library; it is still what starts this test's own shell.
    copyFileSync(join(image, "lib64/ld-linux-x86-64.so.2"), join(image, "loader"));
    const hidden = ["/loader", "/usr/bin/sh", "/opt/tradewind/tradewind", "--version"];
    const script = 'mount --bind "$1/tmp" "$1/lib64" && exec chroot "$@"';
    const ran = await runCommand(["unshare", "-m", "sh", "-c", script, "sh", image, ...hidden], { PATH: "/usr/sbin:/usr/bin:/bin:/sbin" });
    expect(ran).toMatchObject({ code: 78, stderr: expect.stringContaining("has no glibc") });
  });
});

describe("install", () => {
  const install = (folder: string, ...words: string[]) => runCommand([join(folder, "tradewind"), "install", ...words], { PATH: path });
  let release = "";
  beforeAll(() => {
    release = readFileSync(join(made.folder, "release"), "utf8").trim();
  });

  test("copies the folder, and again changes nothing", async () => {
    const target = join(makeFolder(), "not there", "yet");
    expect(await install(made.folder, target)).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(readdirSync(target).sort()).toEqual([release, "tradewind"].sort());
    expect(readlinkSync(join(target, "tradewind"))).toBe(`${release}/tradewind`);
    expect(filesUnder(join(target, release))).toEqual(filesUnder(made.folder));
    expect((await runCommand([join(target, "tradewind"), "--version"], {})).stdout).toBe(`${packageFacts.version}\n`);
    writeFileSync(join(target, release, "mark"), "");
    expect(await install(made.folder, target)).toMatchObject({ code: 0 });
    expect(existsSync(join(target, release, "mark"))).toBe(true);
    // What was copied can copy itself further.
    const further = join(makeFolder(), "further");
    expect(await install(target, further)).toMatchObject({ code: 0 });
    expect((await runCommand([join(further, "tradewind"), "--version"], {})).stdout).toBe(`${packageFacts.version}\n`);
  });

  test("of another version leaves the old one to those who run it", async () => {
    const target = join(makeFolder(), "target");
    const newer = join(makeFolder(), "newer");
    cpSync(made.folder, newer, { recursive: true });
    writeFileSync(join(newer, "release"), "tradewind-9\n");
    expect(await install(made.folder, target)).toMatchObject({ code: 0 });
    expect(await install(newer, target)).toMatchObject({ code: 0 });
    expect(readdirSync(target).sort()).toEqual([release, "tradewind", "tradewind-9"].sort());
    expect(readlinkSync(join(target, "tradewind"))).toBe("tradewind-9/tradewind");
  });

  test("by many at once", async () => {
    const target = join(makeFolder(), "target");
    const ran = await Promise.all(Array.from({ length: 4 }, () => install(made.folder, target)));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array.from({ length: 4 }, () => ({ code: 0, stderr: "" })));
    expect(readdirSync(target).sort()).toEqual([release, "tradewind"].sort());
    expect(readdirSync(join(target, release))).not.toContain(release);
  });

  test("that was killed leaves nothing that looks whole, and the next one is", async () => {
    const target = join(makeFolder(), "target");
    for (const wait of [5, 20, 40, 60, 90]) {
      const child = spawn(join(made.folder, "tradewind"), ["install", target], { env: { PATH: path }, stdio: "ignore", detached: true });
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // It was done already.
      }
      if (!existsSync(join(target, "tradewind"))) continue;
      expect((await runCommand([join(target, "tradewind"), "--version"], {})).stdout).toBe(`${packageFacts.version}\n`);
    }
    expect(await install(made.folder, target)).toMatchObject({ code: 0 });
    expect(filesUnder(join(target, release))).toEqual(filesUnder(made.folder));
  });

  test("says what is wrong", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "file"), "");
    expect(await install(made.folder)).toMatchObject({ code: 64, stderr: "tradewind install: give one folder: tradewind install DIR\n" });
    expect(await install(made.folder, join(folder, "file"))).toMatchObject({ code: 71, stderr: expect.stringContaining("cannot be made") });
  });

  test("on a full disk leaves no part behind", async () => {
    const small = join(makeFolder(), "small");
    mkdirSync(small);
    const script = 'mount -t tmpfs -o size=20m tmpfs "$2" && { "$1/tradewind" install "$2"; echo "$?"; ls -A "$2"; }';
    const ran = await runCommand(["unshare", "-m", "sh", "-c", script, "sh", made.folder, small], { PATH: path });
    expect(ran).toMatchObject({ stdout: "71\n", stderr: expect.stringContaining("cannot be copied into") });
  });
});
