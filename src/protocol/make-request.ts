/** The request of a local run, made straight from the Plan; equal to what `decodeRequest` reads on an Airflow worker. */
import type { JobTaskPlan, ParamPlan, Plan } from "./plan.ts";
import { type CacheRequest, type ParamRequest, PROTO, type Request } from "./request.ts";
import { isRendered, mapStrings, type RequestProblem, readNamed, schemaAt, taskLimits, taskPython, travelSchema } from "./request-env.ts";
import type { StoreAddress } from "./store-address.ts";

/** What a local run knows beside the Plan. */
export interface RequestFacts {
  readonly run_id: string;
  readonly logical_date?: string;
  /** Its folders are absolute. */
  readonly store: StoreAddress;
  readonly cache: CacheRequest;
  readonly try_number: number;
  readonly max_tries: number;
}

/** The request of a local run: the same values, rendered here by `render`. What `render` throws passes through. */
export function makeRequest(
  plan: Plan,
  task: JobTaskPlan,
  facts: RequestFacts,
  render: (text: string) => string,
): Request | RequestProblem {
  const params: [string, ParamRequest][] = [];
  for (const [name, param] of Object.entries(task.params)) {
    const made = makeParam(name, param, render);
    if ("problem" in made) return made;
    params.push([name, made]);
  }
  const { job } = task;
  const python = taskPython(task);
  return {
    proto: PROTO,
    dag_id: plan.dag.dag_id,
    run_id: facts.run_id,
    task: task.id,
    operator: task.operator,
    operator_digest: job.digest,
    ...(facts.logical_date !== undefined && { logical_date: facts.logical_date }),
    script: job.script,
    ...(job.code !== undefined && { code: job.code }),
    ...(python !== undefined && { python }),
    ...(python !== undefined && plan.package_index !== undefined && { package_index: plan.package_index }),
    params: Object.fromEntries(params),
    inputs: task.inputs,
    outputs: task.outputs,
    connections: task.connections,
    env: job.env,
    limits: taskLimits(task),
    effects: task.effects,
    cache: facts.cache,
    store: facts.store,
    tries: { number: facts.try_number, max: facts.max_tries, retries: task.retries },
  };
}

function makeParam(name: string, param: ParamPlan, render: (text: string) => string): ParamRequest | RequestProblem {
  const schema = travelSchema(param);
  const { value } = param;
  if (typeof value === "string" && isRendered(param, value)) return readNamed(name, render(value), schema);
  let problem: RequestProblem | undefined;
  const put = mapStrings(value, "", (text, pointer) => {
    if (pointer === "" || !isRendered(param, text)) return text;
    const read = readNamed(`${name}${pointer}`, render(text), schemaAt(schema, pointer));
    if ("problem" in read) problem ??= read;
    return "problem" in read ? null : read.value;
  });
  return problem ?? { value: put, schema };
}
