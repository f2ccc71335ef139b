/** Code that an image has inside and code from a folder, in real containers and in processes: the script sees the same, and gives the same. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeRequest } from "../../src/protocol/request-env.ts";
import type { Result } from "../../src/protocol/result.ts";
import { compileWorkspace } from "../../src/workspace/compile-workspace.ts";
import { type Podman, startPodman } from "../services/podman.ts";
import { makeFolder, writeFiles } from "../workspace/temporary.ts";
import { madePackages, runCommand } from "./made.ts";

const made = madePackages(["folder"]);
let podman: Podman;

/** Shouts, and says what variables it saw; those whose values are a matter of the place say their names only. */
const shout = `#!/bin/sh
echo "$PARAM_WORD" | tr a-z A-Z > "$OUTPUT_TEXT"
env | sed -e 's/^\\(PATH\\|HOME\\|TMPDIR\\|PWD\\|OUTPUT_TEXT\\|TRADEWIND_[A-Z_]*\\|HOSTNAME\\|LANG\\|_\\)=.*/\\1/' | sort | sed 's/^/saw /'
`;
const image = "tradewind-shout:1";

beforeAll(() => {
  podman = startPodman();
  podman.makeImage("tradewind-bare:1");
  podman.run(
    ["run", "--interactive", "--name", "made", "tradewind-bare:1", "sh", "-c", "cat > /bin/shout && chmod 755 /bin/shout"],
    Buffer.from(shout),
  );
  podman.run(["commit", "--quiet", "made", image]);
  podman.run(["rm", "made"]);
});

afterAll(() => podman?.stop());

const operator = (job: string) =>
  `params: { word: { type: string } }\noutputs: { text: { type: text } }\njob: { docker_image: tool, ${job} }\neffects: reads\n`;

test("in containers and in processes, by a local run and by the requests of dag.py", async () => {
  const folder = makeFolder({ "bin/shout*": shout });
  const root = join(folder, "ws");
  const store = join(folder, "store");
  writeFiles(root, {
    "tradewind.yaml": `images: { tool: { image: "${image}", python: "3" } }\nlauncher: { folder: ${JSON.stringify(made.folder)} }\n`,
    "env/dev.yaml": `store: { url: ${JSON.stringify(store)} }\n`,
    "operators/by_image/operator.yaml": operator("execution_script: shout"),
    "operators/by_code/operator.yaml": operator("execution_script: ./shout, code: ."),
    "operators/by_code/shout*": shout,
    "pipelines/two.yaml":
      "dag: { name: two, schedule: null }\ntasks:\n  image: { operator_type: by_image, word: hello }\n  code: { operator_type: by_code, word: hello }\n",
  });
  const env = { ...podman.env, DOCKER_HOST: "unix:///nonexistent", PATH: `${join(folder, "bin")}:/usr/sbin:/usr/bin:/bin`, HOME: folder };
  for (const more of [[], ["--engine", "docker"]]) {
    const ran = await runCommand([join(made.folder, "tradewind"), "run", "two", ...more], env, root);
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
  }

  const settings = "engine: docker\nlauncher: { folder: /opt/tradewind }\n";
  const overlay = new Map([["env/dev.yaml", `store: { url: ${JSON.stringify(store)} }\n${settings}`]]);
  const plan = compileWorkspace(root, { pipeline: "pipelines/two.yaml", env: "dev", overlay }).pipelines[0]?.plan;
  expect(plan?.tasks.map((task) => task.kind === "job" && task.engine)).toEqual(["docker", "docker"]);
  for (const task of plan?.tasks ?? []) {
    if (plan === undefined || task.kind !== "job") continue;
    const values = { "{{ run_id }}": "scheduled__1", "{{ ti.try_number }}": "1", "{{ ti.max_tries }}": "0" };
    const rendered = (text: string) => Object.entries(values).reduce((done, [from, to]) => done.replaceAll(from, to), text);
    const variables = encodeRequest(plan, task)
      .filter(({ name }) => name !== "TRADEWIND_LOGICAL_DATE")
      .flatMap(({ name, text }) => ["--env", `${name}=${rendered(text)}`]);
    const mounts = ["--volume", `${made.folder}:/opt/tradewind:ro`, "--volume", `${store}:${store}`];
    podman.run(["run", "--rm", ...mounts, ...variables, "--entrypoint", "/opt/tradewind/tradewind", image, "launch"]);
  }

  const runs = join(store, "runs/two");
  const results = readdirSync(runs).flatMap((run) =>
    ["image", "code"].map((task): Result => JSON.parse(readFileSync(join(runs, run, task, "result.json"), "utf8"))),
  );
  expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => "success"));
  expect(new Set(results.map(({ outputs }) => outputs.text?.sha256)).size).toBe(1);
  // A process gets the image's interpreter by a virtual environment; in the image itself it is simply there. That is the only difference.
  const seen = results.map(({ tail }) => tail.filter((line) => line.startsWith("saw ") && !line.startsWith("saw VIRTUAL_ENV=")));
  for (const lines of seen) expect(lines).toEqual(seen[0]);
  expect(seen[0]).toContain("saw PARAM_WORD=hello");
});
