/** The settings files: one schema for all four layers. A null takes away what a weaker layer says. */

import { indexAddress } from "../../protocol/package-index.ts";
import { engineNames } from "../settings/engines.ts";
import {
  aboutAirflow,
  aboutContainerEngine,
  aboutEngine,
  aboutFlavor,
  aboutImage,
  aboutKubernetesEngine,
  aboutLauncher,
  aboutPython,
  aboutSecret,
  aboutSettings,
  aboutStore,
  aboutToleration,
  aboutType,
} from "../settings/keys.ts";
import { tolerationEffects, tolerationOperators } from "../settings/tolerations.ts";
import { imageSchema } from "./job.ts";
import { defaultsSchema } from "./task.ts";
import {
  duration,
  flag,
  freeMap,
  integer,
  matching,
  namedBy,
  oneOf,
  plainText,
  record,
  type Schema,
  settable,
  size,
  text,
  texts,
} from "./values.ts";
import type { Words } from "./words.ts";

const classPath = matching(String.raw`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$`, "a class with its module");

const storeUrl = { ...matching("^(?![A-Za-z][A-Za-z0-9+.-]*://)|^s3://", "a folder's path or s3://bucket/prefix"), minLength: 1 };

const endpointPattern = String.raw`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?$`;

/** Written without quotes, 3.1 is a number. */
const versionNumber: Schema = { type: ["string", "number"], minimum: 2, exclusiveMaximum: 4 };

const address = matching(indexAddress.source, "the address of a package index, without a login");

function oneOrMore(item: Schema): Schema {
  return { anyOf: [item, { type: "array", items: item, minItems: 1 }] };
}

export function settingsSchema(words: Words): Schema {
  const values: { readonly [key in keyof typeof aboutSettings]: Schema } = {
    airflow: settable(
      record(aboutAirflow, {
        version: settable({
          ...matching(String.raw`^(portable|[23](\.\d+)*)$`, "portable, or a version of Airflow 2 or 3"),
          ...versionNumber,
          examples: ["portable", "2", "3"],
        }),
        dag_id: settable(
          matching(String.raw`^([A-Za-z0-9_.-]|\{(name|env|project)\})*$`, "made of letters, digits, _ . -, {name}, {env} and {project}"),
        ),
        connection: settable(text),
        macros: settable(texts),
        operators: settable(matching(String.raw`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`, "a package of Python, such as company.operators")),
      }),
    ),
    store: settable(
      record(aboutStore, {
        url: settable(storeUrl),
        connection: settable(matching("^[A-Za-z0-9_.-]+$", "the id of a connection")),
        endpoint: settable(matching(endpointPattern, "the address of an S3 server: http[s]://host[:port]")),
        region: settable({ ...matching("^[A-Za-z0-9-]+$", "a region"), examples: ["us-east-1", "eu-central-1"] }),
        addressing: settable(oneOf(["path", "virtual"])),
        code: settable(storeUrl),
        models: settable(storeUrl),
        keep: settable(duration),
      }),
    ),
    engine: settable(oneOf(engineNames)),
    engines: settable(enginesSchema(words)),
    launcher: settable({
      ...record(aboutLauncher, {
        command: settable(matching(String.raw`^[\w./-]+$`, "a command on PATH, or a path")),
        pip: settable(text),
        image: settable(text),
        folder: settable(matching("^/", "an absolute path, such as /opt/tradewind")),
      }),
      ...matching(String.raw`^(pip:\s*.+|[\w./-]+)$`, "a command on PATH, a path, or pip: tradewind==1.0"),
      type: ["string", "object"],
    }),
    python: settable(
      record(aboutPython, {
        index_url: settable(address),
        extra_index_urls: settable(oneOrMore(address)),
        find_links: settable(oneOrMore({ ...text, minLength: 1 })),
        connection: settable(text),
      }),
    ),
    flavors: settable(
      named(
        "flavor",
        record(aboutFlavor, {
          cpu: settable({ type: "number", exclusiveMinimum: 0 }),
          memory: settable(size),
          memory_max: settable(size),
          disk: settable(size),
          gpu: settable(integer(0, 1024)),
          queue: settable(text),
          node_selector: settable({ type: "object", additionalProperties: settable(plainText) }),
          tolerations: settable({ type: "array", items: toleration }),
          engine: settable(oneOf(engineNames)),
        }),
      ),
    ),
    images: settable(
      named("image", {
        ...record(aboutImage, {
          image: settable(text),
          python: settable({ ...matching(String.raw`^[23](\.\d+){0,2}$`, 'a version such as "3.11"'), ...versionNumber }),
        }),
        type: ["string", "object"],
      }),
    ),
    types: settable(
      named(
        "type",
        record(aboutType, {
          extension: settable(matching(String.raw`^(\.[A-Za-z0-9_]+)*$`, "an extension with its dot, such as .onnx")),
          dir: settable(flag),
        }),
      ),
    ),
    defaults: defaultsSchema(words),
    vars: { type: ["object", "null"] },
    default_env: words.environments.length > 1 ? oneOf(words.environments) : text,
  };
  return { title: "Tradewind settings", ...record(aboutSettings, values), type: ["object", "null"] };
}

const override = { operator: settable(classPath), arguments: settable(freeMap) };

function enginesSchema(words: Words): Schema {
  const container = { ...override, image: settable(imageSchema(words)) };
  const kubernetes = {
    ...container,
    connections: settable(record(aboutSecret, { secret: settable(dnsName), key: settable(text) })),
    volume_claim: settable(dnsName),
  };
  return {
    type: "object",
    properties: {
      process: settable(record(aboutEngine, override)),
      docker: settable(record(aboutContainerEngine, container)),
      kubernetes: settable(record(aboutKubernetesEngine, kubernetes)),
    },
    additionalProperties: false,
  };
}

const dnsName = matching(String.raw`^([a-z0-9.-]|\{id\})+$`, "a name as Kubernetes takes it: small letters, digits, - and .");

const toleration = settable(
  record(aboutToleration, {
    key: settable(plainText),
    operator: settable(oneOf(tolerationOperators)),
    value: settable(plainText),
    effect: settable(oneOf(tolerationEffects)),
    toleration_seconds: settable(integer(0, 2 ** 31)),
  }),
);

function named(what: string, value: Schema): Schema {
  return namedBy("^[A-Za-z0-9_][A-Za-z0-9_.-]*$", `the name of a ${what}: letters, digits, _ . and -`, settable(value));
}
