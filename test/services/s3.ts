/** A real S3 server (moto) for one test file: on a free port of 127.0.0.1, gone when the file or its process ends. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { pythonEnvironment } from "../../scripts/provision.mjs";
import type { StoreAddress } from "../../src/protocol/store-address.ts";

export interface S3Server {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** An `aws` connection as a URI; the server takes any key. */
  readonly uri: string;
  /** Environment that holds the connection `s3`. */
  readonly env: NodeJS.ProcessEnv;
  /** A client of the SDK, for what a test looks at past the store. */
  readonly client: S3Client;
  /** A new bucket, as the address of a store with the connection `s3`. */
  makeBucket(prefix?: string): Promise<StoreAddress>;
  stop(): Promise<void>;
}

// The tests' own client would warn of the Node that it will want one day.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

let buckets = 0;

export async function startS3(): Promise<S3Server> {
  const port = await freePort();
  // The guard ends the server when this process is gone, however it went.
  const guard = 'server=$1; shift; "$server" "$@" & read -r _ ; kill $!';
  const program = join(pythonEnvironment("moto"), "bin", "moto_server");
  const child = spawn("bash", ["-c", guard, "moto", program, "-H", "127.0.0.1", "-p", String(port)], { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswers(
    endpoint,
    () => child.exitCode !== null,
    () => said,
  );
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: "us-east-1",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  });
  const uri = `aws://AKIDEXAMPLE:not%2Fa-secret@/?region_name=us-east-1`;
  return {
    endpoint,
    uri,
    env: { AIRFLOW_CONN_S3: uri },
    client,
    async makeBucket(prefix = "") {
      const Bucket = `tradewind-${++buckets}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      return { url: `s3://${Bucket}${prefix === "" ? "" : `/${prefix}`}`, endpoint, connection: "s3" };
    },
    async stop() {
      client.destroy();
      child.stdin.end();
      await ended;
    },
  };
}

/** A port of 127.0.0.1 that nobody has just now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

async function untilAnswers(url: string, isDead: () => boolean, said: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await (await fetch(url)).text();
      return;
    } catch (error) {
      if (isDead() || Date.now() > deadline) throw new Error(`the S3 server did not start: ${said()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
