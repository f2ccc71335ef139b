/** What a text was meant as, where a boolean or a number is wanted: `"true"`, yes, `"3"`. */
import type { Node } from "./node.ts";
import type { More } from "./report.ts";

/** Other readers of YAML take yes and no, on and off for booleans. */
export function meantBoolean(node: Node): string | undefined {
  const text = node.kind === "scalar" && typeof node.value === "string" ? node.value : "";
  if (/^(true|yes|on)$/i.test(text)) return "true";
  return /^(false|no|off)$/i.test(text) ? "false" : undefined;
}

/** A number as YAML and JSON write it. */
export function meantNumber(node: Node): string | undefined {
  const text = node.kind === "scalar" && typeof node.value === "string" ? node.value : "";
  return /^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?$/.test(text) ? text : undefined;
}

/** A fix that writes it plainly; quotes go with what stands between them. */
export function writeAs(meant: string | undefined, node: Node): Pick<More, "fix"> {
  if (meant === undefined || node.kind !== "scalar") return {};
  const quoted = node.span.end - node.span.start === node.text.length + 2;
  return { fix: { title: `write ${meant}`, edits: [{ span: node.span, text: meant, replaces: quoted ? `"${node.text}"` : node.text }] } };
}
