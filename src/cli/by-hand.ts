/**
 * An operator or a job's file as the only task of a pipeline that nobody wrote, so that it is checked, limited and given its ports as
 * in any other.
 */
import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Manifest } from "../pipeline/catalog/manifest.ts";
import type { CompileOptions } from "../pipeline/compile.ts";
import type { Job } from "../pipeline/resolve/pipeline.ts";
import type { Settings } from "../pipeline/settings/types.ts";
import type { Unreadable } from "../pipeline/sources.ts";
import { checkValue } from "../protocol/check-value.ts";
import type { Diagnostic, Span } from "../protocol/diagnostic.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { readParam } from "../protocol/read-param.ts";
import { compileWorkspace, type WorkspaceCompilation } from "../workspace/compile-workspace.ts";
import { findWorkspace, readText } from "../workspace/read.ts";
import { Failure, UsageError, unknownName } from "./errors.ts";
import type { SettingsOptions } from "./options.ts";

type Assignments = Readonly<Record<string, string>>;

/** What is said on the command line. */
export interface Given extends SettingsOptions {
  readonly param?: Assignments;
  readonly input?: Assignments;
  readonly output?: Assignments;
}

/** Where it is run. */
export interface Place {
  /** A workspace that has the operator or the job's file. */
  readonly root: string;
  /** What the task is of; for a job's file, what messages call it. */
  readonly operator: string;
  /** The task's name. */
  readonly task: string;
  /** Path of the pipeline in the workspace. */
  readonly file: string;
  /** Path of the job's file in the workspace, and how it is shown: as it was named, where there is no workspace to see it from. */
  readonly job?: string;
  readonly shown?: string;
  /** It is in no workspace, so that nobody says what flavors and images there are. */
  readonly alone: boolean;
  /** Folder of our own to remove in the end. */
  readonly scratch: string;
}

/** Where the pipeline that nobody wrote would lie, below the project of the operator. */
const pipelineFile = "pipelines/by-hand.yaml";

/** The workspace around the operator; for a folder that is in none, one that has nothing else. */
export async function placeOperator(named: string): Promise<Place> {
  const folder = resolve(named);
  if (!existsSync(join(folder, "operator.yaml"))) throw new Failure(`${named} holds no operator.yaml`);
  const scratch = await mkdtemp(join(tmpdir(), "tradewind-launch-"));
  const operator = basename(folder);
  const place = { operator, task: operator, scratch };
  const workspace = findWorkspace(folder);
  if (workspace !== undefined) {
    const root = realpathSync(workspace);
    const parent = dirname(pathIn(root, realpathSync(folder)));
    if (/^(projects\/[^/]+\/)?operators$/.test(parent)) {
      return { ...place, root, file: `${parent.slice(0, -"operators".length)}${pipelineFile}`, alone: false };
    }
  }
  const root = makeWorkspace(scratch);
  mkdirSync(join(root, "operators"));
  symlinkSync(folder, join(root, "operators", operator));
  return { ...place, root, file: pipelineFile, alone: true };
}

/** The workspace around the job's file; for one that is in none, a workspace that has nothing but its folder. */
export async function placeJob(named: string): Promise<Place> {
  const given = resolve(named);
  const facts = statSync(given, { throwIfNoEntry: false });
  if (facts?.isDirectory()) {
    const hint = existsSync(join(given, "operator.yaml")) ? `; an operator is launched by --operator ${named}` : "";
    throw new Failure(`${named} is a folder, not a job's file${hint}`);
  }
  if (facts === undefined) throw new Failure(`there is no job's file ${named}`);
  if (!/\.ya?ml$/.test(named)) throw new UsageError(`a job's file is YAML, and so ends with .yaml, but here is ${named}`);
  if (/^operator\.ya?ml$/.test(basename(given))) return placeOperator(dirname(named));
  const path = join(realpathSync(dirname(given)), basename(given));
  const scratch = await mkdtemp(join(tmpdir(), "tradewind-launch-"));
  const place = { task: taskName(basename(path).replace(/\.ya?ml$/, "")), scratch };
  const workspace = findWorkspace(path);
  if (workspace !== undefined) {
    const root = realpathSync(workspace);
    const job = pathIn(root, path);
    const project = /^projects\/[^/]+\//.exec(job)?.[0] ?? "";
    return { ...place, root, operator: job, job, shown: job, file: `${project}${pipelineFile}`, alone: false };
  }
  const root = makeWorkspace(scratch);
  const folder = `job/${basename(dirname(path)) || "files"}`;
  mkdirSync(join(root, "job"));
  symlinkSync(dirname(path), join(root, folder));
  return { ...place, root, operator: named, job: `${folder}/${basename(path)}`, shown: named, file: pipelineFile, alone: true };
}

function pathIn(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

function makeWorkspace(scratch: string): string {
  const root = join(scratch, "workspace");
  mkdirSync(root);
  writeFileSync(join(root, "tradewind.yaml"), "");
  return root;
}

function taskName(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]+/g, "_").replace(/^(?![A-Za-z_])/, "_");
}

export interface ByHand {
  readonly compilation: WorkspaceCompilation;
  /** What is wrong with it, and with what it uses. */
  readonly diagnostics: readonly Diagnostic[];
  /** What they are shown over. */
  readonly texts: ReadonlyMap<string, string | Unreadable>;
  /** Of flavors and images that nobody can know where there is no workspace: a sentence each. */
  readonly remarks: readonly string[];
}

