/** Jinja2's grammar (jinja2/parser.py with the `do` extension, as Airflow sets it up), with the place of every node. Never throws. */
import type {
  Arguments,
  BinaryOperator,
  CallExpr,
  CompareOperator,
  Expr,
  FilterExpr,
  FunctionUse,
  Keyword,
  NameExpr,
  Node,
  ParsedTemplate,
  Signature,
  Target,
} from "./ast.ts";
import { SyntaxProblem, type Token, tokenize } from "./lex.ts";

export type { ParsedTemplate } from "./ast.ts";

/** Deeper nesting, and more operators in one tag, are refused, as CPython refuses to compile them; so a walk never runs out of stack. */
const MAX_DEPTH = 150;
const MAX_LINKS = 1000;

/** Reads a template. Mistakes are in `errors`, each with its place in `text`; parsing stops at the first. */
export function parseTemplate(text: string): ParsedTemplate {
  const nodes: Node[] = [];
  const functions: FunctionUse[] = [];
  try {
    const parser = new Parser(tokenize(text), functions);
    parser.parseInto(nodes);
    return { text, nodes, functions, errors: [] };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const offset = Math.min(error.offset, text.length);
    const length = Math.min(error.length, text.length - offset);
    return { text, nodes, functions, errors: [{ message: error.message, offset, length }] };
  }
}

const constants: { readonly [name: string]: true | false | null } = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const elsewhere = new Set(["include", "import", "from", "extends"]);
const tags = ["if", "for", "set", "with", "filter", "macro", "call", "block", "do", "raw", "print", "autoescape"];

/** A lifetime: the position in one list of tokens. */
class Parser {
  private readonly tokens: readonly Token[];
  private readonly functions: FunctionUse[];
  private position = 0;
  private depth = 0;
  /** Operators, calls and filters of the current tag, each of which may stand one level deeper. */
  private links = 0;
  private readonly open: { readonly tag: string; readonly ends: readonly string[]; readonly token: Token }[] = [];
  /** True directly in a branch of an `if`, where Jinja looks up filters late. */
  private soft = false;

  constructor(tokens: readonly Token[], functions: FunctionUse[]) {
    this.tokens = tokens;
    this.functions = functions;
  }

  parseInto(nodes: Node[]): void {
    this.parseNodes(nodes, []);
  }

  private get current(): Token {
    return this.tokens[Math.min(this.position, this.tokens.length - 1)] as Token;
  }

  private look(): Token {
    return this.tokens[Math.min(this.position + 1, this.tokens.length - 1)] as Token;
  }

  private next(): Token {
    const token = this.current;
    if (token.kind !== "end") this.position += 1;
    return token;
  }

  private isOperator(text: string): boolean {
    return this.current.kind === "operator" && this.current.text === text;
  }

  private isName(text: string): boolean {
    return this.current.kind === "name" && this.current.text === text;
  }

  private skipOperator(text: string): boolean {
    const found = this.isOperator(text);
    if (found) this.next();
    return found;
  }

  private skipName(text: string): boolean {
    const found = this.isName(text);
    if (found) this.next();
    return found;
  }

  private fail(message: string, token: Token = this.current): never {
    throw new SyntaxProblem(message, token.offset, Math.max(token.end - token.offset, 0));
  }

  private describe(token: Token): string {
    if (token.kind === "end") return "the end of the template";
    if (token.kind === "text") return "text";
    return `\`${token.text}\``;
  }

  private expectOperator(text: string): Token {
    if (!this.isOperator(text)) this.fail(`expected \`${text}\`, got ${this.describe(this.current)}`);
    return this.next();
  }

