/**
 * What Kubernetes does to the variables of a container before it starts: `$(NAME)` is the value of a variable that stands before it, `$$`
 * is `$`. Written after k8s.io/kubernetes third_party/forked/golang/expansion/expand.go, which works on bytes; what it does to a byte
 * beyond ASCII after a `$` is a fault of it that a text must not meet.
 */

/** The variables as the container's process gets them. */
export function expandVariables(variables: readonly { readonly name: string; readonly value?: string }[]): {
  readonly [name: string]: string;
} {
  const known: Record<string, string> = {};
  for (const { name, value } of variables) if (value !== undefined) known[name] = expand(value, known);
  return known;
}

export function expand(text: string, known: { readonly [name: string]: string }): string {
  const input = Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < input.length; at += 1) {
    if (input[at] !== dollar || at + 1 >= input.length) continue;
    parts.push(input.subarray(from, at));
    const { read, advance } = readReference(input.subarray(at + 1), known);
    parts.push(read);
    at += advance;
    from = at + 1;
  }
  parts.push(input.subarray(from));
  return Buffer.concat(parts).toString("utf8");
}

const dollar = 0x24;

function readReference(rest: Buffer, known: { readonly [name: string]: string }): { readonly read: Buffer; readonly advance: number } {
  if (rest[0] === dollar) return { read: rest.subarray(0, 1), advance: 1 };
  if (rest[0] !== 0x28) return { read: Buffer.from(`$${String.fromCodePoint(rest[0] ?? 0)}`, "utf8"), advance: 1 };
  const end = rest.indexOf(0x29);
  if (end < 0) return { read: Buffer.from("$("), advance: 1 };
  const name = rest.subarray(1, end).toString("utf8");
  return { read: Buffer.from(Object.hasOwn(known, name) ? (known[name] ?? "") : `$(${name})`), advance: end + 1 };
}
