/** Visits all expressions of a template. */
import type { Arguments, Expr, Node, Place, Target } from "./ast.ts";

export interface Visitor {
  /** Before an expression's parts; false skips them. */
  readonly expr?: (expr: Expr) => boolean | undefined;
  readonly node?: (node: Node) => void;
}

function visitArguments(args: Arguments, visitor: Visitor): void {
  for (const arg of args.positional) visitExpr(arg, visitor);
  for (const { value } of args.keywords) visitExpr(value, visitor);
  if (args.star !== undefined) visitExpr(args.star, visitor);
  if (args.starStar !== undefined) visitExpr(args.starStar, visitor);
}

/** Visits an expression and its parts. */
export function visitExpr(expr: Expr | null, visitor: Visitor): void {
  if (expr === null || visitor.expr?.(expr) === false) return;
  for (const part of partsOf(expr)) visitExpr(part, visitor);
  if (expr.kind === "call" || expr.kind === "filter" || expr.kind === "test") visitArguments(expr.args, visitor);
}

/** The expressions directly inside one, its arguments aside. */
function partsOf(expr: Expr): readonly (Expr | null)[] {
  switch (expr.kind) {
    case "literal":
    case "name":
      return [];
    case "list":
    case "tuple":
      return expr.items;
    case "dict":
      return expr.items.flat();
    case "attribute":
    case "filter":
    case "test":
      return [expr.target];
    case "item":
      return [expr.target, expr.index];
    case "slice":
      return [expr.start, expr.stop, expr.step];
    case "call":
      return [expr.callee];
    case "unary":
      return [expr.operand];
    case "binary":
    case "logic":
      return [expr.left, expr.right];
    case "concat":
      return expr.parts;
    case "compare":
      return [expr.first, ...expr.rest.map(({ right }) => right)];
    case "condition":
      return [expr.test, expr.then, expr.otherwise];
  }
}

/** All names that stand in `nodes`, those of inner blocks too. */
export function namesIn(nodes: readonly Node[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visitor: Visitor = {
    expr: (expr) => {
      if (expr.kind === "name") names.add(expr.name);
      return true;
    },
  };
  for (const node of nodes) visitNode(node, visitor);
  return names;
}

/** Visits a node's expressions and the nodes inside it. */
export function visitNode(node: Node, visitor: Visitor): void {
  visitor.node?.(node);
  const expr = (one: Expr | null) => visitExpr(one, visitor);
  const body = (nodes: readonly Node[]) => {
    for (const one of nodes) visitNode(one, visitor);
  };
  switch (node.kind) {
    case "text":
      return;
    case "print":
    case "do":
    case "set":
      expr(node.value);
      break;
    case "if":
      for (const branch of node.branches) {
        expr(branch.test);
        body(branch.body);
      }
      body(node.otherwise);
      break;
    case "for":
      expr(node.iterable);
      expr(node.filter);
      body(node.body);
      body(node.otherwise);
      break;
    case "set-block":
    case "filter-block":
      expr(node.filter);
      body(node.body);
      break;
    case "with":
      for (const { value } of node.assignments) expr(value);
      body(node.body);
      break;
    case "macro":
      for (const value of node.signature.defaults) expr(value);
      body(node.body);
      break;
    case "call-block":
      for (const value of node.signature.defaults) expr(value);
      expr(node.call);
      body(node.body);
      break;
    case "block":
      body(node.body);
      break;
  }
}

/** The names that a target assigns to. */
export function targetNames(target: Target): readonly (Place & { readonly name: string })[] {
  if (target.kind === "name") return [target];
  return target.kind === "targets" ? target.items.flatMap(targetNames) : [];
}
