/** The words after `docker run`. */
import { expect, test } from "vitest";
import type { Request } from "../../../src/protocol/request.ts";
import { type ContainerFacts, containerArguments, unmountable } from "../../../src/run/containers/arguments.ts";
import { makeJob, makeTask } from "../../pipeline/emit/plans.ts";

const request: Request = {
  proto: 1,
  dag_id: "d",
  run_id: "r",
  task: "t",
  operator: "o",
  operator_digest: "0",
  script: "true",
  params: {},
  inputs: {
    rows: {
      types: ["csv"],
      optional: false,
      many: true,
      sources: [
        { kind: "path", path: "/data/a.csv" },
        { kind: "path", path: "/data/a.csv" },
      ],
    },
  },
  outputs: {},
  connections: ["dwh"],
  env: {},
  limits: { stage_time: 1, grace: 1 },
  effects: "none",
  cache: { read: true, fresh: false, reads: true },
  store: { url: "/store", connection: "s3" },
  tries: { number: 1, max: 0, retries: 0 },
};

const facts: ContainerFacts = {
  kind: "docker",
  name: "tradewind-1",
  image: "registry.example/a:1",
  runner: "{}",
  launcher: { binds: [{ source: "/opt/tw", target: "/opt/tradewind", readOnly: true }], command: ["/opt/tradewind/tradewind"] },
  folder: "/work/1",
  cache: "/cache/1",
  env: {
    PATH: "/bin",
    HOME: "/home/me",
    LANG: "C.UTF-8",
    PIP_INDEX_URL: "http://user:canary@index",
    PIP_CACHE_DIR: "/home/me/.cache/pip",
    SSL_CERT_FILE: "/etc/ca.pem",
    AIRFLOW_CONN_DWH: "canary",
    TRADEWIND_SECRET_CONN_S3: "canary",
    AIRFLOW_CONN_OTHER: "canary",
    AWS_SECRET_ACCESS_KEY: "canary",
  },
};
const task = makeTask("t", {
  engine: "docker",
  job: makeJob({ image: "registry.example/a:1", flavor: { name: "f", cpu: 1.5, memory: 1e9, gpu: 2 } }),
});

const pairs = (args: readonly string[], option: string) => args.flatMap((word, index) => (word === option ? [args[index + 1]] : []));

test("a container sees the launcher, the store, its inputs and its scratch, and takes variables by name", () => {
  const args = containerArguments(request, task, facts);
  expect(pairs(args, "--mount")).toEqual([
    "type=bind,source=/opt/tw,target=/opt/tradewind,readonly",
    "type=bind,source=/etc/ca.pem,target=/etc/ca.pem,readonly",
    "type=bind,source=/store,target=/store",
    "type=bind,source=/data/a.csv,target=/data/a.csv,readonly",
    "type=bind,source=/work/1,target=/tradewind",
    "type=bind,source=/cache/1,target=/tradewind/cache",
  ]);
  const variables = pairs(args, "--env");
  expect(variables.filter((word) => !word?.includes("="))).toEqual([
    "AIRFLOW_CONN_DWH",
    "LANG",
    "PIP_INDEX_URL",
    "SSL_CERT_FILE",
    "TRADEWIND_SECRET_CONN_S3",
  ]);
  expect(args.join(" ")).not.toContain("canary");
  expect(args.slice(-7)).toEqual([
    "--entrypoint",
    "/opt/tradewind/tradewind",
    "registry.example/a:1",
    "launch",
    "--attended",
    "--request",
    "/tradewind/request.json",
  ]);
});

test("limits are the flavor's, with room for the launcher", () => {
  const args = containerArguments(request, task, facts);
  expect([pairs(args, "--memory"), pairs(args, "--memory-swap"), pairs(args, "--cpus"), pairs(args, "--gpus")]).toEqual([
    ["1128000000"],
    ["1128000000"],
    ["1.5"],
    ["2"],
  ]);
  const bare = containerArguments(request, makeTask("t", { engine: "docker" }), facts);
  expect(["--memory", "--cpus", "--gpus", "--user", "--userns"].filter((word) => bare.includes(word))).toEqual([]);
});

test("who is not root writes as who they are", () => {
  const user = { uid: 1000, gid: 100 };
  expect(pairs(containerArguments(request, task, { ...facts, user }), "--user")).toEqual(["1000:100"]);
  expect(pairs(containerArguments(request, task, { ...facts, user, kind: "podman" }), "--userns")).toEqual(["keep-id"]);
});

test("with a store in S3 its variables go along, and no folder", () => {
  const s3 = { ...request, store: { url: "s3://bucket" } };
  const args = containerArguments(s3, task, facts);
  expect(pairs(args, "--env")).toContain("AWS_SECRET_ACCESS_KEY");
  expect(pairs(args, "--mount").some((mount) => mount?.includes("s3"))).toBe(false);
});

test("a path that no mount can carry is found", () => {
  expect(unmountable(request, facts)).toBeUndefined();
  expect(unmountable({ ...request, store: { url: "/a,b" } }, facts)).toBe("/a,b");
});
