/** Python files that may import one another: names looked up across them, and the order in which a class asks its bases. */
import { dottedName, type Expression } from "./expression.ts";
import { type Module, type PythonClass, readModule } from "./module.ts";

/** What a name stands for. */
export type Meaning =
  | { readonly kind: "class"; readonly found: PythonClass }
  | { readonly kind: "constant"; readonly module: Module; readonly value: Expression }
  | { readonly kind: "module"; readonly name: string }
  /** Something of a package that is not here, by its dotted path. */
  | { readonly kind: "outside"; readonly path: string }
  /** One of Python's own names. */
  | { readonly kind: "builtin"; readonly name: string };

/** A base that is in no file: its dotted path, and where it is named. */
export interface OutsideBase {
  readonly kind: "outside";
  readonly path: string;
  /** False: not a name at all, such as a call. */
  readonly named: boolean;
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export type Ancestor = { readonly kind: "class"; readonly found: PythonClass } | OutsideBase;

export interface PythonText {
  /** The module's one name, where it can be imported by several. */
  readonly module?: string;
  /** Path in the workspace. */
  readonly file: string;
  readonly text: string;
  /** An `__init__.py`, from which relative imports are seen differently. */
  readonly isPackage?: boolean;
}

/** Where Python files come from, by the dotted name that others import them by. */
export interface PythonSource {
  read(module: string): PythonText | undefined;
  /** True for a module, and for a folder of modules. */
  has(module: string): boolean;
}

/** More hops than any sane chain of re-exports has; a cycle ends here. */
const deepest = 50;

export class PythonFiles {
  readonly #source: PythonSource;
  readonly #modules = new Map<string, Module | undefined>();
  readonly #orders = new Map<PythonClass, readonly Ancestor[]>();

  constructor(source: PythonSource) {
    this.#source = source;
  }

  module(name: string): Module | undefined {
    if (this.#modules.has(name)) return this.#modules.get(name);
    const text = this.#source.read(name);
    const one = text?.module ?? name;
    const module = text && (one === name ? readModule(name, text.file, text.text, text.isPackage) : this.module(one));
    this.#modules.set(name, module);
    return module;
  }

  /** What a name, or a dotted one, means in a module. */
  lookUp(expression: Expression, module: Module, depth = 0): Meaning | undefined {
    if (depth > deepest) return undefined;
    if (expression.kind === "name") return this.#lookUpName(expression.name, module, depth);
    if (expression.kind === "index") return this.lookUp(expression.object, module, depth + 1);
    if (expression.kind !== "member") return undefined;
    const object = this.lookUp(expression.object, module, depth + 1);
    if (object?.kind === "outside") return { kind: "outside", path: `${object.path}.${expression.name}` };
    if (object?.kind === "module") return this.#member(object.name, expression.name, depth + 1);
    if (object?.kind !== "class") return undefined;
    const value = this.attribute(object.found, expression.name);
    return value && { kind: "constant", module: value.module, value: value.value };
  }

  /** A class attribute, its own or that of the nearest ancestor. */
  attribute(of: PythonClass, name: string): { readonly module: Module; readonly value: Expression } | undefined {
    for (const ancestor of this.order(of)) {
      const value = ancestor.kind === "class" ? ancestor.found.fields.get(name)?.value : undefined;
      if (ancestor.kind === "class" && value) return { module: ancestor.found.module, value };
    }
    return undefined;
  }

  /** The class, then its ancestors in Python's own order (C3), those outside included. */
  order(of: PythonClass, below: readonly PythonClass[] = []): readonly Ancestor[] {
    const known = this.#orders.get(of);
    if (known !== undefined) return known;
    if (below.includes(of)) return [];
    const bases = of.bases.flatMap((base) => this.#ancestor(base, of.module) ?? []);
    const inner = bases.map((base) => (base.kind === "class" ? this.order(base.found, [...below, of]) : [base]));
    const order = [{ kind: "class", found: of } as const, ...merge([...inner, bases])];
    if (below.length === 0) this.#orders.set(of, order);
    return order;
  }

  #ancestor(base: Expression, module: Module): Ancestor | undefined {
    const meaning = this.lookUp(base, module);
    if (meaning?.kind === "class") return { kind: "class", found: meaning.found };
    if (meaning?.kind === "constant") {
      const further = this.lookUp(meaning.value, meaning.module);
      if (further?.kind === "class") return { kind: "class", found: further.found };
      if (further?.kind === "outside") return this.#outside(further.path, true, base, module);
    }
    if (meaning?.kind === "builtin") return meaning.name === "object" ? undefined : this.#outside(meaning.name, true, base, module);
    if (meaning?.kind === "outside") return this.#outside(meaning.path, true, base, module);
    return this.#outside(dottedName(base) ?? "", false, base, module);
  }

  #outside(path: string, named: boolean, base: Expression, module: Module): OutsideBase {
    return { kind: "outside", path, named, file: module.file, from: base.from, to: base.to };
  }

