/**
 * The request as environment variables: how it lies open in an Airflow operator (design §6) and how the launcher reads it
 * back. `decodeRequest(render(encodeRequest(plan, task)))` is what `makeRequest` gives a local run, so both engines ask for
 * the same work.
 */
import { EXIT } from "./exit.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Effects, InputSource, JobTaskPlan, OutputPlan, PackageIndexPlan, ParamPlan, Plan, PythonPlan, TaskPlan } from "./plan.ts";
import { possibleTypes, quoteText, readParam } from "./read-param.ts";
import { type CacheRequest, type InputRequest, type Limits, type ParamRequest, PROTO, type Request } from "./request.ts";
import type { Reason } from "./result.ts";
import type { JsonSchema, JsonType } from "./schema.ts";
import { type StoreAddress, storeOptions } from "./store-address.ts";

/** One variable. `template`: Airflow renders the text first; otherwise the launcher must get these very bytes. */
export interface EnvEntry {
  readonly name: string;
  readonly text: string;
  readonly template: boolean;
  /** Id of the connection whose URI it holds, which some engines bring in another way. */
  readonly connection?: string;
}

/** Why an environment is no request, in one sentence for a person. */
export interface RequestProblem {
  readonly problem: string;
  readonly reason: Reason;
  readonly exit_code: number;
}

/** The run's logical date, or nothing for a run without one (Airflow 3 leaves `ts` undefined there). */
const logicalDate = "{{ ts if ts is defined else '' }}";

const literal = (name: string, text: string): EnvEntry => ({ name, text, template: false });
const rendered = (name: string, text: string): EnvEntry => ({ name, text, template: true });

/** True when Airflow's renderer would look into the text. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

/** `variableName("INPUT", "daily-data")` is `INPUT_DAILY_DATA`: what a script sees. Two names may give one variable; `check` refuses that. */
export function variableName(prefix: string, name: string): string {
  return `${prefix}_${name.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_")}`;
}

/** The variables of one task, in a fixed order; those that say nothing are left out. */
export function encodeRequest(plan: Plan, task: JobTaskPlan): readonly EnvEntry[] {
  return [...encodeRun(plan), ...encodeTask(task)];
}

/** The part that all tasks of a DAG share. */
export function encodeRun(plan: Plan): readonly EnvEntry[] {
  const { store } = plan;
  const keep = store.keep === undefined ? [] : [literal("TRADEWIND_CACHE", jsonText({ keep: store.keep }))];
  const options = storeOptions.flatMap((key) => (store[key] === undefined ? [] : [[key, store[key]]]));
  return [
    literal("TRADEWIND_PROTO", String(PROTO)),
    literal("TRADEWIND_DAG", plan.dag.dag_id),
    rendered("TRADEWIND_RUN_ID", "{{ run_id }}"),
    rendered("TRADEWIND_LOGICAL_DATE", logicalDate),
    rendered("TRADEWIND_TRY", "{{ ti.try_number }}"),
    rendered("TRADEWIND_MAX_TRIES", "{{ ti.max_tries }}"),
    literal("TRADEWIND_STORE", store.url),
    ...(options.length === 0 ? [] : [literal("TRADEWIND_STORE_OPTIONS", jsonText(Object.fromEntries(options)))]),
    ...(store.connection === undefined ? [] : [connectionEntry(store.connection)]),
    ...keep,
    ...encodePackageIndex(plan),
  ];
}

/** Only in a DAG in which a task installs packages. */
function encodePackageIndex(plan: Plan): readonly EnvEntry[] {
  const { package_index: index } = plan;
  if (index === undefined || !plan.tasks.some(installsPackages)) return [];
  return [literal("TRADEWIND_PACKAGE_INDEX", jsonText(index))];
}

