/** `node copy.js up|down FILE|FOLDER KEY`: what the launcher does with one big artifact, or with a folder of small ones, as a process of its own. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/storage/open.ts";
import { eachOf } from "../../src/storage/pool.ts";

const [, , direction, path = "", key = ""] = process.argv;
const { BENCH_STORE = "", BENCH_ENDPOINT = "" } = process.env;
const store = openStore({ url: BENCH_STORE, endpoint: BENCH_ENDPOINT, region: "us-east-1" }, { env: process.env });
/** As many as src/launch/upload.ts and stage.ts have on their way. */
const atOnce = 16;

if (direction === "up") {
  if (statSync(path).isFile()) await store.putFile(key, path);
  else await eachOf(readdirSync(path), atOnce, undefined, async (name) => void (await store.putFile(`${key}/${name}`, join(path, name))));
} else if (process.env.BENCH_MANY === undefined) {
  const copy = await store.getFile(key, path);
  console.log(copy?.sha256);
} else {
  mkdirSync(path);
  const names = Array.from({ length: Number(process.env.BENCH_MANY) }, (_, n) => String(n));
  await eachOf(names, atOnce, undefined, async (name) => void (await store.getFile(`${key}/${name}`, join(path, name))));
}
