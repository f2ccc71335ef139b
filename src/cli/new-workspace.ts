/** The files of a new workspace. test/cli/init.test.ts makes one, checks, compiles and runs it. */
import { editorFiles } from "./editors.ts";

export interface NewFile {
  readonly path: string;
  /** What it is, in half a line. */
  readonly about: string;
  readonly text: string;
}

/** `name` is the folder's. */
export function newWorkspace(name: string): readonly NewFile[] {
  return [
    { path: "tradewind.yaml", about: "settings of all environments; marks the workspace", text: base },
    { path: "env/dev.yaml", about: "what is different in dev", text: dev },
    { path: "env/prod.yaml", about: "what is different in prod", text: prod },
    { path: "pipelines/hello.yaml", about: "the pipeline: what runs, in which order, with what", text: pipeline },
    { path: "pipelines/orders.csv", about: "its data", text: orders },
    { path: "operators/select_orders/operator.yaml", about: "an operator: interface and job", text: selectOrders },
    { path: "operators/sum_orders/operator.yaml", about: "another one", text: sumOrders },
    { path: "README.md", about: "how to work here", text: readme(name) },
    { path: ".gitignore", about: "leaves local runs and secrets out of git", text: gitignore },
    ...editorFiles,
  ];
}

const base = `# Layer 1 of the settings: true everywhere unless env/<env>.yaml says otherwise.
default_env: dev

flavors: # resources that jobs ask for by name
  small: { cpu: 1, memory: 512 MB }

defaults: # of every task
  retries: 1
  retry_delay: 30 seconds

vars: # read as \${name}
  smallest_order: 0
`;

const dev = `# Layer 2: only in dev. Nothing is different yet.
vars: {}
`;

const prod = `# Layer 2: only in prod.
# store: { url: /shared/tradewind/prod } # a folder that all Airflow workers see

defaults:
  retries: 3
  retry_delay: 5 minutes

vars:
  smallest_order: 100
`;

const pipeline = `dag:
  name: hello
  description: Orders worth a look, and their sum by country.
  schedule: "0 6 * * *" # each morning
  timezone: UTC
  start_date: 2026-01-01
  base_resource: small
  owner: you
  tags: [example]

tasks:
  prepare:
    orders:
      operator_type: select_orders
      inputs: { orders: ./pipelines/orders.csv }
      minimum: \${smallest_order} # a setting: it differs between env/dev.yaml and env/prod.yaml
  report:
    by_country:
      operator_type: sum_orders
      needs: [prepare.orders] # its output fits the port \`orders\`, so it is bound
      day: "{{ ds }}" # rendered by Airflow when it runs, and just so here
`;

const orders = `id,country,amount
1,DE,120.50
2,FR,80.00
3,DE,45.25
4,IT,310.00
5,FR,150.75
6,IT,12.00
`;

const selectOrders = `operator: select_orders
description: The orders that are worth at least a minimum.
params:
  minimum: { type: number, minimum: 0, description: Smaller orders are left out. }
inputs:
  orders: { type: csv }
outputs:
  selected: { type: csv }
job:
  execution_time: 5 minutes
  # Ports and parameters are environment variables; nothing is ever pasted into the script.
  execution_script: |
    awk -F, -v minimum="$PARAM_MINIMUM" 'NR == 1 || $3 >= minimum + 0' "$INPUT_ORDERS" > "$OUTPUT_SELECTED"
effects: none # the same inputs give the same outputs, so a repeated run takes them from the cache
`;

const sumOrders = `operator: sum_orders
description: Number and sum of the orders of each country.
params:
  day: { type: string, description: Day of the report. }
inputs:
  orders: { type: csv }
outputs:
  totals: { type: csv }
job:
  execution_time: 5 minutes
  execution_script: |
    {
      echo "day,country,orders,amount"
      tail -n +2 "$INPUT_ORDERS" | LC_ALL=C sort -t, -k2,2 | awk -F, -v day="$PARAM_DAY" '
        function flush() { if (orders) printf "%s,%s,%d,%.2f\\n", day, country, orders, amount }
        $2 != country { flush(); country = $2; orders = 0; amount = 0 }
        { orders++; amount += $3 }
        END { flush() }'
    } > "$OUTPUT_TOTALS"
    cat "$OUTPUT_TOTALS" # what a script prints is in its log: tradewind logs RUN report.by_country
effects: none
`;

const gitignore = `# Local runs, artifacts and caches
.tradewind/
# Connections of this machine: AIRFLOW_CONN_…=…
.env
`;

function readme(name: string): string {
  return `# ${name}

Pipelines, written in YAML and run by [Airflow](https://airflow.apache.org).

    tradewind check              # every mistake in every environment, with its line
    tradewind run hello          # run a pipeline here (dev); again: what is unchanged is taken from the cache
    tradewind run hello --env prod --date 2026-01-15
    tradewind runs               # what ran
    tradewind explain hello      # what each value is, and which file says so
    tradewind operators          # what there is to use, and how
    tradewind compile            # write dags/<env>/<dag_id>.py for Airflow
    tradewind compile --check    # for CI: are they current?

| folder | holds |
|---|---|
| \`pipelines/\` | one pipeline a file: groups, tasks, their operators and parameters |
| \`operators/<name>/\` | an operator: its interface and its job, with the code beside it |
| \`tradewind.yaml\`, \`env/\` | settings, and what is different in dev and prod |
| \`dags/\` | what Airflow runs; written by \`tradewind compile\`, never by hand |

Connections are named in pipelines and given from outside: in Airflow as its connections, here as \`AIRFLOW_CONN_<ID>\` in the
environment or in \`.env\`, which git ignores.

VS Code (with the extension redhat.vscode-yaml) and JetBrains' editors complete operators and parameters and mark what is wrong, by
schemas that \`tradewind schema\` writes; \`tradewind check\` keeps them current.
`;
}