/** The part that is one task's own. */
export function encodeTask(task: JobTaskPlan): readonly EnvEntry[] {
  const { job } = task;
  const entries: EnvEntry[] = [
    literal("TRADEWIND_TASK", task.id),
    literal("TRADEWIND_OPERATOR", task.operator),
    literal("TRADEWIND_OPERATOR_DIGEST", job.digest),
    literal("TRADEWIND_SCRIPT", job.script),
  ];
  if (job.code !== undefined) entries.push(literal("TRADEWIND_CODE", job.code));
  const python = taskPython(task);
  if (python !== undefined) entries.push(literal("TRADEWIND_PYTHON", jsonText(travelPython(python))));
  entries.push(...encodeParams(task.params));
  const inputs = Object.entries(task.inputs).map(([port, { types, optional, many, sources }]): [string, Json] => [
    port,
    { types, ...(optional && { optional }), ...(many && { many }), sources: sources.map((source) => ({ ...source })) },
  ]);
  if (inputs.length > 0) entries.push(literal("TRADEWIND_INPUTS", jsonText(Object.fromEntries(inputs))));
  const outputs = Object.entries(task.outputs).map(([port, { type, extension, dir }]): [string, Json] => [
    port,
    { type, extension, ...(dir && { dir }) },
  ]);
  if (outputs.length > 0) entries.push(literal("TRADEWIND_OUTPUTS", jsonText(Object.fromEntries(outputs))));
  if (Object.keys(job.env).length > 0) entries.push(literal("TRADEWIND_ENV", jsonText(job.env)));
  entries.push(
    literal("TRADEWIND_LIMITS", jsonText(taskLimits(task))),
    literal("TRADEWIND_EFFECTS", task.effects),
    literal("TRADEWIND_RETRIES", String(task.retries)),
  );
  if (task.connections.length > 0) entries.push(literal("TRADEWIND_CONNECTIONS", jsonText(task.connections)));
  entries.push(...[...new Set([...task.connections, ...(task.launcher_connections ?? [])])].map(connectionEntry));
  return entries;
}

function connectionEntry(id: string): EnvEntry {
  return { ...rendered(connectionVariable(id), connectionTemplate(id)), connection: id };
}

/** Where a connection's URI travels; Airflow masks whatever is in a variable with SECRET in its name. */
export function connectionVariable(id: string): string {
  return variableName("TRADEWIND_SECRET_CONN", id);
}

function travelPython({ version, packages, requirements }: PythonPlan): Json {
  return {
    ...(version !== undefined && { version }),
    ...(packages.length > 0 && { packages }),
    ...(requirements !== undefined && { requirements }),
  };
}

/** The virtual environment that the task needs: none in a container whose image has all that the job asks for. */
export function taskPython({ engine, job }: JobTaskPlan): PythonPlan | undefined {
  if (engine === "process" || job.python === undefined) return job.python;
  return job.python.packages.length > 0 || job.python.requirements !== undefined ? job.python : undefined;
}

/** True when the task needs packages, from wherever they come. */
export function installsPackages(task: TaskPlan): boolean {
  return task.kind === "job" && taskPython(task) !== undefined;
}

/** The limits that travel, from the job and its flavor. */
export function taskLimits({ job }: JobTaskPlan): Limits {
  return {
    ...(job.execution_time !== undefined && { execution_time: job.execution_time }),
    stage_time: job.stage_time,
    grace: job.grace,
    ...(job.flavor?.memory !== undefined && { memory: job.flavor.memory }),
    ...(job.flavor?.memory_max !== undefined && { memory_max: job.flavor.memory_max }),
    ...(job.flavor?.disk !== undefined && { disk: job.flavor.disk }),
  };
}

