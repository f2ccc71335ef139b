/**
 * Plans that were compiled before, under .tradewind/cache/plans: the compiler is pure, so the same texts, options and digests by the
 * same program give the same Plan. A run whose files did not change loads neither the compiler nor the YAML reader.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Unreadable } from "../pipeline/sources.ts";
import { canonicalJson } from "../protocol/json.ts";
import type { Plan } from "../protocol/plan.ts";
import { hashFile, hashFolder } from "../workspace/pack.ts";

/** What was asked for; the newest answer to each is kept. */
export interface PlanQuestion {
  readonly name: string;
  /** `name` as a path in the workspace. */
  readonly path: string;
  readonly env: string | undefined;
  readonly set: Readonly<Record<string, string>>;
}

type Texts = ReadonlyMap<string, string | Unreadable>;

interface Kept {
  /** Digest of the program and of all texts. */
  readonly made_from: string;
  readonly plan: Plan;
}

/** The Plan that the same question had, if texts, code folders and files are still the same. */
export function readCachedPlan(root: string, question: PlanQuestion, texts: Texts): Plan | undefined {
  try {
    const kept = JSON.parse(readFileSync(placeOf(root, question), "utf8")) as Kept;
    return kept.made_from === digestOf(texts) && kept.plan.publish.every((item) => isSame(root, item)) ? kept.plan : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a Plan; that it cannot be kept is no failure. `texts` are what it was compiled from. */
export function writeCachedPlan(root: string, question: PlanQuestion, texts: Texts, plan: Plan): void {
  try {
    const place = placeOf(root, question);
    const kept: Kept = { made_from: digestOf(texts), plan };
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(`${place}.${process.pid}`, JSON.stringify(kept));
    renameSync(`${place}.${process.pid}`, place);
  } catch {
    // A full disk will be told by those who need it.
  }
}

function isSame(root: string, item: Plan["publish"][number]): boolean {
  const hashed = item.kind === "code" ? hashFolder(join(root, item.folder)) : hashFile(join(root, item.path));
  return "sha256" in hashed && hashed.sha256 === item.sha256;
}

function placeOf(root: string, question: PlanQuestion): string {
  const name = createHash("sha256").update(canonicalJson(question)).digest("hex");
  return join(root, ".tradewind", "cache", "plans", `${name.slice(0, 32)}.json`);
}

function digestOf(texts: Texts): string {
  const hash = createHash("sha256").update(programIdentity());
  for (const [path, text] of texts) hash.update(canonicalJson([path, text]));
  return hash.digest("hex");
}

/** Another build may plan otherwise, even under the same version. */
function programIdentity(): string {
  const path = realpathSync.native(process.argv[1] ?? "");
  const { mtimeMs, size } = statSync(path);
  return `${path} ${mtimeMs} ${size}`;
}
