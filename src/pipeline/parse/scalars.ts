/** What is wrong with a single scalar, wherever it stands. */
import type { Span } from "../../protocol/diagnostic.ts";
import { quote, type Report } from "./report.ts";

/** What YAML 1.1 readers (PyYAML among them) take otherwise than YAML 1.2: the reading there, by the form of the text. */
const older: readonly { readonly form: RegExp; readonly reads: (text: string) => string; readonly number?: boolean }[] = [
  { form: /^(yes|on|Yes|On|YES|ON)$/, reads: () => "true" },
  { form: /^(no|off|No|Off|NO|OFF)$/, reads: () => "false" },
  { form: /^0o[0-7]+$/, reads: () => "a text", number: true },
  { form: /^[-+]?0[0-7]+$/, reads: (text) => `the octal number ${Number.parseInt(text, 8)}`, number: true },
  { form: /^[-+]?0b[01_]+$/, reads: () => "a binary number" },
  { form: /^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/, reads: () => "a number of base 60" },
  { form: /^[-+]?[1-9][0-9]*(_[0-9]+)+$/, reads: (text) => `the number ${text.replaceAll("_", "")}` },
];

export function checkOlderYaml(text: string, span: Span, report: Report): void {
  if (text.length === 0 || text.length > 40) return;
  const found = older.find(({ form }) => form.test(text));
  if (found === undefined) return;
  const meant = found.number ? String(Number(text)) : JSON.stringify(text);
  const what = found.number ? `the number ${meant}` : "a text";
  const message = `${quote(text)} is ${what} here, but ${found.reads(text)} for readers of YAML 1.1; write ${meant}`;
  report("yaml-1.1", span, message, { fix: { title: `write ${meant}`, edits: [{ span, text: meant }] } });
}

const loneSurrogate = /\p{Surrogate}/u;

/** Characters that no file of ours can hold: NUL ends a variable, half a surrogate pair is no UTF-8. */
export function checkCharacters(text: string, span: Span, report: Report): void {
  if (text.includes("\0")) report("bad-character", span, "a text holds the character NUL, which no variable or file name can");
  if (loneSurrogate.test(text)) report("bad-character", span, "a text holds half of a surrogate pair, which is no character");
}
