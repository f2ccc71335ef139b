/**
 * Every parameter that a class takes, those included that go through `**kwargs` to the classes above it: what
 * `super().__init__(…)` gives itself is not the user's, and what is taken out of `kwargs` on the way is.
 */
import { evaluate } from "./constant.ts";
import type { Ancestor, OutsideBase, PythonFiles } from "./files.ts";
import type { Call, Method } from "./module.ts";
import { type ConstructorParam, type Signature, signatureOf } from "./signature.ts";

export interface Constructor {
  readonly kind: Signature["kind"];
  readonly params: readonly ConstructorParam[];
  /** What is given to a class outside that is not read: it may take more. */
  readonly outside?: OutsideBase;
  /** `*args` or `**kwargs` that end in the class itself: any name may be given. */
  readonly open: boolean;
  /** Names that one of the classes gives to those above it. */
  readonly given: ReadonlySet<string>;
  /** The `__init__` methods that were read, the class's own first. */
  readonly methods: readonly Method[];
}

/** `ends` names the classes outside or inside at which nothing more is asked: their parameters are not listed. */
export function flatten(order: readonly Ancestor[], files: PythonFiles, ends: (ancestor: Ancestor) => boolean = () => false): Constructor {
  const params = new Map<string, ConstructorParam>();
  const methods: Method[] = [];
  const given = new Set<string>();
  let kind: Signature["kind"] | undefined;
  let place = 0;
  for (;;) {
    const stop = order.findIndex((ancestor, index) => index >= place && ends(ancestor));
    const signature = signatureOf(order, files, place);
    kind ??= signature.kind;
    const result = { kind, params: [...params.values()], methods, given };
    if (stop >= 0 && signature.place >= stop) return { ...result, open: false };
    if (signature.outside) return { ...result, outside: signature.outside, open: false };
    const { method } = signature;
    if (method) methods.push(method);
    for (const param of signature.params) {
      if (param.kind === "map" || param.kind === "list" || params.has(param.name) || given.has(param.name)) continue;
      params.set(param.name, param);
    }
    const rest = signature.params.find((param) => param.kind === "map");
    const owner = order[signature.place];
    if (method === undefined || rest === undefined || owner?.kind !== "class") {
      return { ...result, params: [...params.values()], open: false };
    }
    for (const { name, required } of keysTaken(method, rest.name)) {
      if (params.has(name) || given.has(name)) continue;
      params.set(name, { name, kind: "keyword", required, owner: owner.found, from: rest.from, to: rest.to });
    }
    const call = superCall(method, rest.name);
    if (call === undefined) return { ...result, params: [...params.values()], open: true };
    const next = signatureOf(order, files, signature.place + 1);
    const positional = next.params.filter((param) => param.kind === "positional" || param.kind === "positional-only");
    let index = 0;
    const bound = call.callee.kind === "member" && call.callee.object.kind === "call";
    for (const { name, spread } of bound ? call.args : call.args.slice(1)) {
      if (name !== undefined) given.add(name);
      else if (spread === undefined) {
        const param = positional[index];
        if (param) given.add(param.name);
        index += 1;
      }
    }
    for (const name of method.keysSet(rest.name)) given.add(name);
    place = signature.place + 1;
    if (place >= order.length) return { ...result, params: [...params.values()], open: false };
  }

  function keysTaken(method: Method, rest: string): readonly { readonly name: string; readonly required: boolean }[] {
    return method.calls().flatMap(({ callee, args }) => {
      if (callee.kind !== "member" || callee.object.kind !== "name" || callee.object.name !== rest) return [];
      if (!["pop", "get", "setdefault"].includes(callee.name)) return [];
      const owner = order.find((ancestor) => ancestor.kind === "class" && ancestor.found.methods.get("__init__") === method);
      const name = args[0] && owner?.kind === "class" ? evaluate(args[0].value, owner.found.module, files) : undefined;
      return typeof name === "string" ? [{ name, required: callee.name === "pop" && args.length === 1 }] : [];
    });
  }
}

/** `super().__init__(…, **kwargs)`, or `Parent.__init__(self, …, **kwargs)`. */
function superCall(method: Method, rest: string): Call | undefined {
  return method.calls().find(({ callee, args }) => {
    if (callee.kind !== "member" || callee.name !== "__init__") return false;
    return args.some(({ spread, value }) => spread === "**" && value.kind === "name" && value.name === rest);
  });
}
