/** Renders a parsed template over a context, as Jinja's sandbox does in Airflow: StrictUndefined, no automatic escaping. */
import { didYouMean } from "../protocol/suggest.ts";
import type { Arguments, Expr, FilterExpr, Node, ParsedTemplate, Place, Signature, Target } from "./ast.ts";
import { TemplateError } from "./error.ts";
import { applyFilter, FILTER_NAMES } from "./filters.ts";
import { findGlobal, GLOBAL_NAMES, namespaceFields } from "./globals.ts";
import { makeLoop } from "./loop.ts";
import { applyTest, TEST_NAMES } from "./tests.ts";
import { callValue, getAttribute, getItem, getSlice } from "./values/access.ts";
import { isEqual, isIn, isOrdered, isTrue } from "./values/compare.ts";
import { Dict } from "./values/dict.ts";
import { PythonError, raise } from "./values/error.ts";
import { toList } from "./values/iterate.ts";
import { isText, textOf } from "./values/kind.ts";
import { countWork, limitText, startWork } from "./values/limits.ts";
import { operate, operateUnary } from "./values/operate.ts";
import { toText } from "./values/text.ts";
import { Callable, HostObject, type Keywords, Slice, Tuple, Undefined, type Value } from "./values/types.ts";
import { namesIn } from "./walk.ts";

export { TemplateError } from "./error.ts";

/** Where a template's names come from. */
export interface Context {
  /** The value of a name; undefined when there is none; throws PythonError for one that a local run cannot give. */
  readonly lookUp: (name: string) => Value | undefined;
  /** Why a name that lookUp does not have is missing, if there is more to say than that. */
  readonly explain?: (name: string) => string | undefined;
  /** For suggestions. */
  readonly names: readonly string[];
}

/** What a rendering may use; the rest is as values/limits.ts has it. */
export interface RenderLimits {
  /** Characters of the whole text. */
  readonly text?: number;
}

/** The text that a template gives. Throws TemplateError, with the place of what failed. */
export function renderTemplate(parsed: ParsedTemplate, context: Context, limits: RenderLimits = {}): string {
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new TemplateError(problem.message, problem.offset, problem.length);
  for (const use of parsed.functions) {
    if (use.soft || (use.kind === "filter" ? FILTER_NAMES.has(use.name) : TEST_NAMES.includes(use.name))) continue;
    const near = didYouMean(use.name, use.kind === "filter" ? FILTER_NAMES : TEST_NAMES);
    throw new TemplateError(`there is no ${use.kind} named "${use.name}"${near}`, use.offset, use.length);
  }
  const renderer = new Renderer(context);
  startWork(limits.text);
  try {
    return renderer.render(parsed.nodes);
  } catch (error) {
    const { offset, length } = renderer.place;
    if (error instanceof PythonError) throw new TemplateError(error.message, offset, length);
    // Python too gives up on what is nested too deeply or too long for memory.
    if (error instanceof RangeError) throw new TemplateError("the template needs too much depth or memory", offset, length);
    throw error;
  }
}

/** Variables of a block, over those of the blocks around it. */
class Scope {
  private readonly values = new Map<string, Value>();
  private readonly outer: Scope | null;
  constructor(outer: Scope | null) {
    this.outer = outer;
  }
  get(name: string): Value | undefined {
    const value = this.values.get(name);
    return value === undefined ? this.outer?.get(name) : value;
  }
  set(name: string, value: Value): void {
    this.values.set(name, value);
  }
}

/** A lifetime: one rendering, with its steps counted and the place where it is. */
class Renderer {
  place: Place = { offset: 0, length: 0 };
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  render(nodes: readonly Node[]): string {
    return this.renderNodes(nodes, new Scope(null));
  }

  private step(place: Place): void {
    this.place = place;
    countWork();
  }

  private renderNodes(nodes: readonly Node[], scope: Scope): string {
    let text = "";
    for (const node of nodes) {
      const piece = node.kind === "text" ? node.text : this.renderNode(node, scope);
      limitText(text.length + piece.length);
      text += piece;
    }
    return text;
  }

  private renderNode(node: Exclude<Node, { kind: "text" }>, scope: Scope): string {
    this.step(node);
    switch (node.kind) {
      case "print": {
        const value = this.evaluate(node.value, scope);
        this.place = node.value;
        return toText(value);
      }
      case "if": {
        for (const { test, body } of node.branches) if (this.isTrue(test, scope)) return this.renderNodes(body, scope);
        return this.renderNodes(node.otherwise, scope);
      }
      case "for":
        return this.renderFor(node, this.evaluate(node.iterable, scope), scope, 0);
      case "set":
        this.assign(node.target, this.evaluate(node.value, scope), scope);
        return "";
      case "set-block": {
        const body = this.renderNodes(node.body, new Scope(scope));
        this.assign(node.target, node.filter === null ? body : this.filter(node.filter, scope, body), scope);
        return "";
      }
      case "with": {
        const inner = new Scope(scope);
        for (const { target, value } of node.assignments) this.assign(target, this.evaluate(value, scope), inner);
        return this.renderNodes(node.body, inner);
      }
      case "filter-block":
        return toText(this.filter(node.filter, scope, this.renderNodes(node.body, new Scope(scope))));
      case "macro":
        scope.set(node.name.name, this.makeMacro(node.name.name, node.signature, node.body, scope));
        return "";
      case "call-block": {
        const caller = this.makeMacro("caller", node.signature, node.body, scope);
        const { args, keywords } = this.evaluateArguments(node.call.args, scope);
        return toText(this.call(node.call.callee, args, new Map([...keywords, ["caller", caller]]), scope, node));
      }
      case "block":
        return this.renderNodes(node.body, new Scope(scope));
      case "do":
        this.evaluate(node.value, scope);
        return "";
    }
  }

