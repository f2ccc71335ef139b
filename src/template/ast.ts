/** Syntax tree of a template. Every node knows its place as UTF-16 offsets into the text that was parsed. */

/** Where a node stands in the text. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A literal: bigint is Python's int, number its float. */
export type Literal = null | boolean | bigint | number | string;

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface Keyword {
  readonly name: string;
  readonly value: Expr;
}

/** What stands between the parentheses of a call; `star` and `starStar` are `*list` and `**map`. */
export interface Arguments {
  readonly positional: readonly Expr[];
  readonly keywords: readonly Keyword[];
  readonly star?: Expr;
  readonly starStar?: Expr;
}

export interface NameExpr extends Place {
  readonly kind: "name";
  readonly name: string;
}
export interface TupleExpr extends Place {
  readonly kind: "tuple";
  readonly items: readonly Expr[];
}
export interface CallExpr extends Place {
  readonly kind: "call";
  readonly callee: Expr;
  readonly args: Arguments;
}
/** `target` is null at the head of `{% filter %}` and `{% set x | filter %}`, whose body is the value. */
export interface FilterExpr extends Place {
  readonly kind: "filter";
  readonly target: Expr | null;
  readonly name: string;
  readonly args: Arguments;
}

export type Expr =
  | NameExpr
  | TupleExpr
  | CallExpr
  | FilterExpr
  | (Place & { readonly kind: "literal"; readonly value: Literal })
  | (Place & { readonly kind: "list"; readonly items: readonly Expr[] })
  | (Place & { readonly kind: "dict"; readonly items: readonly (readonly [Expr, Expr])[] })
  | (Place & { readonly kind: "attribute"; readonly target: Expr; readonly name: string })
  | (Place & { readonly kind: "item"; readonly target: Expr; readonly index: Expr })
  | (Place & { readonly kind: "slice"; readonly start: Expr | null; readonly stop: Expr | null; readonly step: Expr | null })
  | (Place & { readonly kind: "test"; readonly target: Expr; readonly name: string; readonly args: Arguments; readonly negated: boolean })
  | (Place & { readonly kind: "unary"; readonly operator: "not" | "-" | "+"; readonly operand: Expr })
  | (Place & { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr })
  | (Place & { readonly kind: "logic"; readonly operator: "and" | "or"; readonly left: Expr; readonly right: Expr })
  | (Place & { readonly kind: "concat"; readonly parts: readonly Expr[] })
  | (Place & {
      readonly kind: "compare";
      readonly first: Expr;
      readonly rest: readonly { readonly operator: CompareOperator; readonly right: Expr }[];
    })
  | (Place & { readonly kind: "condition"; readonly test: Expr; readonly then: Expr; readonly otherwise: Expr | null });

/** What `set`, `for` and `with` assign to: a name, an attribute of a namespace(), or several of them. */
export type Target =
  | NameExpr
  | (Place & { readonly kind: "namespace"; readonly name: string; readonly attribute: string })
  | (Place & { readonly kind: "targets"; readonly items: readonly Target[] });

/** Parameters of a macro; the last `defaults.length` of `names` have a default. */
export interface Signature {
  readonly names: readonly NameExpr[];
  readonly defaults: readonly Expr[];
}

export type Node =
  | (Place & { readonly kind: "text"; readonly text: string })
  | (Place & { readonly kind: "print"; readonly value: Expr })
  | (Place & {
      readonly kind: "if";
      readonly branches: readonly { readonly test: Expr; readonly body: readonly Node[] }[];
      readonly otherwise: readonly Node[];
    })
  | (Place & {
      readonly kind: "for";
      readonly target: Target;
      readonly iterable: Expr;
      readonly filter: Expr | null;
      readonly recursive: boolean;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    })
  | (Place & { readonly kind: "set"; readonly target: Target; readonly value: Expr })
  | (Place & { readonly kind: "set-block"; readonly target: Target; readonly filter: FilterExpr | null; readonly body: readonly Node[] })
  | (Place & {
      readonly kind: "with";
      readonly assignments: readonly { readonly target: Target; readonly value: Expr }[];
      readonly body: readonly Node[];
    })
  | (Place & { readonly kind: "filter-block"; readonly filter: FilterExpr; readonly body: readonly Node[] })
  | (Place & { readonly kind: "macro"; readonly name: NameExpr; readonly signature: Signature; readonly body: readonly Node[] })
  | (Place & { readonly kind: "call-block"; readonly signature: Signature; readonly call: CallExpr; readonly body: readonly Node[] })
  | (Place & { readonly kind: "block"; readonly name: string; readonly body: readonly Node[] })
  | (Place & { readonly kind: "do"; readonly value: Expr });

export interface TemplateSyntaxProblem extends Place {
  readonly message: string;
}

/**
 * A filter or test by name. Jinja looks it up when it compiles the template, so an unknown one breaks the whole template,
 * except directly in the branches of an `if` (`soft`), where it breaks only when it is reached.
 */
export interface FunctionUse extends Place {
  readonly kind: "filter" | "test";
  readonly name: string;
  readonly soft: boolean;
}

/** A template that was read. With errors, `nodes` holds what stands before the first of them. */
export interface ParsedTemplate {
  readonly text: string;
  readonly nodes: readonly Node[];
  readonly functions: readonly FunctionUse[];
  readonly errors: readonly TemplateSyntaxProblem[];
}