  private expectName(text?: string): Token {
    if (this.current.kind !== "name" || (text !== undefined && this.current.text !== text)) {
      this.fail(`expected ${text === undefined ? "a name" : `\`${text}\``}, got ${this.describe(this.current)}`);
    }
    return this.next();
  }

  private expectEnd(kind: "print-end" | "block-end"): Token {
    if (this.current.kind !== kind) {
      this.fail(`expected ${kind === "print-end" ? "`}}`" : "`%}`"}, got ${this.describe(this.current)}`);
    }
    return this.next();
  }

  /** Offset and length from `start` to the token just read. */
  private place(start: number): { offset: number; length: number } {
    const last = this.tokens[this.position - 1];
    return { offset: start, length: Math.max((last?.end ?? start) - start, 0) };
  }

  private nested<T>(parse: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    try {
      return parse();
    } finally {
      this.depth -= 1;
    }
  }

  private countLink(): void {
    this.links += 1;
    if (this.links > MAX_LINKS) this.fail(`more than ${MAX_LINKS} operators in one expression`);
  }

  /** Nodes up to one of the tags `ends`, which is left as the current token; without `ends`, to the end of the template. */
  private parseNodes(nodes: Node[], ends: readonly string[]): void {
    while (this.current.kind !== "end") {
      const token = this.current;
      this.links = 0;
      if (token.kind === "text") {
        this.next();
        nodes.push({ kind: "text", text: token.text, offset: token.offset, length: token.end - token.offset });
      } else if (token.kind === "print-begin") {
        this.next();
        const value = this.parseTuple({ condition: true });
        this.expectEnd("print-end");
        nodes.push({ kind: "print", value, ...this.place(token.offset) });
      } else {
        this.next();
        if (this.current.kind === "name" && ends.includes(this.current.text)) return;
        this.nested(() => this.parseStatement(token, nodes));
        this.expectEnd("block-end");
      }
    }
    const innermost = this.open.at(-1);
    if (innermost !== undefined) {
      this.fail(`\`{% ${innermost.tag} %}\` has no \`{% ${innermost.ends.at(-1)} %}\``, innermost.token);
    }
  }

  /** The body of `tag` up to one of `ends`; returns the end's name, already read. */
  private parseBody(tag: Token, ends: readonly string[]): { body: Node[]; end: string } {
    this.skipOperator(":");
    this.expectEnd("block-end");
    const body: Node[] = [];
    this.open.push({ tag: tag.text, ends, token: tag });
    const soft = this.soft;
    this.soft = tag.text === "if" || tag.text === "elif";
    this.parseNodes(body, ends);
    this.soft = soft;
    this.open.pop();
    return { body, end: this.next().text };
  }

  private parseStatement(begin: Token, nodes: Node[]): void {
    const tag = this.current;
    if (tag.kind !== "name") this.fail(`expected the name of a tag, got ${this.describe(tag)}`);
    this.next();
    const node = this.parseTag(tag, begin.offset, nodes);
    if (node !== undefined) nodes.push(node);
  }

  private parseTag(tag: Token, start: number, nodes: Node[]): Node | undefined {
    switch (tag.text) {
      case "if":
        return this.parseIf(tag, start);
      case "for":
        return this.parseFor(tag, start);
      case "set":
        return this.parseSet(tag, start);
      case "with":
        return this.parseWith(tag, start);
      case "filter": {
        const filter = this.parseFilters(null, true);
        const { body } = this.parseBody(tag, ["endfilter"]);
        if (filter?.kind !== "filter") this.fail("expected a filter", tag);
        return { kind: "filter-block", filter, body, ...this.place(start) };
      }
      case "macro": {
        const name = this.parseNameTarget();
        const signature = this.parseSignature();
        const { body } = this.parseBody(tag, ["endmacro"]);
        return { kind: "macro", name, signature, body, ...this.place(start) };
      }
      case "call": {
        const signature = this.isOperator("(") ? this.parseSignature() : { names: [], defaults: [] };
        const call = this.parseExpression();
        if (call.kind !== "call") this.fail("`{% call %}` takes the call of a macro", tag);
        const { body } = this.parseBody(tag, ["endcall"]);
        return { kind: "call-block", signature, call: call as CallExpr, body, ...this.place(start) };
      }
      case "block":
        return this.parseBlock(tag, start);
      case "do":
        return { kind: "do", value: this.parseTuple({ condition: true }), ...this.place(start) };
      case "print":
        this.parsePrint(nodes);
        return undefined;
      case "autoescape": {
        const value = this.parseExpression();
        if (value.kind !== "literal" || value.value !== false)
          this.fail("automatic escaping is not supported here: use the filter `escape`", tag);
        const { body } = this.parseBody(tag, ["endautoescape"]);
        return { kind: "with", assignments: [], body, ...this.place(start) };
      }
      default:
        return this.failAtTag(tag);
    }
  }

  private failAtTag(tag: Token): never {
    if (elsewhere.has(tag.text)) this.fail(`\`{% ${tag.text} %}\` reads another template file; a parameter's template stands alone`, tag);
    const innermost = this.open.at(-1);
    if (innermost !== undefined && /^end|^else$|^elif$/.test(tag.text)) {
      this.fail(
        `\`{% ${tag.text} %}\` does not fit here: \`{% ${innermost.tag} %}\` is open and wants \`{% ${innermost.ends.at(-1)} %}\``,
        tag,
      );
    }
    if (/^end|^else$|^elif$/.test(tag.text)) this.fail(`\`{% ${tag.text} %}\` closes nothing`, tag);
    return this.fail(`\`{% ${tag.text} %}\` is no tag of Jinja; there are ${tags.join(", ")}`, tag);
  }

  private parseIf(tag: Token, start: number): Node {
    const branches: { test: Expr; body: Node[] }[] = [];
    let otherwise: Node[] = [];
    for (let head = tag; ; ) {
      const test = this.parseTuple({ condition: false });
      const { body, end } = this.parseBody(tag, ["elif", "else", "endif"]);
      branches.push({ test, body });
      if (end === "endif") break;
      if (end === "else") {
        otherwise = this.parseBody(head, ["endif"]).body;
        break;
      }
      head = tag;
    }
    return { kind: "if", branches, otherwise, ...this.place(start) };
  }

  private parseFor(tag: Token, start: number): Node {
    const target = this.parseTarget(false);
    this.expectName("in");
    const iterable = this.parseTuple({ condition: false });
    const filter = this.skipName("if") ? this.parseExpression() : null;
    const recursive = this.skipName("recursive");
    const { body, end } = this.parseBody(tag, ["else", "endfor"]);
    const otherwise = end === "else" ? this.parseBody(tag, ["endfor"]).body : [];
    return { kind: "for", target, iterable, filter, recursive, body, otherwise, ...this.place(start) };
  }

  private parseSet(tag: Token, start: number): Node {
    const target = this.parseTarget(true);
    if (this.skipOperator("=")) {
      const value = this.parseTuple({ condition: true });
      return { kind: "set", target, value, ...this.place(start) };
    }
    const filter = this.parseFilters(null, false);
    const { body } = this.parseBody(tag, ["endset"]);
    return { kind: "set-block", target, filter: filter?.kind === "filter" ? filter : null, body, ...this.place(start) };
  }

  private parseWith(tag: Token, start: number): Node {
    const assignments: { target: Target; value: Expr }[] = [];
    while (this.current.kind !== "block-end") {
      if (assignments.length > 0) this.expectOperator(",");
      const target = this.parseTarget(false);
      this.expectOperator("=");
      assignments.push({ target, value: this.parseExpression() });
    }
    const { body } = this.parseBody(tag, ["endwith"]);
    return { kind: "with", assignments, body, ...this.place(start) };
  }

  private parseBlock(tag: Token, start: number): Node {
    const name = this.expectName().text;
    this.skipName("scoped");
    const { body } = this.parseBody(tag, ["endblock"]);
    this.skipName(name);
    return { kind: "block", name, body, ...this.place(start) };
  }

  private parsePrint(nodes: Node[]): void {
    for (let first = true; this.current.kind !== "block-end"; first = false) {
      if (!first) this.expectOperator(",");
      const value = this.parseExpression();
      nodes.push({ kind: "print", value, offset: value.offset, length: value.length });
    }
  }

  private parseSignature(): Signature {
    const names: NameExpr[] = [];
    const defaults: Expr[] = [];
    this.expectOperator("(");
    while (!this.isOperator(")")) {
      if (names.length > 0) this.expectOperator(",");
      names.push(this.parseNameTarget());
      if (this.skipOperator("=")) defaults.push(this.parseExpression());
      else if (defaults.length > 0) this.fail("a parameter without default follows one that has a default");
    }
    this.expectOperator(")");
    return { names, defaults };
  }

  private parseNameTarget(): NameExpr {
    const token = this.expectName();
    if (token.text in constants) this.fail(`cannot assign to \`${token.text}\``, token);
    return { kind: "name", name: token.text, offset: token.offset, length: token.end - token.offset };
  }

  /** What can be assigned to; `namespaces` allows `ns.name`. */
  private parseTarget(namespaces: boolean): Target {
    const start = this.current.offset;
    const items: Target[] = [this.parseOneTarget(namespaces)];
    let several = false;
    while (this.skipOperator(",")) {
      several = true;
      if (this.current.kind !== "name" && !this.isOperator("(")) break;
      if (this.isName("in")) break;
      items.push(this.parseOneTarget(namespaces));
    }
    const [only] = items;
    if (!several && only !== undefined) return only;
    return { kind: "targets", items, ...this.place(start) };
  }

  private parseOneTarget(namespaces: boolean): Target {
    const start = this.current.offset;
    if (this.skipOperator("(")) {
      const inner = this.nested(() => this.parseTarget(namespaces));
      this.expectOperator(")");
      return inner;
    }
    const name = this.parseNameTarget();
    if (!namespaces || !this.skipOperator(".")) return name;
    const attribute = this.expectName().text;
    return { kind: "namespace", name: name.name, attribute, ...this.place(start) };
  }

  private parseExpression(): Expr {
    return this.nested(() => this.parseCondition());
  }

  private parseCondition(): Expr {
    const start = this.current.offset;
    const firstUse = this.functions.length;
    let then = this.parseOr();
    while (this.skipName("if")) {
      this.countLink();
      // Both branches and the test of an inline `if` are looked up late.
      const test = this.parseOr();
      const otherwise = this.skipName("else") ? this.nested(() => this.parseCondition()) : null;
      for (let i = firstUse; i < this.functions.length; i++) {
        const use = this.functions[i];
        if (use !== undefined) this.functions[i] = { ...use, soft: true };
      }
      then = { kind: "condition", test, then, otherwise, ...this.place(start) };
    }
    return then;
  }

  /** `first (operator next)*`, left to right. */
  private parseChain(parse: () => Expr, join: (left: Expr, start: number) => Expr | undefined): Expr {
    const start = this.current.offset;
    let left = parse();
    for (;;) {
      const joined = join(left, start);
      if (joined === undefined) return left;
      this.countLink();
      left = joined;
    }
  }

  private parseOr(): Expr {
    return this.parseChain(
      () => this.parseAnd(),
      (left, start) =>
        this.skipName("or") ? { kind: "logic", operator: "or", left, right: this.parseAnd(), ...this.place(start) } : undefined,
    );
  }

  private parseAnd(): Expr {
    return this.parseChain(
      () => this.parseNot(),
      (left, start) =>
        this.skipName("and") ? { kind: "logic", operator: "and", left, right: this.parseNot(), ...this.place(start) } : undefined,
    );
  }

  private parseNot(): Expr {
    const start = this.current.offset;
    if (!this.skipName("not")) return this.parseCompare();
    const operand = this.nested(() => this.parseNot());
    return { kind: "unary", operator: "not", operand, ...this.place(start) };
  }

  private parseCompare(): Expr {
    const start = this.current.offset;
    const first = this.parseSum();
    const rest: { operator: CompareOperator; right: Expr }[] = [];
    for (;;) {
      const operator = this.skipComparison();
      if (operator === undefined) break;
      this.countLink();
      rest.push({ operator, right: this.parseSum() });
    }
    return rest.length === 0 ? first : { kind: "compare", first, rest, ...this.place(start) };
  }

  private skipComparison(): CompareOperator | undefined {
    const token = this.current;
    if (token.kind === "operator") {
      const { text } = token;
      if (text === "==" || text === "!=" || text === "<" || text === "<=" || text === ">" || text === ">=") {
        this.next();
        return text;
      }
    } else if (this.skipName("in")) {
      return "in";
    } else if (this.isName("not") && this.look().kind === "name" && this.look().text === "in") {
      this.next();
      this.next();
      return "not in";
    }
    return undefined;
  }

  private parseBinary(operators: readonly BinaryOperator[], parse: () => Expr): Expr {
    return this.parseChain(parse, (left, start) => {
      const operator = operators.find((text) => this.isOperator(text));
      if (operator === undefined) return undefined;
      this.next();
      return { kind: "binary", operator, left, right: parse(), ...this.place(start) };
    });
  }

  private parseSum(): Expr {
    return this.parseBinary(["+", "-"], () => this.parseConcat());
  }

  private parseConcat(): Expr {
    const start = this.current.offset;
    const parts = [this.parseProduct()];
    while (this.skipOperator("~")) parts.push(this.parseProduct());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "concat", parts, ...this.place(start) };
  }

  private parseProduct(): Expr {
    return this.parseBinary(["*", "/", "//", "%"], () => this.parsePower());
  }

  /** Left to right, as Jinja has it: `2 ** 3 ** 2` is 64. */
  private parsePower(): Expr {
    return this.parseBinary(["**"], () => this.parseUnary(true));
  }

  private parseUnary(withFilter: boolean): Expr {
    const start = this.current.offset;
    let expr: Expr;
    if (this.isOperator("-") || this.isOperator("+")) {
      const operator = this.next().text === "-" ? "-" : "+";
      const operand = this.nested(() => this.parseUnary(false));
      expr = { kind: "unary", operator, operand, ...this.place(start) };
    } else {
      expr = this.parsePrimary();
    }
    expr = this.parsePostfix(expr);
    return withFilter ? this.parseFilterExpr(expr) : expr;
  }

  private parsePrimary(): Expr {
    const token = this.current;
    const start = token.offset;
    switch (token.kind) {
      case "name": {
        this.next();
        const constant = Object.hasOwn(constants, token.text) ? constants[token.text] : undefined;
        if (constant !== undefined) return { kind: "literal", value: constant, ...this.place(start) };
        return { kind: "name", name: token.text, ...this.place(start) };
      }
      case "string": {
        let value = "";
        while (this.current.kind === "string") value += String(this.next().value);
        return { kind: "literal", value, ...this.place(start) };
      }
      case "integer":
      case "float":
        this.next();
        return { kind: "literal", value: token.value ?? null, ...this.place(start) };
      case "operator":
        if (token.text === "(") {
          this.next();
          const inner = this.nested(() => this.parseTuple({ condition: true, parentheses: true }));
          this.expectOperator(")");
          // A tuple's own place includes its parentheses; any other expression keeps its place.
          return inner.kind === "tuple" ? { ...inner, ...this.place(start) } : inner;
        }
        if (token.text === "[") return this.parseList();
        if (token.text === "{") return this.parseDict();
        break;
      default:
    }
    return this.fail(`expected an expression, got ${this.describe(token)}`, token);
  }

  /** One expression, or several with commas: a tuple. */
  private parseTuple(how: { condition: boolean; parentheses?: boolean }): Expr {
    const start = this.current.offset;
    const items: Expr[] = [];
    let several = false;
    for (;;) {
      if (items.length > 0) this.expectOperator(",");
      if (this.current.kind === "print-end" || this.current.kind === "block-end" || this.isOperator(")")) break;
      items.push(how.condition ? this.parseExpression() : this.nested(() => this.parseOr()));
      if (!this.isOperator(",")) break;
      several = true;
    }
    const [only] = items;
    if (!several && only !== undefined) return only;
    if (!several && how.parentheses !== true) this.fail(`expected an expression, got ${this.describe(this.current)}`);
    return { kind: "tuple", items, ...this.place(start) };
  }

  private parseList(): Expr {
    const start = this.next().offset;
    const items: Expr[] = [];
    while (!this.isOperator("]")) {
      if (items.length > 0) this.expectOperator(",");
      if (this.isOperator("]")) break;
      items.push(this.parseExpression());
    }
    this.expectOperator("]");
    return { kind: "list", items, ...this.place(start) };
  }

  private parseDict(): Expr {
    const start = this.next().offset;
    const items: [Expr, Expr][] = [];
    while (!this.isOperator("}")) {
      if (items.length > 0) this.expectOperator(",");
      if (this.isOperator("}")) break;
      const key = this.parseExpression();
      this.expectOperator(":");
      items.push([key, this.parseExpression()]);
    }
    this.expectOperator("}");
    return { kind: "dict", items, ...this.place(start) };
  }

  private parsePostfix(expr: Expr): Expr {
    return this.parseChain(
      () => expr,
      (left) => {
        if (this.isOperator(".") || this.isOperator("[")) return this.parseSubscript(left);
        return this.isOperator("(") ? this.parseCall(left) : undefined;
      },
    );
  }

  private parseFilterExpr(expr: Expr): Expr {
    return this.parseChain(
      () => expr,
      (left) => {
        if (this.isOperator("|")) return this.parseFilters(left, false) ?? undefined;
        if (this.isName("is")) return this.parseTest(left);
        return this.isOperator("(") ? this.parseCall(left) : undefined;
      },
    );
  }

  private parseSubscript(target: Expr): Expr {
    const token = this.next();
    if (token.text === ".") {
      const part = this.next();
      if (part.kind === "name") return { kind: "attribute", target, name: part.text, ...this.place(target.offset) };
      if (part.kind !== "integer") this.fail(`expected a name or a number after \`.\`, got ${this.describe(part)}`, part);
      const index: Expr = { kind: "literal", value: part.value ?? null, offset: part.offset, length: part.end - part.offset };
      return { kind: "item", target, index, ...this.place(target.offset) };
    }
    const parts: Expr[] = [];
    while (!this.isOperator("]")) {
      if (parts.length > 0) this.expectOperator(",");
      parts.push(this.parseSubscribed());
    }
    this.expectOperator("]");
    const [only] = parts;
    const index: Expr = parts.length === 1 && only !== undefined ? only : { kind: "tuple", items: parts, ...this.place(token.offset) };
    return { kind: "item", target, index, ...this.place(target.offset) };
  }

  private parseSubscribed(): Expr {
    const start = this.current.offset;
    let from: Expr | null = null;
    if (!this.isOperator(":")) {
      from = this.parseExpression();
      if (!this.isOperator(":")) return from;
    }
    this.next();
    const atEnd = () => this.isOperator("]") || this.isOperator(",");
    const stop = atEnd() || this.isOperator(":") ? null : this.parseExpression();
    const step = this.skipOperator(":") && !atEnd() ? this.parseExpression() : null;
    return { kind: "slice", start: from, stop, step, ...this.place(start) };
  }

  private parseCall(callee: Expr): Expr {
    const args = this.parseArguments();
    return { kind: "call", callee, args, ...this.place(callee.offset) };
  }

  private parseArguments(): Arguments {
    const opening = this.expectOperator("(");
    const positional: Expr[] = [];
    const keywords: Keyword[] = [];
    let star: Expr | undefined;
    let starStar: Expr | undefined;
    const refuse = (wrong: boolean) => {
      if (wrong) this.fail("arguments stand in this order: plain ones, `name=value`, `*list`, `**map`", opening);
    };
    for (let first = true; !this.isOperator(")"); first = false) {
      if (!first) {
        this.expectOperator(",");
        if (this.isOperator(")")) break;
      }
      if (this.skipOperator("*")) {
        refuse(star !== undefined || starStar !== undefined);
        star = this.parseExpression();
      } else if (this.skipOperator("**")) {
        refuse(starStar !== undefined);
        starStar = this.parseExpression();
      } else if (this.current.kind === "name" && this.look().kind === "operator" && this.look().text === "=") {
        refuse(starStar !== undefined);
        const name = this.next();
        if (keywords.some((keyword) => keyword.name === name.text)) this.fail(`the argument \`${name.text}\` is given twice`, name);
        this.next();
        keywords.push({ name: name.text, value: this.parseExpression() });
      } else {
        refuse(star !== undefined || starStar !== undefined || keywords.length > 0);
        positional.push(this.parseExpression());
      }
    }
    this.expectOperator(")");
    return { positional, keywords, ...(star === undefined ? {} : { star }), ...(starStar === undefined ? {} : { starStar }) };
  }

  /** `a.b` names are allowed for filters and tests. */
  private parseFunctionName(): Token & { readonly fullName: string } {
    const token = this.expectName();
    let fullName = token.text;
    let end = token.end;
    while (this.skipOperator(".")) {
      const part = this.expectName();
      fullName += `.${part.text}`;
      end = part.end;
    }
    return { ...token, end, fullName };
  }

  /** `| name(…) | name…` after `target`; with `inline`, the first filter has no bar before it. */
  private parseFilters(target: Expr | null, inline: boolean): FilterExpr | null {
    let filtered: FilterExpr | null = null;
    for (let first = inline; first || this.isOperator("|"); first = false) {
      this.countLink();
      if (!first) this.next();
      const name = this.parseFunctionName();
      this.functions.push({ kind: "filter", name: name.fullName, soft: this.soft, offset: name.offset, length: name.end - name.offset });
      const args = this.isOperator("(") ? this.parseArguments() : { positional: [], keywords: [] };
      const before: Expr | null = filtered ?? target;
      filtered = { kind: "filter", target: before, name: name.fullName, args, ...this.place(before?.offset ?? name.offset) };
    }
    return filtered;
  }

  private parseTest(target: Expr): Expr {
    this.next();
    const negated = this.skipName("not");
    const name = this.parseFunctionName();
    this.functions.push({ kind: "test", name: name.fullName, soft: this.soft, offset: name.offset, length: name.end - name.offset });
    const args = this.parseTestArguments();
    return { kind: "test", target, name: name.fullName, args, negated, ...this.place(target.offset) };
  }

  private parseTestArguments(): Arguments {
    const { kind, text } = this.current;
    if (this.isOperator("(")) return this.parseArguments();
    const argument =
      kind === "string" ||
      kind === "integer" ||
      kind === "float" ||
      kind === "name" ||
      (kind === "operator" && (text === "[" || text === "{"));
    if (!argument || this.isName("else") || this.isName("or") || this.isName("and")) return { positional: [], keywords: [] };
    if (this.isName("is")) this.fail("tests cannot be chained: put the first in parentheses");
    return { positional: [this.parsePostfix(this.parsePrimary())], keywords: [] };
  }
}
