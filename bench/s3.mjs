/**
 * Big and small artifacts to S3 and back, against rclone and the AWS CLI, on one server (versitygw, over a folder) and in one run.
 * Each copy is a process of its own; wall time, CPU and memory are the process's. Ours makes the digest of what it downloads besides.
 * All lies in memory where the system has such a folder, so that no disk decides. BENCH_MB, BENCH_TURNS and BENCH_FOLDER change that.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { debianProgram, goProgram, ProvisionError, pythonEnvironment, root } from "../scripts/provision.mjs";

const megabytes = Number(process.env.BENCH_MB ?? 1000);
const turns = Number(process.env.BENCH_TURNS ?? 3);
const many = 1000;

const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir()), "tradewind-bench-s3-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const at = (name) => join(folder, name);

const programs = provide();
const keys = { AWS_ACCESS_KEY_ID: "bench", AWS_SECRET_ACCESS_KEY: "bench-secret" };
const server = await startServer(programs.versitygw);
const environment = {
  PATH: process.env.PATH,
  HOME: folder,
  ...keys,
  AWS_REGION: "us-east-1",
  AWS_ENDPOINT_URL: server.endpoint,
  AWS_CONFIG_FILE: at("aws-config"),
  BENCH_STORE: "s3://bench",
  BENCH_ENDPOINT: server.endpoint,
  RCLONE_CONFIG: "/dev/null",
  RCLONE_CONFIG_S_TYPE: "s3",
  RCLONE_CONFIG_S_PROVIDER: "Other",
  RCLONE_CONFIG_S_ENV_AUTH: "true",
  RCLONE_CONFIG_S_ENDPOINT: server.endpoint,
  RCLONE_CONFIG_S_REGION: "us-east-1",
};
// Each peer with what makes it fastest here: as many parts and files at once as ours has.
writeFileSync(at("aws-config"), "[default]\ns3 =\n  max_concurrent_requests = 16\n  multipart_chunksize = 8MB\n");
const rclone = [
  programs.rclone,
  "--s3-no-check-bucket",
  "--s3-upload-concurrency=6",
  "--s3-chunk-size=8M",
  "--multi-thread-streams=6",
  "--transfers=16",
  "--checkers=16",
];
const aws = [programs.aws, "s3", "cp", "--only-show-errors"];

await bundleCopy();
await makeFiles();
run([programs.aws, "s3api", "create-bucket", "--bucket", "bench"]);

const ours = [process.execPath, at("copy.js")];
const tools = {
  tradewind: {
    up: (from, key) => run([...ours, "up", from, key]),
    down: (key, to) => run([...ours, "down", to, key]),
    upMany: (from, key) => run([...ours, "up", from, key]),
    downMany: (key, to) => run([...ours, "down", to, key], { BENCH_MANY: String(many) }),
  },
  rclone: {
    up: (from, key) => run([...rclone, "copyto", from, `s:bench/${key}`]),
    down: (key, to) => run([...rclone, "copyto", `s:bench/${key}`, to]),
    upMany: (from, key) => run([...rclone, "copy", from, `s:bench/${key}`]),
    downMany: (key, to) => run([...rclone, "copy", `s:bench/${key}`, to]),
  },
  "aws s3 cp": {
    up: (from, key) => run([...aws, from, `s3://bench/${key}`]),
    down: (key, to) => run([...aws, `s3://bench/${key}`, to]),
    upMany: (from, key) => run([...aws, "--recursive", from, `s3://bench/${key}`]),
    downMany: (key, to) => run([...aws, "--recursive", `s3://bench/${key}`, to]),
  },
};
const works = [
  { name: `${megabytes} MB up`, work: (tool, key) => tool.up(at("big"), `${key}/big`) },
  { name: `${megabytes} MB down`, work: (tool, key) => checked(tool.down(`${key}/big`, at("down")), at("down"), bigDigest) },
  { name: `${many} small up`, work: (tool, key) => tool.upMany(at("small"), `${key}/small`) },
  { name: `${many} small down`, work: (tool, key) => counted(tool.downMany(`${key}/small`, at("down")), at("down")) },
];

let lost = 0;
const rows = [];
for (const { name, work } of works) {
  const figures = Object.fromEntries(Object.keys(tools).map((tool) => [tool, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [tool, copies] of Object.entries(tools)) {
      // A key of its own for each upload: rclone leaves out what is there already.
      figures[tool].push(work(copies, `${tool.replaceAll(" ", "-")}-${name.endsWith("up") ? turn : 0}`));
      rmSync(at("down"), { recursive: true, force: true });
    }
  }
  const best = Object.fromEntries(Object.entries(figures).map(([tool, all]) => [tool, all.reduce((a, b) => (a.wall <= b.wall ? a : b))]));
  for (const [tool, { wall, cpu }] of Object.entries(best)) {
    const memory = Math.max(...figures[tool].map((one) => one.memory));
    const ratio = tool === "tradewind" ? "" : `  ${(wall / best.tradewind.wall).toFixed(2)} × ours`;
    rows.push(
      `${name.padEnd(16)}${tool.padEnd(11)}${wall.toFixed(2).padStart(7)} s${cpu.toFixed(2).padStart(7)} s CPU${memory.toFixed(0).padStart(6)} MB${ratio}`,
    );
    if (tool !== "tradewind" && wall < best.tradewind.wall) lost++;
    if (tool === "tradewind" && memory > 200) lost++;
  }
}
await server.stop();
console.log(rows.join("\n"));
console.log(lost === 0 ? "faster than both, below 200 MB" : `${lost} goals missed (faster than both, below 200 MB)`);
process.exitCode = lost === 0 ? 0 : 1;

/** Runs a command under the eyes of the system: seconds and megabytes of it and of all that it started. */
function run(command, env = {}) {
  const watch =
    "import resource, subprocess, sys, time\nt = time.time()\nc = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)\nw = time.time() - t\nr = resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(c, w, r.ru_utime + r.ru_stime, r.ru_maxrss / 1000)";
  const done = spawnSync("python3", ["-c", watch, ...command], { env: { ...environment, ...env }, encoding: "utf8" });
  const [code, wall, cpu, memory] = done.stdout.trim().split(" ").map(Number);
  if (code !== 0) throw new Error(`${command.join(" ")} failed: ${done.stderr}`);
  return { wall, cpu, memory };
}

