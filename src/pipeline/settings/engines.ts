/** What runs the jobs: `engine`, `engines` and `launcher` of the settings. */
import { isJsonObject } from "../../protocol/json.ts";
import type { EngineName, EngineOverride, EnginesPlan, KubernetesOverride, LauncherPlan } from "../../protocol/plan.ts";
import { readKeys, reportUnknownKey } from "../parse/keys.ts";
import { type Entry, type MapNode, toJson } from "../parse/node.ts";
import { oneOf, type Reader, readMap, readString } from "../parse/read.ts";
import { quote, type Report } from "../parse/report.ts";
import { aboutContainerEngine, aboutEngine, aboutKubernetesEngine, aboutLauncher, aboutSecret } from "./keys.ts";
import type { ChosenEngine, Settings } from "./types.ts";

export const engineNames: readonly EngineName[] = ["process", "docker", "kubernetes"];

const readEngine: Reader<EngineName> = oneOf(engineNames);

/** The engine with its place. */
export function chooseEngine(entry: Entry | undefined, what: string, report: Report): ChosenEngine | undefined {
  const value = entry && readEngine(entry.value, what, report);
  if (entry === undefined || value === undefined) return undefined;
  const { span, via } = entry.value;
  return { value, span, ...(via ? { via } : {}) };
}

/** `engines` as the Plan has it, and what the Plan has resolved. */
export function readEngines(entry: Entry | undefined, report: Report): Pick<Settings, "engines" | "engineImages"> {
  const map = entry && readMap(entry.value, "`engines`", report);
  const engines: { [engine in EngineName]?: EngineOverride } = {};
  const images = new Map<EngineName, { readonly value: string; readonly span: MapNode["span"] }>();
  for (const { key, keySpan, value } of map?.entries ?? []) {
    const name = engineNames.find((engine) => engine === key);
    if (name === undefined) {
      reportUnknownKey({ key, keySpan, value }, engineNames, "`engines`", report);
      continue;
    }
    const what = `\`engines.${name}\``;
    const own = readMap(value, what, report);
    if (own === undefined) continue;
    const keys = readKeys(own, knownKeys(name), what, report);
    engines[name] = { ...readOverride(name, keys, report), ...(name === "kubernetes" ? readKubernetes(keys, report) : {}) };
    const image = keys.get("image");
    const reference = image && readString(image.value, `\`engines.${name}.image\``, report);
    if (image && reference !== undefined) images.set(name, { value: reference, span: image.value.span });
  }
  return { engines: engines satisfies EnginesPlan, engineImages: images };
}

function knownKeys(name: EngineName): readonly string[] {
  return Object.keys({ process: aboutEngine, docker: aboutContainerEngine, kubernetes: aboutKubernetesEngine }[name]);
}

function readOverride(name: EngineName, keys: ReadonlyMap<string, Entry>, report: Report): EngineOverride {
  const operator = keys.get("operator");
  const named = keys.get("arguments");
  const path = operator && readClassPath(operator.value, `\`engines.${name}.operator\``, report);
  const json = named && readMap(named.value, `\`engines.${name}.arguments\``, report) && toJson(named.value);
  return { ...(path ? { operator: path } : {}), ...(isJsonObject(json) ? { arguments: json } : {}) };
}

function readKubernetes(keys: ReadonlyMap<string, Entry>, report: Report): KubernetesOverride {
  const connections = keys.get("connections");
  const claim = keys.get("volume_claim");
  const volume_claim = claim && readDnsName(claim.value, "`engines.kubernetes.volume_claim`", report);
  const what = "`engines.kubernetes.connections`";
  const map = connections && readMap(connections.value, what, report);
  const own = map ? readKeys(map, Object.keys(aboutSecret), what, report) : new Map<string, Entry>();
  const read = (key: string, reader: Reader<string>) => {
    const entry = own.get(key);
    return entry && reader(entry.value, `\`engines.kubernetes.connections.${key}\``, report);
  };
  const secret = read("secret", readDnsName);
  const key = read("key", readSecretKey);
  return {
    ...(map ? { connections: { secret: secret ?? usualSecret.secret, key: key ?? usualSecret.key } } : {}),
    ...(volume_claim === undefined ? {} : { volume_claim }),
  };
}

