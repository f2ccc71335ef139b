/** One Python file: its imports, classes and constants. Nothing of it is run. */
import type { SyntaxNode } from "@lezer/common";
import { type Argument, childrenOf, type Expression, readArguments, readExpression, split } from "./expression.ts";
import { findFault, parsePython } from "./fault.ts";

export interface Module {
  /** Dotted, as it is imported: `pandas_tools`, `airflow.providers.docker.operators.docker`. */
  readonly name: string;
  /** Path in the workspace. */
  readonly file: string;
  readonly text: string;
  /** By the name that they have in this file. */
  readonly imports: ReadonlyMap<string, Import>;
  readonly classes: ReadonlyMap<string, PythonClass>;
  /** What is assigned to a plain name at the top. */
  readonly constants: ReadonlyMap<string, Expression>;
  /** Offset of the first thing that no Python could read. */
  readonly fault?: number;
}

/** `from module import name`, or `import module` when there is no name. */
export interface Import {
  readonly module: string;
  readonly name?: string;
  readonly from: number;
  readonly to: number;
}

export interface PythonClass {
  readonly name: string;
  readonly module: Module;
  /** Of the name. */
  readonly from: number;
  readonly to: number;
  readonly bases: readonly Expression[];
  readonly keywords: readonly Argument[];
  readonly decorators: readonly Expression[];
  readonly doc?: string;
  /** Attributes in their order: `name: annotation = value`. */
  readonly fields: ReadonlyMap<string, Field>;
  readonly methods: ReadonlyMap<string, Method>;
}

export interface Field {
  readonly name: string;
  readonly annotation?: Expression;
  readonly value?: Expression;
  readonly from: number;
  readonly to: number;
}

export interface Method {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly decorators: readonly Expression[];
  /** `self` is the first of them. */
  readonly params: readonly Param[];
  readonly doc?: string;
  /** Calls in its body, outermost first. */
  calls(): readonly Call[];
  /** `name["key"] = …` and `del name["key"]` in its body. */
  keysSet(name: string): readonly string[];
}

export type Call = Extract<Expression, { kind: "call" }>;

export interface Param {
  readonly name: string;
  /** `*args` and `**kwargs` are the last two. */
  readonly kind: "positional-only" | "positional" | "keyword" | "list" | "map";
  readonly annotation?: Expression;
  readonly value?: Expression;
  readonly from: number;
  readonly to: number;
}

/** Reads a file. `package`: whether it is an `__init__.py`, which relative imports are seen from. */
export function readModule(name: string, file: string, text: string, isPackage = false): Module {
  const tree = parsePython(text);
  const imports = new Map<string, Import>();
  const classes = new Map<string, PythonClass>();
  const constants = new Map<string, Expression>();
  const module: Module & { fault?: number } = { name, file, text, imports, classes, constants };
  const parent = isPackage ? name : name.slice(0, Math.max(0, name.lastIndexOf(".")));

  const visit = (node: SyntaxNode): void => {
    switch (node.name) {
      case "ImportStatement":
        for (const [own, found] of readImport(node, text, parent)) if (!imports.has(own)) imports.set(own, found);
        break;
      case "ClassDefinition":
      case "DecoratedStatement": {
        const found = readClass(node, module);
        if (found && !classes.has(found.name)) classes.set(found.name, found);
        break;
      }
      case "AssignStatement":
      case "TypeDefinition":
        for (const { name: own, value } of readAssignment(node, text)) if (value && !constants.has(own)) constants.set(own, value);
        break;
      case "IfStatement":
      case "TryStatement":
      case "WithStatement":
        for (const body of childrenOf(node)) if (body.name === "Body") for (const inner of childrenOf(body)) visit(inner);
        break;
      case "StatementGroup":
        for (const inner of childrenOf(node)) visit(inner);
    }
  };
  for (const node of childrenOf(tree.topNode)) visit(node);
  // Errors inside of a function say nothing about interfaces, and Python itself will tell of them.
  const fault = findFault(text, tree, false);
  if (fault !== undefined) module.fault = fault;
  return module;
}