function encodeParams(params: JobTaskPlan["params"]): readonly EnvEntry[] {
  const facts: [string, Json][] = [];
  const values: EnvEntry[] = [];
  let parts = 0;
  for (const [name, param] of Object.entries(params)) {
    const at: [string, string][] = [];
    const nested: EnvEntry[] = [];
    const whole = mapStrings(param.value, "", (text, pointer) => {
      if (pointer === "" || !isRendered(param, text)) return text;
      parts += 1;
      const variable = `TRADEWIND_VALUE_${parts}`;
      at.push([pointer, variable]);
      nested.push(rendered(variable, text));
      return variable;
    });
    facts.push([name, paramFacts(travelSchema(param), at)]);
    if (whole === null) continue;
    const text = typeof whole === "string" ? whole : jsonText(whole);
    values.push({ name: variableName("PARAM", name), text, template: typeof whole === "string" && isRendered(param, whole) }, ...nested);
  }
  return facts.length === 0 ? [] : [literal("TRADEWIND_PARAMS", jsonText(Object.fromEntries(facts))), ...values];
}

/** `"number"` where a type says it all, else `{schema, at?}`; `at` maps a place within the value to the variable with its template. */
function paramFacts(schema: JsonSchema, at: readonly (readonly [pointer: string, variable: string])[]): Json {
  const { type, ...limits } = schema;
  if (typeof type === "string" && at.length === 0 && Object.keys(limits).length === 0) return type;
  return { schema: { ...schema } as JsonObject, ...(at.length > 0 && { at: Object.fromEntries(at) }) };
}

/** True when this text, somewhere in the parameter's value, goes through the renderer. */
export function isRendered(param: ParamPlan, text: string): boolean {
  return param.template && isTemplate(text);
}

/**
 * The schema that travels. A literal was checked when it was compiled: of its schema only its own type is left, so that its text is
 * read back exactly. What a template gives is checked by the launcher, so its schema goes along, without the prose.
 */
export function travelSchema(param: ParamPlan): JsonSchema {
  const { title: _title, description: _description, default: _default, examples: _examples, template: _template, ...schema } = param.schema;
  const { value } = param;
  if (value === null) return { type: "null" };
  if (typeof value === "string" && isRendered(param, value)) return schema;
  if (typeof value === "string") return { type: schema.type === "connection" ? "connection" : "string" };
  const type = literalType(value, schema);
  return holdsTemplate(param, value) ? { ...schema, type } : { type };
}

function holdsTemplate(param: ParamPlan, value: Json): boolean {
  if (typeof value === "string") return isRendered(param, value);
  return typeof value === "object" && value !== null && Object.values(value).some((item) => holdsTemplate(param, item as Json));
}

function literalType(value: Exclude<Json, null>, schema: JsonSchema): JsonType {
  if (Array.isArray(value)) return "array";
  if (typeof value === "object") return "object";
  if (typeof value !== "number") return typeof value as "string" | "boolean";
  const types = possibleTypes(schema);
  return types.includes("integer") && !types.includes("number") && Number.isInteger(value) ? "integer" : "number";
}

function connectionTemplate(id: string): string {
  return `{{ ${connectionExpression(id)}.get_uri() }}`;
}