function checked(figures, path, digest) {
  const found = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (found !== digest) throw new Error(`${path} is not what was uploaded`);
  return figures;
}

function counted(figures, path) {
  const { length } = readdirSync(path);
  if (length !== many) throw new Error(`${length} files came down, not ${many}`);
  return figures;
}

function provide() {
  try {
    return {
      versitygw: goProgram("versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"),
      rclone: debianProgram("rclone", "rclone"),
      aws: join(pythonEnvironment("awscli"), "bin", "aws"),
    };
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function bundleCopy() {
  const bundle = await rolldown({ input: join(root, "bench/s3/copy.ts"), platform: "node", external: [/^node:/], logLevel: "silent" });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "copy.js", chunkFileNames: "copy-[name].js" });
  await bundle.close();
  writeFileSync(at("package.json"), '{"type":"module"}');
}

var bigDigest;

async function makeFiles() {
  const block = randomBytes(1_000_000);
  const hash = createHash("sha256");
  writeFileSync(at("big"), "");
  for (let n = 0; n < megabytes; n++) {
    block.writeUInt32LE(n);
    hash.update(block);
    writeFileSync(at("big"), block, { flag: "a" });
  }
  bigDigest = hash.digest("hex");
  mkdirSync(at("small"));
  for (let n = 0; n < many; n++) writeFileSync(join(at("small"), String(n)), randomBytes(10_000));
}

async function startServer(program) {
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  mkdirSync(at("store"));
  mkdirSync(at("iam"));
  const child = spawn(program, ["--port", `127.0.0.1:${port}`, "--keep-alive", "--quiet", "posix", at("store")], {
    env: { PATH: process.env.PATH, HOME: folder, ROOT_ACCESS_KEY: keys.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: keys.AWS_SECRET_ACCESS_KEY },
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 30_000; ; ) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) break;
    if (child.exitCode !== null || Date.now() > end) throw new Error(`versitygw did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    endpoint,
    stop: () =>
      new Promise((resolve) => {
        child.once("close", resolve);
        child.kill();
      }),
  };
}
