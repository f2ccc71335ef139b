/**
 * `npm start`: everything from nothing. Sets up what is missing, runs the example here, compiles it for Airflow, and says what came of
 * it and what to try next. The second time it redoes only the loads.
 */
import { relative } from "node:path";
import { asCommand, prepareExample, runTradewind, workspace } from "./example.mjs";
import { root } from "./provision.mjs";

const pipeline = "flight_delays";
const day = "2013-03-15";

await asCommand(async () => {
  const { env, stop } = await prepareExample();
  try {
    const here = relative(process.cwd(), workspace) || ".";
    console.log(`\n── tradewind run ${pipeline} --date ${day}      (in ${here})\n`);
    const ran = await runTradewind(["run", pipeline, "--date", day], env);
    if (ran !== 0) return ran;
    console.log(`\n── tradewind compile ${pipeline}\n`);
    const compiled = await runTradewind(["compile", pipeline], env);
    if (compiled !== 0) return compiled;
    console.log("\n── what the warehouse got\n");
    await showLoaded(env.AIRFLOW_CONN_DWH);
    console.log(`
── what to try next

  npm run example -- run ${pipeline} --date 2013-03-16
      another day of the month: the model is found in the cache
  npm run example -- run ${pipeline} --date ${day} --set min_auc=0.99
      a demand that the model does not meet: nothing is loaded
  npm run example -- explain ${pipeline} --env prod
      each value in prod, and the file and line that it comes from
  npm run example -- show latest
      tasks, attempts and artifacts of the last run
  ${relative(root, workspace)}/projects/flights/pipelines/${pipeline}.yaml
      the pipeline: edit it and run again
  ${relative(root, workspace)}/dags/prod/${pipeline}.py
      what Airflow gets`);
    return 0;
  } finally {
    await stop();
  }
});

/** Prints what the two loads left in the warehouse. */
async function showLoaded(uri) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    const { rows: counts } = await client.query(
      "select count(*)::int as scores, count(*) filter (where late)::int as late from dev.flight_scores where day = $1",
      [day],
    );
    console.log(`dev.flight_scores: ${counts[0].scores} flights of ${day}, ${counts[0].late} of them expected late. The most likely:`);
    const { rows: scores } = await client.query(
      "select flight_id, carrier, round(probability::numeric, 3) as probability, late from dev.flight_scores where day = $1 order by probability desc, flight_id limit 3",
      [day],
    );
    console.table(scores);
    console.log("dev.carrier_report:");
    const { rows: carriers } = await client.query(
      "select carrier, name, flights, late, round(share::numeric, 3) as share from dev.carrier_report where day = $1 order by share desc, carrier limit 3",
      [day],
    );
    console.table(carriers);
  } finally {
    await client.end();
  }
}
