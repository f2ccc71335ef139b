/** `tolerations` of a flavor: Kubernetes' own, with the names of its Python client. */
import type { TolerationPlan } from "../../protocol/plan.ts";
import { readKeys } from "../parse/keys.ts";
import { describe, type Node } from "../parse/node.ts";
import { integerFrom, oneOf, type Reader, readMap, readText } from "../parse/read.ts";
import type { Report } from "../parse/report.ts";
import { aboutToleration } from "./keys.ts";

export const tolerationOperators = ["Equal", "Exists"] as const;
export const tolerationEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

export const readTolerations: Reader<readonly TolerationPlan[]> = (node, what, report) => {
  if (node.kind === "list") return node.items.flatMap((item) => readToleration(item, what, report) ?? []);
  report("wrong-type", node.span, `${what} is a list of maps, but here is ${describe(node)}`);
  return undefined;
};

function readToleration(node: Node, list: string, report: Report): TolerationPlan | undefined {
  const what = `each of ${list}`;
  const map = readMap(node, what, report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, Object.keys(aboutToleration), what, report);
  const read = <K extends keyof TolerationPlan>(
    key: K,
    reader: Reader<NonNullable<TolerationPlan[K]>>,
  ): Pick<TolerationPlan, K> | object => {
    const entry = keys.get(key);
    const got = entry && reader(entry.value, `\`${key}\` of ${what}`, report);
    return got === undefined ? {} : { [key]: got };
  };
  const toleration: TolerationPlan = {
    ...read("key", readText),
    ...read("operator", oneOf(tolerationOperators)),
    ...read("value", readText),
    ...read("effect", oneOf(tolerationEffects)),
    ...read("toleration_seconds", integerFrom(0, 2 ** 31)),
  };
  const refused = faultOf(toleration);
  if (refused !== undefined) report("invalid-value", node.span, `${what} ${refused}`);
  return toleration;
}

/** What Kubernetes itself would refuse when the pod is made. */
function faultOf({ key, operator, value, effect, toleration_seconds }: TolerationPlan): string | undefined {
  if (operator === "Exists" && value !== undefined) return "has no `value` when its `operator` is Exists";
  if (operator !== "Exists" && key === undefined) return "has a `key`, unless its `operator` is Exists";
  if (toleration_seconds !== undefined && effect !== "NoExecute") return "has `toleration_seconds` only when its `effect` is NoExecute";
  return undefined;
}
