/** `--set` of a variable that nothing reads would change nothing, so it is a slip. */
import { UsageError, unknownName } from "./errors.ts";

/** Throws UsageError when no text of the workspace has a `${…}` that reads the variable, or a part or the whole of it. */
export function refuseUnreadVariables(set: Readonly<Record<string, string>> | undefined, texts: ReadonlyMap<string, unknown>): void {
  const given = Object.keys(set ?? {});
  if (given.length === 0) return;
  const read = new Set<string>();
  for (const text of texts.values()) {
    if (typeof text !== "string") continue;
    for (const [, name = ""] of text.matchAll(/\$\{([A-Za-z_][\w.-]*?)(?::-[^}]*)?\}/g)) read.add(name);
  }
  for (const name of given) {
    const isRead = [...read].some((other) => other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`));
    if (isRead) continue;
    if (read.size === 0) throw new UsageError(`--set ${name}: nothing in this workspace reads a variable by \${…}`);
    throw unknownName("variable", name, [...read].sort());
  }
}