/** `conn.dwh`; an id that Jinja would not take as an attribute goes through `get`. */
export function connectionExpression(id: string): string {
  const attribute = /^[A-Za-z][A-Za-z0-9_]*$/.test(id) && id !== "get";
  const quoted = `'${id.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return attribute ? `conn.${id}` : `conn.get(${quoted})`;
}

/** JSON with a space after `:` and `,`, as Python's json.dumps prints it: people read it in dag.py. */
function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item)}`).join(", ")}}`;
}

/** A copy in which `change` replaced every string; pointers are RFC 6901. Keys are never changed. */
export function mapStrings(value: Json, pointer: string, change: (text: string, pointer: string) => Json): Json {
  if (typeof value === "string") return change(value, pointer);
  if (Array.isArray(value)) return value.map((item, index) => mapStrings(item, `${pointer}/${index}`, change));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, `${pointer}/${escapeKey(key)}`, change)]));
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The schema of what lies at a pointer: through `properties`, `additionalProperties` and `items`; `{}` when unknown. */
export function schemaAt(schema: JsonSchema, pointer: string): JsonSchema {
  let found = schema;
  for (const segment of pointer.split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    const properties = found.properties ?? {};
    const rest = typeof found.additionalProperties === "object" ? found.additionalProperties : {};
    found = found.items ?? (Object.hasOwn(properties, key) ? (properties[key] ?? {}) : rest);
  }
  return found;
}

/** `readParam` with the parameter's name in the problem. */
export function readNamed(name: string, text: string, schema: JsonSchema): ParamRequest | RequestProblem {
  const read = readParam(text, schema);
  if ("value" in read) return { value: read.value, schema };
  return { problem: `parameter ${name}: ${read.problem}`, reason: "bad-parameter", exit_code: EXIT.badInput };
}

/** Reads the variables back. Missing optional parts get the value that `encodeRequest` leaves out. */
export function decodeRequest(env: { readonly [name: string]: string | undefined }): Request | RequestProblem {
  try {
    return readRequest(new Variables(env));
  } catch (error) {
    if (error instanceof BadVariable) return error.problem;
    // A schema that is none: only a dag.py changed by hand has one.
    const problem = `the request in the environment cannot be read (${error instanceof Error ? error.message : error}); compile the pipeline again`;
    return { problem, reason: "bad-request", exit_code: EXIT.usage };
  }
}

/** Thrown and caught within this file only. */
class BadVariable extends Error {
  readonly problem: RequestProblem;
  constructor(message: string, reason: Reason = "bad-request", exit_code: number = EXIT.usage) {
    super(message);
    this.problem = { problem: message, reason, exit_code };
  }
}

/** Checked reading of single variables. */
class Variables {
  readonly #env: { readonly [name: string]: string | undefined };
  constructor(env: { readonly [name: string]: string | undefined }) {
    this.#env = env;
  }

  optional(name: string): string | undefined {
    return this.#env[name];
  }

  text(name: string): string {
    const text = this.#env[name];
    if (text === undefined)
      throw new BadVariable(`the environment variable ${name} is missing; \`tradewind compile\` writes it into dag.py`);
    return text;
  }

  integer(name: string): number {
    const text = this.text(name);
    if (!/^\d{1,15}$/.test(text)) throw new BadVariable(`${name} must be a whole number, got ${quoteText(text)}`);
    return Number(text);
  }

  object(name: string): JsonObject {
    const text = this.#env[name];
    if (text === undefined) return {};
    const value = parseJson(text);
    if (!isJsonObject(value)) throw new BadVariable(`${name} must be a JSON map, got ${quoteText(text)}`);
    return value;
  }

  strings(name: string): readonly string[] {
    const text = this.#env[name];
    if (text === undefined) return [];
    return stringList(parseJson(text), name);
  }
}

function readRequest(variables: Variables): Request {
  const proto = variables.integer("TRADEWIND_PROTO");
  if (proto !== PROTO) {
    const advice = proto > PROTO ? "install a newer tradewind on the worker" : "compile the pipeline again";
    throw new BadVariable(`the DAG speaks protocol ${proto} and this launcher ${PROTO}: ${advice}`, "bad-request", EXIT.protocol);
  }
  const logical_date = variables.optional("TRADEWIND_LOGICAL_DATE");
  const code = variables.optional("TRADEWIND_CODE");
  const python = variables.optional("TRADEWIND_PYTHON") === undefined ? undefined : readPython(variables.object("TRADEWIND_PYTHON"));
  const index = variables.optional("TRADEWIND_PACKAGE_INDEX") === undefined ? undefined : variables.object("TRADEWIND_PACKAGE_INDEX");
  return {
    proto: PROTO,
    dag_id: variables.text("TRADEWIND_DAG"),
    run_id: variables.text("TRADEWIND_RUN_ID"),
    task: variables.text("TRADEWIND_TASK"),
    operator: variables.text("TRADEWIND_OPERATOR"),
    operator_digest: variables.text("TRADEWIND_OPERATOR_DIGEST"),
    ...(logical_date && { logical_date }),
    script: variables.text("TRADEWIND_SCRIPT"),
    ...(code !== undefined && { code }),
    ...(python !== undefined && { python }),
    ...(python !== undefined && index !== undefined && { package_index: readPackageIndex(index) }),
    params: mapEntries(variables.object("TRADEWIND_PARAMS"), (name, facts) => readParamFacts(name, facts, variables)),
    inputs: mapEntries(variables.object("TRADEWIND_INPUTS"), readInput),
    outputs: mapEntries(variables.object("TRADEWIND_OUTPUTS"), readOutput),
    connections: variables.strings("TRADEWIND_CONNECTIONS"),
    env: mapEntries(variables.object("TRADEWIND_ENV"), (name, text) => stringAt(text, `TRADEWIND_ENV: ${name}`)),
    limits: readLimits(variables.object("TRADEWIND_LIMITS")),
    effects: readEffects(variables.text("TRADEWIND_EFFECTS")),
    cache: readCache(variables.object("TRADEWIND_CACHE")),
    store: readStore(variables.text("TRADEWIND_STORE"), variables.object("TRADEWIND_STORE_OPTIONS")),
    tries: {
      number: variables.integer("TRADEWIND_TRY"),
      max: variables.integer("TRADEWIND_MAX_TRIES"),
      retries: variables.integer("TRADEWIND_RETRIES"),
    },
  };
}

