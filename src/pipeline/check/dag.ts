/** The facts of the dag: schedule, zone and dates, and what Airflow would refuse of names. */

import { didYouMean, quote } from "../parse/report.ts";
import { cronProblem, dateProblem, nearestZone, parseDate, zoneProblem } from "../timetable.ts";
import type { Check } from "./signature.ts";

/** Airflow's columns, in characters. */
const longest = { dag_id: 250, owner: 500, tag: 100 };

export const checkDag: Check = ({ dag }, report) => {
  const { name, dagId } = dag;
  if (name && dagId !== undefined) {
    if (!/^[A-Za-z0-9_.-]+$/.test(dagId)) {
      report("invalid-name", name.span, `the dag_id ${quote(dagId)} is not one of Airflow's: letters, digits, \`_\`, \`.\` and \`-\``);
    } else if (dagId.length > longest.dag_id) {
      report(
        "invalid-name",
        name.span,
        `the dag_id \`${dagId.slice(0, 40)}…\` has ${dagId.length} characters; Airflow takes ${longest.dag_id}`,
      );
    }
  }
  if (dag.schedule) {
    const problem = cronProblem(dag.schedule.value);
    if (problem !== undefined) report("invalid-cron", dag.schedule.span, `\`schedule\`: ${problem}`);
  }
  const zone = dag.timezone;
  if (zone) {
    const problem = zoneProblem(zone.value);
    if (problem !== undefined) {
      const near = nearestZone(zone.value);
      report("invalid-timezone", zone.span, `${quote(zone.value)} is no time zone, such as Europe/Moscow or UTC${didYouMean(near)}`);
    }
  }
  for (const [key, date] of [
    ["start_date", dag.startDate],
    ["end_date", dag.endDate],
  ] as const) {
    const problem = date && dateProblem(date.value);
    if (date && problem !== undefined) report("invalid-date", date.span, `\`${key}\`: ${problem}`);
  }
  const start = dag.startDate && parseDate(dag.startDate.value);
  const end = dag.endDate && parseDate(dag.endDate.value);
  if (start !== undefined && end !== undefined && dag.endDate && end < start) {
    const notes = dag.startDate ? [{ message: "it starts here", span: dag.startDate.span }] : [];
    report("invalid-date", dag.endDate.span, `\`end_date\` ${end.slice(0, 10)} is before \`start_date\``, { notes });
  }
  if (dag.catchup && dag.startDate === undefined && dag.schedule) {
    report("missing-key", dag.catchupSpan ?? dag.span, "`catchup` runs every interval since `start_date`, which `dag` does not have");
  }
  if (dag.owner && (dag.owner.value === "" || dag.owner.value.length > longest.owner)) {
    report("invalid-name", dag.owner.span, `an owner has 1 to ${longest.owner} characters, not ${dag.owner.value.length}`);
  }
  const tags = new Map<string, (typeof dag.tags)[number]>();
  for (const tag of dag.tags) {
    const first = tags.get(tag.value);
    if (tag.value === "" || tag.value.length > longest.tag) {
      report("invalid-name", tag.span, `a tag has 1 to ${longest.tag} characters, not ${tag.value.length}`);
    }
    if (first === undefined) tags.set(tag.value, tag);
    else
      report("duplicate-key", tag.span, `the tag ${quote(tag.value)} stands twice`, {
        notes: [{ message: "it stands here already", span: first.span }],
      });
  }
  for (const { key, keySpan } of dag.paramEntries) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) continue;
    report(
      "invalid-name",
      keySpan,
      `${quote(key)} is no name of a run parameter: letters, digits and \`_\`, so that \`{{ params.x }}\` can name it`,
    );
  }
};
