/** Pipelines that are used as operators, taken away: what goes into them and comes out of them is bound to the tasks inside. */
import type { Span } from "../../protocol/diagnostic.ts";
import type { Use } from "./expand.ts";
import type { BoundInput, Source } from "./pipeline.ts";
import type { TaskFacts } from "./task.ts";

/** A task, or a use of a pipeline, with its references followed in its own pipeline. */
export interface Draft {
  readonly facts: TaskFacts;
  /** Tasks and uses that come before. */
  needed: ReadonlyMap<string, Span>;
  bound: ReadonlyMap<string, BoundInput>;
}

/** Changes the drafts, so that none of them names a use; those of the uses stay as they are. */
export function flattenUses(drafts: ReadonlyMap<string, Draft>, uses: ReadonlyMap<string, Use>): void {
  const inside = new Map<string, Draft[]>([...uses.keys()].map((id) => [id, []]));
  for (const draft of drafts.values()) inside.get(draft.facts.scope)?.push(draft);
  const ends = new Map([...inside].map(([id, members]) => [id, endsOf(members)]));
  const outermostFirst = [...uses].sort(([a], [b]) => a.length - b.length);
  for (const [id, use] of outermostFirst) pushDown(drafts, id, use, ends.get(id)?.roots ?? []);

  const lastOf = (id: string): readonly string[] => {
    const members = ends.get(id);
    return members === undefined ? [id] : members.leaves.flatMap(({ facts }) => lastOf(facts.id));
  };
  for (const draft of drafts.values()) {
    if (uses.has(draft.facts.id)) continue;
    draft.needed = new Map([...draft.needed].flatMap(([id, span]) => lastOf(id).map((last): [string, Span] => [last, span])));
    draft.bound = new Map(
      [...draft.bound].map(([port, input]) => [
        port,
        { ...input, sources: input.sources.map((source) => followSource(source, drafts, uses)) },
      ]),
    );
  }
}

/** The tasks inside that wait for no other inside, and those that no other waits for. */
function endsOf(members: readonly Draft[]): { readonly roots: readonly Draft[]; readonly leaves: readonly Draft[] } {
  const enabled = members.filter(({ facts }) => facts.enabled);
  const before = (draft: Draft) => [
    ...draft.needed.keys(),
    ...[...draft.bound.values()].flatMap(({ sources }) => sources.flatMap((source) => (source.kind === "output" ? source.task : []))),
  ];
  const awaited = new Set(enabled.flatMap(before));
  return {
    roots: enabled.filter((draft) => before(draft).length === 0),
    leaves: enabled.filter(({ facts }) => !awaited.has(facts.id)),
  };
}

function pushDown(drafts: ReadonlyMap<string, Draft>, id: string, { wiring }: Use, roots: readonly Draft[]): void {
  const use = drafts.get(id);
  if (use === undefined) return;
  for (const root of roots) root.needed = new Map([...use.needed, ...root.needed]);
  for (const [name, ports] of wiring.inputs) {
    const given = use.bound.get(name);
    const port = use.facts.operator?.found?.kind === "manifest" ? use.facts.operator.found.inputs.get(name) : undefined;
    // What is missing is said of the use, not of the task inside.
    const missing = {
      by: "inputs",
      span: use.facts.nameSpan,
      sources: [{ kind: "none", text: name, span: use.facts.nameSpan, why: { kind: "silent" } }],
    } as const;
    const bound: BoundInput | undefined = given ?? (port?.optional ? undefined : missing);
    if (bound === undefined) continue;
    for (const inner of ports) {
      const draft = drafts.get(inner.task);
      if (draft) draft.bound = new Map([...draft.bound, [inner.port, bound]]);
    }
  }
}

function followSource(source: Source, drafts: ReadonlyMap<string, Draft>, uses: ReadonlyMap<string, Use>): Source {
  let followed = source;
  while (followed.kind === "output") {
    const use = uses.get(followed.task);
    if (use === undefined) return followed;
    const { text, span } = source;
    const inner = use.wiring.outputs.get(followed.port);
    if (inner === undefined) return { kind: "none", text, span, why: { kind: "silent" } };
    if (!drafts.get(inner.task)?.facts.enabled) return { kind: "none", text, span, why: { kind: "disabled", task: inner.task } };
    followed = { ...followed, task: inner.task, port: inner.port };
  }
  return followed;
}
