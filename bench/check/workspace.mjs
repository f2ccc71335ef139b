/**
 * A generated workspace of a large team: projects with operators, presets and pipelines of their own beside those that all share, in
 * two environments. Of each 25 pipelines one is an operator that the other 24 use; each of those has eight tasks, three of them by
 * `for_each`, and two inside of what it uses. Without faults.
 */

const perUsed = 25;
const perProject = 250;

/** Texts by path, for `count` pipelines. */
export function makeWorkspace(count) {
  const files = new Map();
  const put = (path, ...lines) => files.set(path, `${lines.join("\n")}\n`);
  put(
    "tradewind.yaml",
    "default_env: dev",
    "vars: { schema: reports, countries: [de, fr, es], threshold: 0.5 }",
    "flavors:",
    "  cpu-2gb: { cpu: 1, memory: 2 GB }",
    "  cpu-8gb: { cpu: 4, memory: 8 GB }",
    "images: { python3-11: { image: python:3.11, python: '3.11' } }",
    "defaults: { retries: 1, retry_delay: 60s }",
  );
  for (const env of ["dev", "prod"]) {
    put(`env/${env}.yaml`, `store: { url: .tradewind/store-${env} }`, `vars: { warehouse: dwh_${env}, schema: ${env}_reports }`);
  }
  putOperators(put, "operators", 20);
  put(
    "presets/shared.yaml",
    ...Array.from(
      { length: 10 },
      (_, n) => `careful${n}: { retries: ${n + 2}, retry_delay: ${n + 1}m, job: { execution_time: ${n + 20}m } }`,
    ),
  );
  for (let first = 0; first < count; first += perProject) {
    const project = `projects/team${first / perProject}`;
    put(`${project}/project.yaml`, "airflow: { dag_id: '{project}_{name}' }", `vars: { owner: team${first / perProject} }`);
    put(`${project}/env/prod.yaml`, "vars: { threshold: 0.7 }", "defaults: { retries: 3 }");
    putOperators(put, `${project}/operators`, 10);
    put(
      `${project}/presets/own.yaml`,
      ...Array.from({ length: 5 }, (_, n) => `heavy${n}: { job: { resource_flavor: cpu-8gb, execution_time: ${n + 1}h } }`),
    );
    for (let n = first; n < Math.min(count, first + perProject); n += 1) {
      const used = n - (n % perUsed);
      put(`${project}/pipelines/${nameOf(n)}.yaml`, ...(n === used ? usedLines(n) : pipelineLines(n, used)));
    }
  }
  return files;
}

/** The name of pipeline `n`; one that is an operator has a name of that. */
function nameOf(n) {
  return n % perUsed === 0 ? `score_and_load_${n}` : `daily_${n}`;
}

/** The path of pipeline `n`. */
export function pathOf(n) {
  return `projects/team${Math.floor(n / perProject)}/pipelines/${nameOf(n)}.yaml`;
}

function putOperators(put, folder, count) {
  const place = folder.startsWith("projects") ? "own" : "shared";
  for (let n = 0; n < count; n += 1) {
    put(
      `${folder}/${place}_score${n}/operator.yaml`,
      `operator: ${place}_score${n}`,
      "description: Probability that each flight is late.",
      "params:",
      "  threshold: { type: number, minimum: 0, maximum: 1, default: 0.5, description: Above it a flight counts as late. }",
      "  country: { type: string, default: all }",
      "inputs: { data: { type: csv, columns: { dep_delay: number, carrier: string } } }",
      "outputs: { scores: { type: csv, columns: { flight_id: integer, late: boolean } } }",
      "job:",
      "  resource_flavor: cpu-2gb",
      "  docker_image: python3-11",
      "  execution_time: 60 minutes",
      "  execution_script: python -m score",
      "  code: .",
    );
  }
}

function usedLines(n) {
  return [
    "interface:",
    "  params: { table: { type: string }, threshold: { type: number, default: 0.5 } }",
    "  inputs: { data: score:data }",
    "  outputs: { scores: score:scores }",
    "tasks:",
    "  score:",
    `    operator_type: shared_score${n % 20}`,
    "    threshold: ${params.threshold}",
    "  load:",
    "    operator_type: csv_to_pg",
    "    inputs: { data: score }",
    "    connection: ${warehouse}",
    "    table: ${schema}.${params.table}",
  ];
}

function pipelineLines(n, used) {
  return [
    "dag:",
    `  name: ${nameOf(n)}`,
    '  schedule: "0 3 * * *"',
    "  timezone: Europe/Moscow",
    "  start_date: 2026-01-01",
    "  owner: ${owner}",
    "  base_resource: cpu-2gb",
    `  presets: [careful${n % 10}]`,
    "defaults:",
    "  job: { grace: 20s }",
    "tasks:",
    "  extract:",
    "    flights:",
    "      operator_type: pg_to_csv",
    "      connection: ${warehouse}",
    `      query: select * from flights where day = '{{ ds }}' and part = ${n}`,
    "  inference:",
    "    by_country:",
    `      operator_type: own_score${n % 10}`,
    "      for_each: { country: '${countries}' }",
    "      inputs: { data: extract.flights }",
    `      presets: [heavy${n % 5}]`,
    "      threshold: ${threshold}",
    "      country: ${country}",
    "    all:",
    `      operator_type: pipelines/${nameOf(used)}`,
    "      inputs: { data: extract.flights }",
    `      table: late_${n}`,
    "  load:",
    "    to_dwh:",
    "      operator_type: csv_to_pg",
    "      inputs: { data: inference.all:scores }",
    "      connection: ${warehouse}",
    `      table: \${schema}.scores_${n}`,
    "      needs: [inference]",
  ];
}
