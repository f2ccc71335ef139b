/** Airflow 2 takes the bare name of a group in a group for an id, so none may be called like what stands before it at the root. */
import type { Group } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

export const checkGroups: Check = ({ groups, settings }, report) => {
  if (settings.target === "3") return;
  const hint = "rename one, or say `airflow: { version: 3 }` in the settings";
  const holders = new Map<string, Group[]>();
  for (const group of groups) {
    const root = rootOf(group);
    if (root === group.id) continue;
    const name = group.id.slice(group.id.lastIndexOf(".") + 1);
    if (name === root) {
      report("name-clash", group.nameSpan, `the group \`${group.id}\` lies in a group of the same name, which Airflow 2 refuses; ${hint}`);
    } else holders.set(name, [...(holders.get(name) ?? []), group]);
  }
  // `a.b` must be defined before `b`, and `b.a` before `a`.
  for (const [name, inside] of holders) {
    for (const group of inside) {
      const root = rootOf(group);
      const other = holders.get(root)?.find((one) => rootOf(one) === name);
      if (other === undefined || root > name) continue;
      const notes = [{ message: `\`${other.id}\``, span: other.nameSpan }];
      report("name-clash", group.nameSpan, `Airflow 2 takes no groups \`${group.id}\` and \`${other.id}\` in one DAG; ${hint}`, { notes });
    }
  }
};

function rootOf({ id }: Group): string {
  return id.split(".", 1)[0] ?? id;
}
