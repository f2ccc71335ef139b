/** Expressions whose value is known without running anything, as JSON. */
import { isJsonObject, type Json } from "../../../protocol/json.ts";
import { dottedName, type Expression } from "./expression.ts";
import type { PythonFiles } from "./files.ts";
import type { Module } from "./module.ts";

/** Undefined: not known, or nothing that JSON can hold. */
export function evaluate(expression: Expression, module: Module, files: PythonFiles, depth = 0): Json | undefined {
  if (depth > 50) return undefined;
  const inner = (one: Expression): Json | undefined => evaluate(one, module, files, depth + 1);
  switch (expression.kind) {
    case "value":
      return expression.value;
    case "name":
    case "member": {
      const meaning = files.lookUp(expression, module);
      return meaning?.kind === "constant" ? evaluate(meaning.value, meaning.module, files, depth + 1) : undefined;
    }
    case "list":
    case "tuple": {
      const items = expression.items.map(({ spread, value }) => {
        const known = inner(value);
        return spread ? (Array.isArray(known) ? known : undefined) : known === undefined ? undefined : [known];
      });
      return items.every((item) => item !== undefined) ? items.flat() : undefined;
    }
    case "dict": {
      const parts = expression.entries.map(({ key, value }): Record<string, Json> | undefined => {
        const known = inner(value);
        if (known === undefined) return undefined;
        if (key === undefined) return isJsonObject(known) ? { ...known } : undefined;
        const name = inner(key);
        return typeof name === "string" ? { [name]: known } : undefined;
      });
      return parts.every((part) => part !== undefined) ? Object.assign({}, ...parts) : undefined;
    }
    case "unary": {
      const value = inner(expression.operand);
      if (expression.operator === "not") return typeof value === "boolean" ? !value : undefined;
      if (typeof value !== "number") return undefined;
      return expression.operator === "-" ? -value : expression.operator === "+" ? value : undefined;
    }
    case "binary":
      return combine(expression.operator, inner(expression.left), inner(expression.right));
    case "call":
      return configured(expression, module, inner);
    case "index":
    case "set":
    case "other":
      return undefined;
  }
}

/** `conf.getboolean("operators", "default_deferrable", fallback=False)`: what an Airflow has that says nothing else. */
function configured(
  call: Extract<Expression, { kind: "call" }>,
  module: Module,
  inner: (one: Expression) => Json | undefined,
): Json | undefined {
  const { callee, args } = call;
  if (callee.kind !== "member" || !/^get(boolean|int|float)?$/.test(callee.name)) return undefined;
  const fallback = args.find(({ name }) => name === "fallback")?.value;
  const from = dottedName(callee.object) === "conf" ? module.imports.get("conf")?.module : undefined;
  return fallback && from?.startsWith("airflow.") ? inner(fallback) : undefined;
}

function combine(operator: string, left: Json | undefined, right: Json | undefined): Json | undefined {
  if (typeof left === "string" && typeof right === "string" && operator === "+") return left + right;
  if (Array.isArray(left) && Array.isArray(right) && operator === "+") return [...left, ...right];
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  const value = arithmetic[operator]?.(left, right);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value;
}

const arithmetic: { readonly [operator: string]: (a: number, b: number) => number } = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
};