/** Where pods find a connection when the settings say nothing. */
export const usualSecret = { secret: "airflow-conn-{id}", key: "uri" };

/** What Kubernetes takes as a name; `{id}` may stand in it. */
const readDnsName: Reader<string> = matching(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  "a name as Kubernetes takes it: small letters, digits, `-` and `.`",
);
const readSecretKey: Reader<string> = matching(/^[A-Za-z0-9._-]{1,253}$/, "a key of a Secret: letters, digits, `-`, `_` and `.`");

function matching(pattern: RegExp, kind: string): Reader<string> {
  return (node, what, report) => {
    const text = readString(node, what, report);
    if (text === undefined || pattern.test(text.replaceAll("{id}", "id"))) return text;
    report("invalid-value", node.span, `${what} is ${kind}, not ${quote(text)}`);
    return undefined;
  };
}

const readClassPath: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined || /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(text)) return text;
  report("invalid-value", node.span, `${what} is a class with its module, such as airflow.operators.bash.BashOperator, not ${quote(text)}`);
  return undefined;
};

const usual = { kind: "command", command: "tradewind" } as const;

/** A text is a command, or `pip: …`; a map may hold what containers need too. */
export function readLauncher(entry: Entry | undefined, report: Report): Pick<Settings, "launcher" | "launcherCommand"> {
  if (entry === undefined) return { launcher: usual, launcherCommand: false };
  const { value } = entry;
  if (value.kind !== "map") {
    const text = readString(value, "`launcher`", report);
    const pip = text && /^pip:\s*(.+)$/.exec(text)?.[1];
    if (pip) return { launcher: { kind: "pip", requirement: pip }, launcherCommand: false };
    const command = text === undefined ? undefined : checkCommand(text, "`launcher`", value.span, report);
    return { launcher: command === undefined ? usual : { kind: "command", command }, launcherCommand: command !== undefined };
  }
  const keys = readKeys(value, Object.keys(aboutLauncher), "`launcher`", report);
  const read = (key: string, reader: Reader<string>) => {
    const own = keys.get(key);
    return own && reader(own.value, `\`launcher.${key}\``, report);
  };
  const pip = read("pip", readString);
  const command = read("command", (node, what) => {
    const text = readString(node, what, report);
    return text === undefined ? undefined : checkCommand(text, what, node.span, report);
  });
  if (pip !== undefined && command !== undefined) {
    report(
      "invalid-value",
      keys.get("pip")?.keySpan ?? value.span,
      "`launcher` has both `pip` and `command`: a worker finds it by one of them",
    );
  }
  const image = read("image", readString);
  const folder = read("folder", readFolder);
  const worker: LauncherPlan =
    pip === undefined ? { kind: "command", command: command ?? usual.command } : { kind: "pip", requirement: pip };
  return {
    launcher: { ...worker, ...(image === undefined ? {} : { image }), ...(folder === undefined ? {} : { folder }) },
    launcherCommand: command !== undefined,
  };
}

function checkCommand(text: string, what: string, span: MapNode["span"], report: Report): string | undefined {
  if (/^[\w./-]+$/.test(text)) return text;
  report("invalid-value", span, `${what} is a command on PATH, a path, or \`pip: tradewind==1.0\`, not ${quote(text)}`);
  return undefined;
}

const readFolder: Reader<string> = (node, what, report) => {
  const text = readString(node, what, report);
  if (text === undefined || /^\/[^\0\n\r]*$/.test(text)) return text;
  report("invalid-value", node.span, `${what} is an absolute path on the Docker host, such as /opt/tradewind, not ${quote(text)}`);
  return undefined;
};