function readParamFacts(name: string, facts: Json, variables: Variables): ParamRequest {
  const { schema, at } =
    typeof facts === "string" ? { schema: { type: facts }, at: undefined } : objectAt(facts, `TRADEWIND_PARAMS: ${name}`);
  // The schema came out of `encodeRequest`; readParam and checkValue ignore what they do not know.
  const typed = objectAt(schema, `TRADEWIND_PARAMS: ${name}.schema`) as JsonSchema;
  if (typed.type === "null") return { value: null, schema: typed };
  const text = variables.text(variableName("PARAM", name));
  if (at === undefined) return orThrow(readNamed(name, text, typed));
  const places = objectAt(at, `TRADEWIND_PARAMS: ${name}.at`);
  const { value } = orThrow(readNamed(name, text, typed));
  const put = mapStrings(value, "", (string, pointer) => {
    if (!Object.hasOwn(places, pointer)) return string;
    const variable = stringAt(places[pointer] ?? null, `TRADEWIND_PARAMS: ${name}.at`);
    return orThrow(readNamed(`${name}${pointer}`, variables.text(variable), schemaAt(typed, pointer))).value;
  });
  return { value: put, schema: typed };
}

function orThrow(read: ParamRequest | RequestProblem): ParamRequest {
  if ("problem" in read) throw new BadVariable(read.problem, read.reason, read.exit_code);
  return read;
}

function readPython(facts: JsonObject): PythonPlan {
  const { version, packages, requirements } = facts;
  return {
    ...(version !== undefined && { version: stringAt(version, "TRADEWIND_PYTHON: version") }),
    packages: packages === undefined ? [] : stringList(packages, "TRADEWIND_PYTHON: packages"),
    ...(requirements !== undefined && { requirements: stringAt(requirements, "TRADEWIND_PYTHON: requirements") }),
  };
}

function readPackageIndex(facts: JsonObject): PackageIndexPlan {
  const place = "TRADEWIND_PACKAGE_INDEX";
  const { index_url, extra_index_urls, find_links, connection } = facts;
  return {
    ...(index_url !== undefined && { index_url: stringAt(index_url, `${place}: index_url`) }),
    ...(extra_index_urls !== undefined && { extra_index_urls: stringList(extra_index_urls, `${place}: extra_index_urls`) }),
    ...(find_links !== undefined && { find_links: stringList(find_links, `${place}: find_links`) }),
    ...(connection !== undefined && { connection: stringAt(connection, `${place}: connection`) }),
  };
}