  #lookUpName(name: string, module: Module, depth: number): Meaning | undefined {
    const found = module.classes.get(name);
    if (found) return { kind: "class", found };
    const imported = module.imports.get(name);
    if (imported) {
      if (imported.name === undefined)
        return this.#source.has(imported.module) ? { kind: "module", name: imported.module } : outside(imported.module);
      return this.#member(imported.module, imported.name, depth + 1);
    }
    const value = module.constants.get(name);
    if (value) return { kind: "constant", module, value };
    return { kind: "builtin", name };
  }

  /** `name` of a module, which may have it from elsewhere. */
  #member(module: string, name: string, depth: number): Meaning | undefined {
    if (depth > deepest) return undefined;
    const inner = `${module}.${name}`;
    const found = this.module(module);
    if (found === undefined) return this.#source.has(inner) ? { kind: "module", name: inner } : outside(inner);
    if (found.classes.has(name) || found.imports.has(name) || found.constants.has(name)) return this.#lookUpName(name, found, depth + 1);
    const elsewhere = lazyImport(found, name);
    if (elsewhere !== undefined) return this.#member(elsewhere, name, depth + 1);
    return this.#source.has(inner) ? { kind: "module", name: inner } : outside(inner);
  }
}

/** Airflow's providers import from one another by a map, `_IMPORT_MAP = {"Name": "module" or ("module", "its place before")}`. */
function lazyImport({ constants }: Module, name: string): string | undefined {
  const map = constants.get("_IMPORT_MAP");
  if (map?.kind !== "dict") return undefined;
  const value = map.entries.find(({ key }) => key?.kind === "value" && key.value === name)?.value;
  const first = value?.kind === "tuple" ? value.items[0]?.value : value;
  return first?.kind === "value" && typeof first.value === "string" ? first.value : undefined;
}

function outside(path: string): Meaning {
  return { kind: "outside", path };
}

/** C3: the first head that stands in no tail. Where Python would refuse, the rest comes in the order of the lists. */
function merge(lists: readonly (readonly Ancestor[])[]): readonly Ancestor[] {
  const order: Ancestor[] = [];
  let rest = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const same = (a: Ancestor, b: Ancestor) => keyOf(a) === keyOf(b);
  while (rest.length > 0) {
    const heads = rest.flatMap((list) => list[0] ?? []);
    const next = heads.find((head) => !rest.some((list) => list.slice(1).some((other) => same(other, head)))) ?? heads[0];
    if (next === undefined) break;
    order.push(next);
    rest = rest.map((list) => list.filter((one) => !same(one, next))).filter((list) => list.length > 0);
  }
  return order;
}

function keyOf(ancestor: Ancestor): string | PythonClass {
  return ancestor.kind === "class" ? ancestor.found : ancestor.path;
}