function readImport(node: SyntaxNode, text: string, parent: string): readonly (readonly [string, Import])[] {
  const words = childrenOf(node).filter(({ name }) => name !== "(" && name !== ")");
  const at = { from: node.from, to: node.to };
  const slice = ({ from, to }: SyntaxNode) => text.slice(from, to);
  const place = words.findIndex(({ name }) => name === "import");
  const dotted = (nodes: readonly SyntaxNode[]) => nodes.map(slice).join("");
  const names = cut(words.slice(place + 1));
  if (words[0]?.name === "from") {
    const module = absolute(dotted(words.slice(1, place)), parent);
    return names.flatMap(([name, as, alias]): [string, Import][] => {
      if (name === undefined) return [];
      const own = as?.name === "as" && alias ? slice(alias) : slice(name);
      return [[own, { module, name: slice(name), ...at }]];
    });
  }
  return names.flatMap((parts): [string, Import][] => {
    const as = parts.findIndex(({ name }) => name === "as");
    const module = dotted(as < 0 ? parts : parts.slice(0, as));
    const alias = parts[as + 1];
    if (as >= 0 && alias) return [[slice(alias), { module, ...at }]];
    const top = module.split(".")[0] ?? module;
    return [[top, { module: top, ...at }]];
  });
}

/** `..a.b` seen from the package `parent`. */
function absolute(written: string, parent: string): string {
  const dots = /^\.*/.exec(written)?.[0].length ?? 0;
  if (dots === 0) return written;
  const parts = parent === "" ? [] : parent.split(".");
  const above = parts.slice(0, Math.max(0, parts.length - dots + 1));
  return [...above, ...written.slice(dots).split(".")].filter((part) => part !== "").join(".");
}

function cut(nodes: readonly SyntaxNode[]): readonly (readonly SyntaxNode[])[] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === ",") parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts.filter((part) => part.length > 0);
}

function readAssignment(node: SyntaxNode, text: string): readonly Field[] {
  const parts = childrenOf(node);
  const [first] = parts;
  if (first === undefined) return [];
  if (node.name === "TypeDefinition") {
    const [, name, value] = parts;
    const field = name && { name: text.slice(name.from, name.to), from: name.from, to: name.to };
    return field && value ? [{ ...field, value: readExpression(value, text) }] : [];
  }
  const type = parts.find(({ name }) => name === "TypeDef");
  const annotation = type && readAnnotation(type, text);
  const values = parts.flatMap((part, index) => (part.name === "AssignOp" ? (parts[index + 1] ?? []) : []));
  const last = values.at(-1);
  const value = last && parts.indexOf(last) === parts.length - 1 ? readExpression(last, text) : undefined;
  const targets = [first, ...values.slice(0, -1)].filter(({ name }) => name === "VariableName");
  return targets.map(({ from, to }) => ({
    name: text.slice(from, to),
    ...(annotation ? { annotation } : {}),
    ...(value ? { value } : {}),
    from,
    to,
  }));
}

/** `: int` → int. */
function readAnnotation(type: SyntaxNode, text: string): Expression | undefined {
  const inner = childrenOf(type).find(({ name }) => name !== ":" && name !== "->");
  return inner && readExpression(inner, text);
}

function readDecorators(node: SyntaxNode, text: string): readonly Expression[] {
  return childrenOf(node)
    .filter(({ name }) => name === "Decorator")
    .map((decorator) => readDecorator(decorator, text));
}

/** The parser does not nest what follows the `@`. */
function readDecorator(node: SyntaxNode, text: string): Expression {
  const [, first, ...rest] = childrenOf(node);
  const at = { from: node.from, to: node.to };
  if (first === undefined) return { ...at, kind: "other" };
  let expression = readExpression(first, text);
  for (const part of rest) {
    if (part.name === "ArgList") expression = { ...at, kind: "call", callee: expression, args: readArguments(part, text) };
    else if (part.name === "VariableName" || part.name === "PropertyName")
      expression = { ...at, kind: "member", object: expression, name: text.slice(part.from, part.to) };
  }
  return expression;
}

function readClass(node: SyntaxNode, module: Module): PythonClass | undefined {
  const { text } = module;
  const decorated = node.name === "DecoratedStatement";
  const inner = decorated ? node.getChild("ClassDefinition") : node;
  const name = inner?.getChild("VariableName");
  if (!inner || !name) return undefined;
  const list = inner.getChild("ArgList");
  const args = list ? readArguments(list, text) : [];
  const fields = new Map<string, Field>();
  const methods = new Map<string, Method>();
  const body = inner.getChild("Body");
  const visit = (part: SyntaxNode): void => {
    if (part.name === "AssignStatement") for (const field of readAssignment(part, text)) fields.set(field.name, field);
    else if (part.name === "FunctionDefinition" || part.name === "DecoratedStatement") {
      const method = readMethod(part, text);
      if (method && !method.decorators.some(isOverload)) methods.set(method.name, method);
    } else if (part.name === "IfStatement" || part.name === "TryStatement") {
      const first = part.getChild("Body");
      for (const nested of first ? childrenOf(first) : []) visit(nested);
    } else if (part.name === "StatementGroup") for (const nested of childrenOf(part)) visit(nested);
  };
  for (const part of body ? childrenOf(body) : []) visit(part);
  const doc = body ? readDoc(body, text) : undefined;
  return {
    name: text.slice(name.from, name.to),
    module,
    from: name.from,
    to: name.to,
    bases: args.filter((arg) => arg.name === undefined).map(({ value }) => value),
    keywords: args.filter((arg) => arg.name !== undefined),
    decorators: decorated ? readDecorators(node, text) : [],
    ...(doc === undefined ? {} : { doc }),
    fields,
    methods,
  };
}