/** Compiles it with what is given; throws what is wrong with that. `text` stands in for that of the job's file. */
export function compileByHand(place: Place, given: Given, text?: string): ByHand {
  const inputs = Object.fromEntries(Object.entries(given.input ?? {}).map(([port, path]) => [port, resolve(path)]));
  const first = compile(place, given, { inputs }, text);
  const resolved = first.pipelines[0]?.resolved;
  const task = resolved?.tasks[0];
  const manifest = task?.operator?.found;
  if (resolved === undefined || manifest?.kind !== "manifest" || manifest.broken) return shown(place, first, []);
  const params = manifest.free?.includes("params") ? { ...given.param } : readParams(manifest, given.param ?? {});
  const outputs = Object.entries(given.output ?? {});
  if (!manifest.free?.includes("outputs")) {
    for (const [port] of outputs) if (!manifest.outputs.has(port)) throw unknownName("output", port, [...manifest.outputs.keys()]);
  }
  const unknown = place.alone ? unknownNames(task?.job, resolved.settings) : [];
  const remarks = unknown.map(
    ({ said, key }) => `${place.operator} is in no workspace, so nothing says what the ${key} \`${said}\` is: it runs without`,
  );
  const compilation = compile(
    place,
    given,
    {
      inputs,
      params,
      ...(manifest.free?.includes("outputs")
        ? { outputs: Object.fromEntries(outputs.map(([port, path]) => [port, typeOf(path, resolved.settings)])) }
        : {}),
      ...(unknown.length === 0 ? {} : { job: Object.fromEntries(unknown.map(({ key }) => [key, null])) }),
    },
    text,
    readRequirements(place, task?.job, first),
  );
  return shown(place, compilation, remarks);
}

/** Faults of the pipeline that nobody wrote are shown without its text, or where the job's file begins. */
function shown({ job, file, shown: named = "" }: Place, compilation: WorkspaceCompilation, remarks: readonly string[]): ByHand {
  const texts = new Map(compilation.texts);
  texts.delete(file);
  const text = job === undefined ? undefined : texts.get(job);
  if (text !== undefined) texts.set(named, text);
  const place = (span: Span): Span =>
    job === undefined || (span.file !== job && span.file !== file)
      ? span
      : span.file === job
        ? { ...span, file: named }
        : { file: named, start: 0, end: 0 };
  const diagnostics = compilation.diagnostics.map(({ fix, ...one }) => ({
    ...one,
    span: place(one.span),
    notes: one.notes.map((note) => (note.span === undefined ? note : { ...note, span: place(note.span) })),
    ...(fix === undefined ? {} : { fix: { ...fix, edits: fix.edits.map((edit) => ({ ...edit, span: place(edit.span) })) } }),
  }));
  return { compilation, diagnostics, texts, remarks };
}

function compile(
  place: Place,
  { env: wanted, set }: SettingsOptions,
  says: JsonObject,
  text: string | undefined,
  more: ReadonlyMap<string, string> = new Map(),
) {
  const task = { operator_type: place.operator, ...says };
  const pipeline = { dag: { name: "by_hand", schedule: null, start_date: "2000-01-01" }, tasks: { [place.task]: task } };
  const { job } = place;
  const said = job === undefined ? undefined : (text ?? readText(join(place.root, job)));
  const overlay = new Map([
    [place.file, JSON.stringify(pipeline)],
    ...more,
    ...(job !== undefined && said !== undefined ? [[job, said] as const] : []),
  ]);
  const shared = { pipeline: place.file, overlay, ...(job === undefined ? {} : { jobs: new Map([[place.operator, job]]) }) };
  const settings = compileWorkspace(place.root, { ...shared, digests: false });
  const env = wanted ?? settings.environment;
  if (!settings.environments.includes(env)) throw unknownName("environment", env, settings.environments);
  const options: CompileOptions = { env, set: new Map(Object.entries(set ?? {})), explain: true };
  return compileWorkspace(place.root, { ...shared, ...options });
}

/** Where there are no settings, a flavor's limits and an image's interpreter are not known. */
function unknownNames(job: Job | undefined, settings: Settings): readonly { readonly key: string; readonly said: string }[] {
  const flavor = job?.flavor && !settings.flavors.has(job.flavor.value) ? [{ key: "resource_flavor", said: job.flavor.value }] : [];
  const image = job?.image && job.image.found === undefined ? [{ key: "docker_image", said: job.image.value }] : [];
  return [...flavor, ...image];
}

/** A requirements file beside a job's file, which lies where the compiler does not look by itself. */
function readRequirements(place: Place, job: Job | undefined, { texts }: WorkspaceCompilation): ReadonlyMap<string, string> {
  const path = job?.requirements?.value;
  if (place.job === undefined || path === undefined || texts.has(path) || !existsSync(join(place.root, path))) return new Map();
  const text = readText(join(place.root, path));
  return typeof text === "string" ? new Map([[path, text]]) : new Map();
}

/** The type whose extension the file has; a path that ends with a slash is a folder. */
function typeOf(path: string, { types }: Settings): string {
  if (path.endsWith("/")) return "dir";
  const matches = [...types].filter(([, { extension }]) => extension !== "" && path.toLowerCase().endsWith(extension));
  matches.sort(([, a], [, b]) => b.extension.length - a.extension.length);
  return matches[0]?.[0] ?? "file";
}

function readParams(manifest: Manifest, given: Assignments): JsonObject {
  const params: Record<string, Json> = {};
  for (const [name, text] of Object.entries(given)) {
    const parameter = manifest.params.get(name);
    if (parameter === undefined) throw unknownName("parameter", name, [...manifest.params.keys()]);
    const read = readParam(text, parameter.schema);
    const faults = "value" in read ? checkValue(read.value, parameter.schema).map((fault) => fault.message) : [read.problem];
    if (faults.length > 0) throw new UsageError(`--param ${name}: ${faults.join("; ")}`);
    if ("value" in read) params[name] = read.value;
  }
  return params;
}