  private renderFor(node: Extract<Node, { kind: "for" }>, iterable: Value, scope: Scope, depth: number): string {
    this.place = node.iterable;
    if (depth > 100) raise("Refused", "a loop calls itself more than 100 times over");
    let items = toList(iterable);
    const { filter } = node;
    if (filter !== null) {
      items = items.filter((item) => {
        const inner = new Scope(scope);
        this.assign(node.target, item, inner);
        return this.isTrue(filter, inner);
      });
    }
    if (items.length === 0) return this.renderNodes(node.otherwise, new Scope(scope));
    const recurse = node.recursive ? (children: Value) => this.renderFor(node, children, scope, depth + 1) : undefined;
    const loop = makeLoop(items, depth, recurse);
    let text = "";
    for (const item of items) {
      this.step(node.target);
      loop.advance();
      const inner = new Scope(scope);
      inner.set("loop", loop.value);
      this.assign(node.target, item, inner);
      text += this.renderNodes(node.body, inner);
      limitText(text.length);
    }
    return text;
  }

  private assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === "name") {
      scope.set(target.name, value);
    } else if (target.kind === "namespace") {
      const object = this.lookUp(target.name, scope);
      const fields = object instanceof HostObject ? namespaceFields(object) : undefined;
      this.place = target;
      if (fields === undefined)
        raise("TypeError", `cannot assign attribute on non-namespace object: \`${target.name}\` is not made with namespace()`);
      fields?.set(target.attribute, value);
    } else {
      this.place = target;
      const items = toList(value);
      if (items.length !== target.items.length) {
        raise(
          "ValueError",
          `${items.length < target.items.length ? "not enough" : "too many"} values to unpack (expected ${target.items.length}, got ${items.length})`,
        );
      }
      target.items.forEach((one, index) => {
        this.assign(one, items[index] ?? null, scope);
      });
    }
  }

  private makeMacro(name: string, signature: Signature, body: readonly Node[], scope: Scope): Callable {
    const used = namesIn(body);
    const firstDefault = signature.names.length - signature.defaults.length;
    return new Callable(name, (args, keywords) => {
      const inner = new Scope(scope);
      const left = new Map(keywords);
      signature.names.forEach((parameter, index) => {
        const given = index < args.length ? args[index] : left.get(parameter.name);
        left.delete(parameter.name);
        const otherwise = signature.defaults[index - firstDefault];
        if (given !== undefined) inner.set(parameter.name, given);
        else if (otherwise !== undefined) inner.set(parameter.name, this.evaluate(otherwise, inner));
        else inner.set(parameter.name, new Undefined(`parameter '${parameter.name}' was not provided`));
      });
      const caller = left.get("caller");
      if (used.has("caller")) {
        inner.set("caller", caller ?? new Undefined("No caller defined"));
        left.delete("caller");
      }
      if (used.has("kwargs")) inner.set("kwargs", Dict.of(left));
      else if (left.size > 0) raise("TypeError", `macro '${name}' takes no keyword argument '${[...left.keys()][0]}'`);
      const extra = args.slice(signature.names.length);
      if (used.has("varargs")) inner.set("varargs", new Tuple(extra));
      else if (extra.length > 0) raise("TypeError", `macro '${name}' takes not more than ${signature.names.length} argument(s)`);
      return this.renderNodes(body, inner);
    });
  }

  private lookUp(name: string, scope: Scope): Value {
    const local = scope.get(name);
    if (local !== undefined) return local;
    const value = this.context.lookUp(name);
    if (value !== undefined) return value;
    const found = findGlobal(name);
    if (found !== undefined) return found;
    const why = this.context.explain?.(name);
    return new Undefined(why ?? `'${name}' is undefined${didYouMean(name, [...this.context.names, ...GLOBAL_NAMES])}`);
  }

  private isTrue(expr: Expr, scope: Scope): boolean {
    const value = this.evaluate(expr, scope);
    this.place = expr;
    return isTrue(value);
  }

  private evaluate(expr: Expr, scope: Scope): Value {
    this.step(expr);
    switch (expr.kind) {
      case "literal":
        return expr.value;
      case "name":
        return this.lookUp(expr.name, scope);
      case "list":
        return expr.items.map((item) => this.evaluate(item, scope));
      case "tuple":
        return new Tuple(expr.items.map((item) => this.evaluate(item, scope)));
      case "dict": {
        const entries = expr.items.map(([key, value]) => [this.evaluate(key, scope), this.evaluate(value, scope)] as const);
        this.place = expr;
        return Dict.of(entries);
      }
      case "attribute": {
        const target = this.evaluate(expr.target, scope);
        this.place = expr;
        return getAttribute(target, expr.name);
      }
      case "item": {
        const target = this.evaluate(expr.target, scope);
        const index = this.evaluate(expr.index, scope);
        this.place = expr;
        return index instanceof Slice ? getSlice(target, index) : getItem(target, index);
      }
      case "slice":
        return new Slice(this.evaluateOr(expr.start, scope), this.evaluateOr(expr.stop, scope), this.evaluateOr(expr.step, scope));
      case "call": {
        const { args, keywords } = this.evaluateArguments(expr.args, scope);
        return this.call(expr.callee, args, keywords, scope, expr);
      }
      case "filter":
        return this.filter(expr, scope, expr.target === null ? "" : this.evaluate(expr.target, scope));
      case "test": {
        const value = this.evaluate(expr.target, scope);
        const { args, keywords } = this.evaluateArguments(expr.args, scope);
        this.place = expr;
        return applyTest(expr.name, value, args, keywords, FILTER_NAMES) !== expr.negated;
      }
      case "unary": {
        if (expr.operator === "not") return !this.isTrue(expr.operand, scope);
        const value = this.evaluate(expr.operand, scope);
        this.place = expr;
        return operateUnary(expr.operator, value);
      }
      case "binary": {
        const left = this.evaluate(expr.left, scope);
        const right = this.evaluate(expr.right, scope);
        this.place = expr;
        return operate(expr.operator, left, right);
      }
      case "logic": {
        const left = this.evaluate(expr.left, scope);
        this.place = expr.left;
        return isTrue(left) === (expr.operator === "or") ? left : this.evaluate(expr.right, scope);
      }
      case "concat": {
        const values = expr.parts.map((part) => this.evaluate(part, scope));
        let text = "";
        values.forEach((value, index) => {
          this.place = expr.parts[index] ?? expr;
          text += toText(value);
          limitText(text.length);
        });
        return text;
      }
      case "compare":
        return this.compare(expr, scope);
      case "condition":
        if (this.isTrue(expr.test, scope)) return this.evaluate(expr.then, scope);
        if (expr.otherwise !== null) return this.evaluate(expr.otherwise, scope);
        return new Undefined("the inline if-expression evaluated to false and no else section was defined", true);
    }
  }

  private evaluateOr(expr: Expr | null, scope: Scope): Value {
    return expr === null ? null : this.evaluate(expr, scope);
  }

  private compare(expr: Extract<Expr, { kind: "compare" }>, scope: Scope): Value {
    let left = this.evaluate(expr.first, scope);
    for (const { operator, right: rightExpr } of expr.rest) {
      const right = this.evaluate(rightExpr, scope);
      this.place = expr;
      if (!compareBy(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  private evaluateArguments(given: Arguments, scope: Scope): { args: Value[]; keywords: Keywords } {
    const args = given.positional.map((arg) => this.evaluate(arg, scope));
    const keywords = new Map(given.keywords.map(({ name, value }) => [name, this.evaluate(value, scope)]));
    if (given.star !== undefined) args.push(...toList(this.evaluate(given.star, scope)));
    if (given.starStar !== undefined) {
      const map = this.evaluate(given.starStar, scope);
      this.place = given.starStar;
      if (!(map instanceof Dict)) raise("TypeError", "argument after ** must be a mapping");
      for (const [key, value] of (map as Dict).entries()) {
        if (!isText(key)) raise("TypeError", "keywords must be strings");
        else if (keywords.has(textOf(key))) raise("TypeError", `got multiple values for keyword argument '${textOf(key)}'`);
        else keywords.set(textOf(key), value);
      }
    }
    return { args, keywords };
  }

  private call(callee: Expr, args: readonly Value[], keywords: Keywords, scope: Scope, place: Place): Value {
    const target = this.evaluate(callee, scope);
    this.place = place;
    return callValue(target, args, keywords);
  }

  private filter(expr: FilterExpr, scope: Scope, body: Value): Value {
    // In a chain at the head of a block, the innermost filter takes the body.
    const value = expr.target?.kind === "filter" && isBlockFilter(expr.target) ? this.filter(expr.target, scope, body) : body;
    const { args, keywords } = this.evaluateArguments(expr.args, scope);
    this.place = expr;
    return applyFilter(expr.name, value, args, keywords);
  }
}

/** True for a filter whose chain ends at a block's body. */
function isBlockFilter(expr: FilterExpr): boolean {
  return expr.target === null || (expr.target.kind === "filter" && isBlockFilter(expr.target));
}

function compareBy(operator: Extract<Expr, { kind: "compare" }>["rest"][number]["operator"], left: Value, right: Value): boolean {
  switch (operator) {
    case "==":
      return isEqual(left, right);
    case "!=":
      return !isEqual(left, right);
    case "in":
      return isIn(left, right);
    case "not in":
      return !isIn(left, right);
    default:
      return isOrdered(operator, left, right);
  }
}
