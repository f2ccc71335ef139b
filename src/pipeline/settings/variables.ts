/**
 * `${name}`, `${a.b}` and `${name:-default}` stand for settings under `vars`; `$${` is the text `${`. A scalar that is nothing but
 * `${x}` becomes the setting with its type; inside of a longer text the setting's text is put in its place.
 */
import { nearest } from "../../protocol/suggest.ts";
import { childOf, describe, type MapNode, type Node, type ScalarNode } from "../parse/node.ts";
import { didYouMean, quote, type Report, slipOf } from "../parse/report.ts";

const reference = /\$\$\{|\$\{([^}]{0,500})\}|\$\{/g;
const whole = /^\$\{([^}]{0,500})\}$/;
const form = /^([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)(?::-(.*))?$/s;

/** A setting with its own references replaced, and what was said about them: to each who asks, whoever was first. */
interface Resolved {
  readonly node: Node;
  readonly said: readonly Parameters<Report>[];
}

export class Variables {
  readonly #vars: MapNode | undefined;
  readonly #env: string;
  readonly #known: boolean;
  readonly #own: ReadonlyMap<string, Node | undefined>;
  readonly #resolved = new Map<Node, Resolved | "open">();

  /** `known` is false when a settings file could not be read, so that nothing is said about what it may hold. */
  constructor(vars: MapNode | undefined, env: string, known: boolean, own: ReadonlyMap<string, Node | undefined> = new Map()) {
    this.#vars = vars;
    this.#env = env;
    this.#known = known;
    this.#own = own;
  }

  /** The same, with names that are known only here, and win; undefined is one whose value is missing, of which something else tells. */
  within(own: ReadonlyMap<string, Node | undefined>): Variables {
    return new Variables(this.#vars, this.#env, this.#known, new Map([...this.#own, ...own]));
  }

  /** The node with all references replaced. What is replaced keeps its own place, and knows by `via` where the value is written. */
  interpolate(node: Node, report: Report): Node {
    switch (node.kind) {
      case "scalar":
        return typeof node.value === "string" && node.value.includes("${") ? this.#scalar(node, node.value, report) : node;
      case "list": {
        const items = node.items.map((item) => this.interpolate(item, report));
        return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
      }
      case "map": {
        const entries = node.entries.map((entry) => {
          if (entry.key === "execution_script") return entry; // `${x}` in a script is the shell's
          const value = this.interpolate(entry.value, report);
          return value === entry.value ? entry : { ...entry, value };
        });
        return entries.every((entry, index) => entry === node.entries[index]) ? node : { ...node, entries };
      }
    }
  }

  #scalar(node: ScalarNode, text: string, report: Report): Node {
    const alone = whole.exec(text);
    if (alone !== null) return this.#lookup(alone[1] ?? "", node, report);
    let via = node.via;
    const value = text.replace(reference, (match: string, inner: string | undefined) => {
      if (match === "$${") return "${";
      if (inner === undefined) {
        report("unknown-setting", node.span, `\`\${\` has no closing \`}\`; write \`$\${\` for the text itself`);
        return match;
      }
      const found = this.#lookup(inner, node, report);
      via = found.via ?? via;
      if (found.kind === "scalar" && found.value !== null) return typeof found.value === "string" ? found.value : found.text;
      if (found !== node)
        report("wrong-type", node.span, `the setting ${quote(inner)} is ${describe(found)}, which has no place in a text`);
      return match;
    });
    return { ...node, value, text: value, ...(via ? { via } : {}) };
  }

  /** The setting's node in place of `node`, or `node` itself after a diagnostic. */
  #lookup(inner: string, node: ScalarNode, report: Report): Node {
    const match = form.exec(inner);
    if (match === null) {
      report("unknown-setting", node.span, `${quote(`\${${inner}}`)} names no setting; write \`$\${\` for the text itself`);
      return node;
    }
    const [, path = "", fallback] = match;
    const own = this.#ownAt(path);
    if (own !== undefined) return own.value === undefined ? node : place(own.value, node, own.value.via ?? own.value.span);
    const found = path.split(".").reduce<Node | undefined>(childOf, this.#vars);
    if (found === undefined) {
      if (fallback !== undefined) return scalarOf(fallback, node);
      if (!this.#known) return node;
      const near = nearest(path, this.#names());
      const notes = [{ message: `settings are looked up under \`vars\` of the four layers; \`\${${path}:-default}\` gives one here` }];
      const message = `the setting \`${path}\` does not exist in environment \`${this.#env}\`${didYouMean(near)}`;
      const fix = slipOf(path, this.#names(), node.span, (name) => `\${${name}}`);
      report("unknown-setting", node.span, message, { notes: near === undefined ? notes : [], ...fix });
      return node;
    }
    const state = this.#resolved.get(found);
    if (state === "open") {
      report("setting-cycle", found.span, `the setting \`${path}\` is made of itself`);
      return node;
    }
    const { node: resolved, said } = state ?? this.#resolve(found);
    for (const one of said) report(...one);
    return place(resolved, node, resolved.span.file === "" ? undefined : resolved.span);
  }

  /** The longest of the own names that the path begins with, and what is below it. */
  #ownAt(path: string): { readonly value: Node | undefined } | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
      if (!this.#own.has(path.slice(0, end))) continue;
      const value = this.#own.get(path.slice(0, end));
      if (end === path.length || value === undefined) return { value };
      const inner = path
        .slice(end + 1)
        .split(".")
        .reduce<Node | undefined>(childOf, value);
      return inner && { value: inner };
    }
    return undefined;
  }

  #resolve(found: Node): Resolved {
    this.#resolved.set(found, "open");
    const said: Parameters<Report>[] = [];
    const node = this.interpolate(found, (...one) => said.push(one));
    const resolved = { node, said };
    this.#resolved.set(found, resolved);
    return resolved;
  }

  #names(): string[] {
    const names: string[] = [...this.#own.keys()];
    const walk = (map: MapNode, prefix: string) => {
      for (const { key, value } of map.entries) {
        names.push(prefix + key);
        if (value.kind === "map") walk(value, `${prefix}${key}.`);
      }
    };
    if (this.#vars) walk(this.#vars, "");
    return names;
  }
}

/** The value of `found` where `node` stands. */
function place(found: Node, node: Node, via: Node["span"] | undefined): Node {
  const placed = { span: node.span, ...(via ? { via } : {}) };
  if (found.kind === "scalar") return { kind: "scalar", value: found.value, text: found.text, ...placed };
  if (found.kind === "list") return { kind: "list", items: found.items.map((item) => place(item, node, via)), ...placed };
  return { kind: "map", entries: found.entries.map((entry) => ({ ...entry, value: place(entry.value, node, via) })), ...placed };
}

/** A text as YAML's core schema reads a plain scalar: `5` is a number, `true` a boolean. */
export function scalarOf(text: string, at: Pick<Node, "span">): ScalarNode {
  const read = (): string | number | boolean | null => {
    if (/^(true|True|TRUE)$/.test(text)) return true;
    if (/^(false|False|FALSE)$/.test(text)) return false;
    if (/^(null|Null|NULL|~)$/.test(text)) return null;
    if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)) {
      const number = Number(text);
      if (Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))) return number;
    }
    return text;
  };
  return { kind: "scalar", value: read(), text, span: at.span };
}
