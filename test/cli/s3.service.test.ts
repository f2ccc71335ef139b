/** The commands that reach the store, with a store in a real S3 server. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { buildProgram, runProgram } from "../run/program.ts";
import { type FaultProxy, startFaultProxy } from "../services/fault-proxy.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { makeFolder, makeWorkspace } from "./tradewind.ts";

let server: S3Server;
let proxy: FaultProxy;
let bin: string;
beforeAll(async () => {
  [server, bin] = await Promise.all([startS3(), buildProgram()]);
  proxy = await startFaultProxy(server.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

const pipeline = `
dag: { name: lines }
tasks:
  make: { operator_type: make }
  count: { operator_type: count, inputs: { text: make } }
`;
const make = `
operator: make
outputs: { text: { type: text } }
effects: none
job: { code: src, execution_script: "sh make.sh > \\"$OUTPUT_TEXT\\"" }
`;
const count = `
operator: count
inputs: { text: { type: text } }
outputs: { count: { type: text } }
job: { execution_script: "wc -l < \\"$INPUT_TEXT\\" > \\"$OUTPUT_COUNT\\"; env | grep -c -i aws || true" }
`;

async function makeS3Workspace(endpoint = server.endpoint) {
  const [data, code, dags] = await Promise.all([server.makeBucket("tradewind"), server.makeBucket(), server.makeBucket()]);
  const root = makeWorkspace({
    "tradewind.yaml": `store: { url: ${data.url}, code: ${code.url}, endpoint: "${endpoint}", connection: s3 }\n`,
    "pipelines/lines.yaml": pipeline,
    "operators/make/operator.yaml": make,
    "operators/make/src/make.sh": "printf 'one\\ntwo\\n'\n",
    "operators/count/operator.yaml": count,
  });
  writeFileSync(join(root, ".env"), `AIRFLOW_CONN_S3='${server.uri}'\n`);
  return { root, data, code, dags };
}

test("a run keeps artifacts in one bucket and code in another; publish, DAGs and the same task by its dag.py follow", async () => {
  const { root, data, code, dags } = await makeS3Workspace();
  const ran = await runProgram(bin, root, ["run", "lines"]);
  expect(ran).toMatchObject({ code: 0 });
  const store = openStore(data, { env: server.env });
  expect(await store.folders("runs")).toEqual(["lines"]);
  expect(await store.folders("code")).toEqual([]);
  expect((await runProgram(bin, root, ["runs"])).stdout).toContain("success");
  expect((await runProgram(bin, root, ["logs", "latest", "count"])).stdout).toContain("0");
  const again = await runProgram(bin, root, ["run", "lines"]);
  expect(again.stdout).toContain("cache");

  expect((await runProgram(bin, root, ["compile"])).code).toBe(0);
  const published = await runProgram(bin, root, ["publish", "--dags", `${dags.url}/team`]);
  expect(published.stdout).toContain(`lines: 0 of 1 put into ${code.url}`);
  expect(published.stdout).toContain(`1 dag file of dev copied to ${dags.url}/team`);
  const dag = await openStore({ ...dags, url: `${dags.url}/team` }, { env: server.env }).get("lines.py");
  expect(Buffer.from(dag ?? []).toString()).toBe(readFileSync(join(root, "dags/dev/lines.py"), "utf8"));

  // As a worker does it: the request in the environment, nothing of the workspace.
  const python = readFileSync(join(root, "dags/dev/lines.py"), "utf8");
  const value = (name: string) => new RegExp(`"${name}": (?:\\(\\s*)?['"](.*)['"]`).exec(python)?.[1] ?? "";
  const request = {
    TRADEWIND_PROTO: "1",
    TRADEWIND_DAG: "lines",
    TRADEWIND_RUN_ID: "manual",
    TRADEWIND_TRY: "1",
    TRADEWIND_MAX_TRIES: "0",
    TRADEWIND_RETRIES: "0",
    TRADEWIND_STORE: data.url,
    TRADEWIND_STORE_OPTIONS: JSON.stringify({ connection: "s3", endpoint: server.endpoint, code: code.url }),
    TRADEWIND_SECRET_CONN_S3: server.uri,
    TRADEWIND_TASK: "make",
    TRADEWIND_OPERATOR: "make",
    TRADEWIND_OPERATOR_DIGEST: "0".repeat(64),
    TRADEWIND_SCRIPT: 'sh make.sh > "$OUTPUT_TEXT"',
    TRADEWIND_CODE: value("TRADEWIND_CODE"),
    TRADEWIND_OUTPUTS: '{"text": {"type": "text", "extension": ".txt"}}',
    TRADEWIND_LIMITS: '{"stage_time": 60, "grace": 5}',
    TRADEWIND_EFFECTS: "none",
  };
  expect(request.TRADEWIND_CODE).toMatch(/^[0-9a-f]{64}$/);
  const launched = await runProgram(join(bin, "../../launcher.js"), makeFolder(), ["launch"], request);
  expect(launched).toMatchObject({ code: 0 });
  const made = await store.get("runs/lines/manual/make/attempt-1/text.txt");
  expect(Buffer.from(made ?? []).toString()).toBe("one\ntwo\n");
  for await (const { key } of store.list("runs")) expect(Buffer.from((await store.get(key)) ?? []).toString()).not.toContain("a-secret");
});

test("doctor tells what the server can do, for each place", async () => {
  const { root, data, code } = await makeS3Workspace(proxy.endpoint);
  proxy.set({});
  const done = await runProgram(bin, root, ["doctor", "store"]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  for (const { url } of [data, code]) expect(done.stdout).toContain(`${url} at ${proxy.endpoint}\n`);
  for (const name of ["read", "write", "list", "create once", "in parts", "ranges", "clock", "latency", "uploads", "delete"])
    expect(done.stdout).toMatch(new RegExp(`✓ ${name} `));
  expect(done.stdout).toContain("of several writers one wins (If-None-Match: one writer, then 8 at once, three times)");
  expect(done.stdout).toContain("a launcher on a worker: s3:AbortMultipartUpload, s3:GetObject, s3:ListBucket, s3:PutObject");

  proxy.set({ strip: ["if-none-match"] });
  const weak = await runProgram(bin, root, ["doctor", "store", "--format", "json"]);
  expect(weak.code).toBe(0);
  const once = JSON.parse(weak.stdout).stores[0].findings.find(({ name }: { name: string }) => name === "create once");
  expect(once).toMatchObject({ state: "weak", text: expect.stringContaining("the server ignores If-None-Match") });

  await proxy.stop();
  const away = await runProgram(bin, root, ["doctor", "store"]);
  expect(away.code).toBe(1);
  expect(away.stdout).toContain(`${proxy.endpoint} cannot be reached (ECONNREFUSED)`);
  rmSync(join(root, ".env"));
  const lost = await runProgram(bin, root, ["doctor", "store"]);
  expect(lost.code).toBe(1);
  expect(lost.stdout).toContain('✗ connection   the store\'s connection "s3" is not there: set AIRFLOW_CONN_S3');
});

test("without a connection credentials come from shared files, or from the role of a container", async () => {
  const data = await server.makeBucket();
  const root = makeWorkspace({
    "tradewind.yaml": `store: { url: ${data.url}, endpoint: "${server.endpoint}" }\n`,
    "pipelines/lines.yaml": "dag: { name: lines }\ntasks: { a: { operator_type: job, job: { execution_script: 'true' } } }\n",
  });
  writeFileSync(join(root, "credentials"), "[team]\naws_access_key_id = AKIDTEAM\naws_secret_access_key = secret\n");
  const shared = { AWS_SHARED_CREDENTIALS_FILE: join(root, "credentials"), AWS_PROFILE: "team", AWS_EC2_METADATA_DISABLED: "true" };
  expect(await runProgram(bin, root, ["run", "lines"], shared)).toMatchObject({ code: 0, stderr: "" });

  let asked = 0;
  const role = createServer((_, answer) => {
    asked++;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    answer.end(JSON.stringify({ AccessKeyId: "AKIDROLE", SecretAccessKey: "secret", Token: "token", Expiration }));
  });
  await new Promise<void>((resolve) => role.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = role.address() as AddressInfo;
    const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/role` };
    expect(await runProgram(bin, root, ["run", "lines"], container)).toMatchObject({ code: 0, stderr: "" });
    expect(asked).toBe(1);
  } finally {
    role.close();
  }

  const none = await runProgram(bin, root, ["run", "lines"], { AWS_EC2_METADATA_DISABLED: "true" });
  expect(none.code).toBe(1);
  expect(none.stderr).toContain("no AWS credentials were found; set store.connection, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
});

test("policies name what a role needs, where it needs it", async () => {
  const { root, data, code } = await makeS3Workspace();
  const bucket = (url: string) => `arn:aws:s3:::${url.slice("s3://".length)}`;
  const policy = async (role: string) => JSON.parse((await runProgram(bin, root, ["doctor", "store", "--policy", role])).stdout);
  expect(await policy("launcher")).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Artifacts",
        Effect: "Allow",
        Action: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
        Resource: [`${bucket(data.url)}/*`],
      },
      { Sid: "Code", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${bucket(code.url)}/*`] },
      {
        Sid: "Buckets",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: [bucket(data.url).replace("/tradewind", ""), bucket(code.url)],
      },
    ],
  });
  expect((await policy("publisher")).Statement.map(({ Sid, Resource }: { Sid: string; Resource: string[] }) => [Sid, ...Resource])).toEqual(
    [
      ["Code", `${bucket(code.url)}/*`],
      ["Buckets", bucket(code.url)],
    ],
  );
  // What lies at an address of its own is not the collector's to remove.
  expect(JSON.stringify(await policy("collector"))).not.toContain(bucket(code.url));
});

test("a folder is examined too", async () => {
  const root = makeWorkspace({
    "tradewind.yaml": "",
    "pipelines/lines.yaml": "dag: { name: lines }\ntasks: { a: { operator_type: job, job: { execution_script: 'true' } } }\n",
  });
  const done = await runProgram(bin, root, ["doctor", "store"]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  for (const name of ["write", "read", "list", "whole", "create once", "speed", "clock", "delete"])
    expect(done.stdout).toMatch(new RegExp(`[✓] ${name} `));
  expect(done.stdout).toMatch(/[✓!] room +[\d.]+ GB are free/);
  expect((await runProgram(bin, root, ["doctor", "store", "--policy", "reader"])).stderr).toContain("needs no policy");
});
