/** `store`: where artifacts live and how that place is reached. */
import type { StorePlan } from "../../protocol/plan.ts";
import { isS3, parseS3Url, s3Url } from "../../protocol/store-address.ts";
import type { Entry } from "../parse/node.ts";
import { oneOf, origin, type Reader, readDuration, readString } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";

/** A store that nobody named belongs to its environment, so that dev never serves prod. */
export function readStore(keys: ReadonlyMap<string, Entry>, env: string, report: Report): StorePlan {
  const read = <K extends keyof StorePlan>(key: K, reader: Reader<NonNullable<StorePlan[K]>>): Pick<StorePlan, K> | undefined => {
    const entry = keys.get(key);
    const value = entry && reader(entry.value, `\`store.${key}\``, report);
    return value === undefined ? undefined : ({ [key]: value } as unknown as Pick<StorePlan, K>);
  };
  const addresses = { url: `.tradewind/store/${env}`, ...read("url", readUrl), ...read("code", readUrl), ...read("models", readUrl) };
  // Read in any case, so that what is wrong is said; for folders they mean nothing, and an environment may have one for once.
  const access = {
    ...read("connection", readConnection),
    ...read("endpoint", readEndpoint),
    ...read("region", readRegion),
    ...read("addressing", oneOf(["path", "virtual"])),
  };
  const remote = Object.values(addresses).some(isS3);
  return { ...addresses, ...(remote && access), ...read("keep", readDuration) };
}

const readUrl: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined) return undefined;
  const refuse = (problem: string) => {
    report("invalid-value", node.span, `${what} ${problem}`, { notes: origin(node) });
    return undefined;
  };
  if (text === "") return refuse("is a folder's path or s3://bucket/prefix, but is empty");
  if (isS3(text)) {
    const parsed = parseS3Url(text);
    return "problem" in parsed ? refuse(`${parsed.problem}; here is ${quote(text)}`) : s3Url(parsed);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return refuse(`is a folder's path or s3://bucket/prefix, not ${quote(text)}`);
  return text;
};

const readConnection: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined || /^[A-Za-z0-9_.-]+$/.test(text)) return text;
  // Not quoted: it may be the secret itself.
  const message = `${what} names a connection by its id (letters, digits, \`_\`, \`.\` and \`-\`), not its address; put that into AIRFLOW_CONN_<ID> or Airflow's connections`;
  report("invalid-value", node.span, message, { notes: origin(node) });
  return undefined;
};

const readEndpoint: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined) return undefined;
  const found = /^(https?:\/\/)(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(\/?)$/.exec(text);
  if (found !== null) return text.slice(0, text.length - (found[2] ?? "").length);
  const shown = text.includes("@") ? "one with a name or password: these belong into the connection" : quote(text);
  report("invalid-value", node.span, `${what} is the address of an S3 server, http[s]://host[:port], not ${shown}`, {
    notes: origin(node),
  });
  return undefined;
};

const readRegion: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined || /^[A-Za-z0-9-]+$/.test(text)) return text;
  report("invalid-value", node.span, `${what} is a region such as eu-central-1, not ${quote(text)}`, { notes: origin(node) });
  return undefined;
};
