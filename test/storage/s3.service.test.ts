import { afterAll, beforeAll } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { type S3Server, startS3 } from "../services/s3.ts";
import { testStore } from "./contract.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3();
});
afterAll(() => server?.stop());

testStore("s3", async () => openStore(await server.makeBucket(), { env: server.env }));
testStore("s3 under a prefix", async () => openStore(await server.makeBucket("team/a.b"), { env: server.env }));
