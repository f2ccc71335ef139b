/** The map under `job:`, wherever it stands: its keys, and what each of them holds. */
import { jobKeys, readKeys } from "../parse/keys.ts";
import { isNull, type MapNode } from "../parse/node.ts";
import { type Reader, readDuration, readMap, readString, readStrings, readText } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";

const readPositiveDuration: Reader<number> = (node, what, report) => {
  const seconds = readDuration(node, what, report);
  if (seconds !== 0) return seconds;
  report("invalid-duration", node.span, `${what} is a duration above 0`);
  return undefined;
};

/** Variables: a null takes away what a weaker layer set. */
const readVariables: Reader<true> = (node, what, report) => {
  const map = readMap(node, what, report);
  const wrong = map?.entries.filter(({ key, value }) => !isNull(value) && readText(value, `\`${key}\` of ${what}`, report) === undefined);
  return wrong?.length === 0 ? true : undefined;
};

const readers: { readonly [key: string]: Reader<unknown> } = {
  resource_flavor: readString,
  docker_image: readString,
  execution_time: readPositiveDuration,
  stage_time: readPositiveDuration,
  grace: readDuration,
  execution_script: readString,
  code: readString,
  package: readStrings,
  requirements: readString,
  env: readVariables,
};

/** The map with its keys as they are meant, and without what is wrong, which is told here once. */
export function checkJobMap(map: MapNode, report: Report): MapNode {
  const keys = readKeys(map, jobKeys, "`job`", report);
  const entries = [...keys.values()].filter(
    ({ key, value }) => isNull(value) || readers[key]?.(value, `\`job.${key}\``, report) !== undefined,
  );
  return { ...map, entries };
}
