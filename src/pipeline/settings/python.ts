/** `python:` of the settings: where Python packages come from. */
import { indexAddress } from "../../protocol/package-index.ts";
import type { PackageIndexPlan } from "../../protocol/plan.ts";
import { readKeys } from "../parse/keys.ts";
import type { Entry, Node } from "../parse/node.ts";
import { origin, type Reader, readMap, readString, readStrings } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import { aboutPython } from "./keys.ts";

/** Undefined when nothing is said, or nothing that can be used. */
export function readPackageIndex(entry: Entry | undefined, report: Report): PackageIndexPlan | undefined {
  const map = entry && readMap(entry.value, "`python`", report);
  if (map === undefined) return undefined;
  const keys = readKeys(map, Object.keys(aboutPython), "`python`", report);
  const read = <T>(key: keyof typeof aboutPython, reader: Reader<T>) => {
    const found = keys.get(key);
    return found && reader(found.value, `\`python.${key}\``, report);
  };
  const index_url = read("index_url", readAddress);
  const extra = read("extra_index_urls", readAddresses);
  const links = read("find_links", readPlaces);
  const connection = read("connection", readString);
  for (const key of ["extra_index_urls", "connection"] as const) {
    const found = keys.get(key);
    if (found && !keys.has("index_url"))
      report("invalid-value", found.keySpan, `\`python.${key}\` goes with \`python.index_url\`; name that too`);
  }
  if (index_url === undefined && links === undefined) return undefined;
  return {
    ...(index_url !== undefined && { index_url }),
    ...(extra !== undefined && { extra_index_urls: extra }),
    ...(links !== undefined && { find_links: links }),
    ...(connection !== undefined && { connection }),
  };
}

function checkAddress(text: string, node: Node, what: string, places: boolean, report: Report): boolean {
  if (indexAddress.test(text) || (places && /^\/[^\n\0]*$/.test(text))) return true;
  const secret = /^https?:\/\/[^/]*@/.test(text);
  const expected = `the address of a package index such as https://pypi.company/simple${places ? ", or an absolute path" : ""}`;
  const message = secret
    ? `${what} holds a login; name a connection in \`python.connection\` and leave the login out of the file`
    : `${what} is ${expected}, not ${quote(text)}`;
  report("invalid-value", node.span, message, { notes: origin(node) });
  return false;
}

const readAddress: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  return text !== undefined && checkAddress(text, node, what, false, report) ? text : undefined;
};

const readAddresses: Reader<readonly string[]> = (node, what, report) => readEach(node, what, false, report);
const readPlaces: Reader<readonly string[]> = (node, what, report) => readEach(node, what, true, report);

function readEach(node: Node, what: string, places: boolean, report: Report): readonly string[] | undefined {
  const items = node.kind === "list" ? node.items : [node];
  const read = readStrings(node, what, report);
  if (read === undefined || read.length !== items.length) return undefined;
  const good = read.filter((text, place) => checkAddress(text, items[place] ?? node, `each of ${what}`, places, report));
  return good.length === items.length && good.length > 0 ? good : undefined;
}