function isOverload(decorator: Expression): boolean {
  return (decorator.kind === "name" || decorator.kind === "member") && decorator.name === "overload";
}

function readDoc(body: SyntaxNode, text: string): string | undefined {
  const first = childrenOf(body).find(({ name }) => name !== ":");
  const value = first?.name === "ExpressionStatement" && first.firstChild ? readExpression(first.firstChild, text) : undefined;
  return value?.kind === "value" && typeof value.value === "string" ? value.value : undefined;
}

function readMethod(node: SyntaxNode, text: string): Method | undefined {
  const decorated = node.name === "DecoratedStatement";
  const inner = decorated ? node.getChild("FunctionDefinition") : node;
  const name = inner?.getChild("VariableName");
  const list = inner?.getChild("ParamList");
  const body = inner?.getChild("Body");
  if (!inner || !name || !list) return undefined;
  const doc = body ? readDoc(body, text) : undefined;
  return {
    name: text.slice(name.from, name.to),
    from: name.from,
    to: name.to,
    decorators: decorated ? readDecorators(node, text) : [],
    params: readParams(list, text),
    ...(doc === undefined ? {} : { doc }),
    calls: () => (body ? callsIn(body, text) : []),
    keysSet: (map) => (body ? keysIn(body, map, text) : []),
  };
}

function readParams(list: SyntaxNode, text: string): readonly Param[] {
  const params: Param[] = [];
  let named = false;
  for (const parts of split(list)) {
    const star = parts[0]?.name === "*" || parts[0]?.name === "**" ? parts[0].name : undefined;
    const name = parts.find((part) => part.name === "VariableName");
    if (name === undefined) {
      if (star === "*") named = true;
      continue;
    }
    const type = parts.find((part) => part.name === "TypeDef");
    const annotation = type && readAnnotation(type, text);
    const assign = parts.findIndex((part) => part.name === "AssignOp");
    const given = assign < 0 ? undefined : parts[assign + 1];
    const kind = star === "**" ? "map" : star === "*" ? "list" : named ? "keyword" : "positional";
    if (star === "*") named = true;
    params.push({
      name: text.slice(name.from, name.to),
      kind,
      ...(annotation ? { annotation } : {}),
      ...(given ? { value: readExpression(given, text) } : {}),
      from: name.from,
      to: name.to,
    });
  }
  const slash = /,\s*\/\s*[,)]/.exec(text.slice(list.from, list.to));
  const before = slash === null ? 0 : list.from + slash.index;
  return params.map((param) => (param.from < before && param.kind === "positional" ? { ...param, kind: "positional-only" } : param));
}

function callsIn(body: SyntaxNode, text: string): readonly Call[] {
  const calls: Call[] = [];
  body.cursor().iterate((node) => {
    if (node.name !== "CallExpression") return;
    const call = readExpression(node.node, text);
    if (call.kind === "call") calls.push(call);
  });
  return calls;
}

function keysIn(body: SyntaxNode, map: string, text: string): readonly string[] {
  const keys: string[] = [];
  body.cursor().iterate((node) => {
    if (node.name !== "AssignStatement" || node.node.firstChild === null) return;
    const target = readExpression(node.node.firstChild, text);
    if (target.kind !== "index" || target.object.kind !== "name" || target.object.name !== map) return;
    const [key] = target.items;
    if (key?.kind === "value" && typeof key.value === "string") keys.push(key.value);
  });
  return keys;
}

/** An annotation that was written as a text: `"int | None"`. */
export function readAnnotationText(text: string): Expression {
  const statement = parsePython(text).topNode.firstChild;
  const inner = statement?.name === "ExpressionStatement" ? statement.firstChild : null;
  return inner ? readExpression(inner, text) : { kind: "other", from: 0, to: 0 };
}