function readInput(port: string, facts: Json): InputRequest {
  const place = `TRADEWIND_INPUTS: ${port}`;
  const { types, optional, many, sources } = objectAt(facts, place);
  if (!Array.isArray(sources)) throw new BadVariable(`${place}.sources must be a list`);
  return {
    types: stringList(types, `${place}.types`),
    optional: optional === true,
    many: many === true,
    sources: sources.map((source: Json) => readSource(objectAt(source, `${place}.sources`), place)),
  };
}

function readSource(source: JsonObject, place: string): InputSource {
  const text = (key: string) => stringAt(source[key], `${place}.sources: ${key}`);
  switch (source.kind) {
    case "task":
      return { kind: "task", task: text("task"), port: text("port") };
    case "file":
      return { kind: "file", sha256: text("sha256"), name: text("name") };
    case "path":
      return { kind: "path", path: text("path") };
    default:
      throw new BadVariable(`${place}.sources: kind must be task, file or path, got ${quoteText(String(source.kind))}`);
  }
}

function readOutput(port: string, facts: Json): OutputPlan {
  const place = `TRADEWIND_OUTPUTS: ${port}`;
  const { type, extension, dir } = objectAt(facts, place);
  return { type: stringAt(type, `${place}.type`), extension: stringAt(extension, `${place}.extension`), dir: dir === true };
}

function readLimits(facts: JsonObject): Limits {
  const { execution_time, stage_time, grace, memory, memory_max, disk } = facts;
  return {
    ...(execution_time !== undefined && { execution_time: numberAt(execution_time, "TRADEWIND_LIMITS: execution_time") }),
    stage_time: numberAt(stage_time, "TRADEWIND_LIMITS: stage_time"),
    grace: numberAt(grace, "TRADEWIND_LIMITS: grace"),
    ...(memory !== undefined && { memory: numberAt(memory, "TRADEWIND_LIMITS: memory") }),
    ...(memory_max !== undefined && { memory_max: numberAt(memory_max, "TRADEWIND_LIMITS: memory_max") }),
    ...(disk !== undefined && { disk: numberAt(disk, "TRADEWIND_LIMITS: disk") }),
  };
}

function readEffects(text: string): Effects {
  if (text === "none" || text === "reads" || text === "writes") return text;
  throw new BadVariable(`TRADEWIND_EFFECTS must be none, reads or writes, got ${quoteText(text)}`);
}

/** On Airflow the cache is read, and never for a task that reads the outside world. */
function readCache(facts: JsonObject): CacheRequest {
  const { read, fresh, reads, keep, salt } = facts;
  return {
    read: read !== false,
    fresh: fresh === true,
    reads: reads === true,
    ...(keep !== undefined && { keep: numberAt(keep, "TRADEWIND_CACHE: keep") }),
    ...(salt !== undefined && { salt: stringAt(salt, "TRADEWIND_CACHE: salt") }),
  };
}

function readStore(url: string, options: JsonObject): StoreAddress {
  const given = storeOptions.flatMap((key) =>
    options[key] === undefined ? [] : [[key, stringAt(options[key], `TRADEWIND_STORE_OPTIONS: ${key}`)]],
  );
  const address: StoreAddress = { url, ...Object.fromEntries(given) };
  if (address.addressing === undefined || address.addressing === "path" || address.addressing === "virtual") return address;
  throw new BadVariable(`TRADEWIND_STORE_OPTIONS: addressing must be path or virtual, got ${quoteText(address.addressing)}`);
}

function mapEntries<T>(object: JsonObject, read: (name: string, value: Json) => T): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, read(name, value)]));
}

function objectAt(value: Json | undefined, place: string): JsonObject {
  if (!isJsonObject(value)) throw new BadVariable(`${place} must be a JSON map`);
  return value;
}

function stringAt(value: Json | undefined, place: string): string {
  if (typeof value !== "string") throw new BadVariable(`${place} must be text`);
  return value;
}

function numberAt(value: Json | undefined, place: string): number {
  if (typeof value !== "number") throw new BadVariable(`${place} must be a number`);
  return value;
}

function stringList(value: Json | undefined, place: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw new BadVariable(`${place} must be a JSON list of texts`);
  return value;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
