/** No task waits for itself. Each knot of tasks is reported once, as the shortest chain that closes. */
import type { Span } from "../../protocol/diagnostic.ts";
import { orderTasks } from "../resolve/order.ts";
import type { Task } from "../resolve/pipeline.ts";
import type { Check } from "./signature.ts";

export const checkCycles: Check = ({ tasks }, report) => {
  const enabled = tasks.filter((task) => task.enabled);
  const byId = new Map(enabled.map((task) => [task.id, task]));
  const ordered = new Set(orderTasks([...byId.keys()], (id) => byId.get(id)?.upstream.keys() ?? []));
  const left = new Set([...byId.keys()].filter((id) => !ordered.has(id)));
  for (const task of enabled) {
    if (!left.has(task.id)) continue;
    const chain = shortestChain(task, byId, left);
    if (chain === undefined) continue; // it waits for a knot, but is not in it
    for (const { id } of chain) left.delete(id);
    const [first] = chain;
    const shown = [...chain.map(({ id }) => id), task.id].map((id) => `\`${id}\``).join(" needs ");
    const notes = chain.slice(1).map(({ id, next, span }) => ({ message: `\`${id}\` needs \`${next}\``, span }));
    report("cycle", first?.span ?? task.nameSpan, `the tasks wait for each other: ${shown}`, { notes });
  }
};

interface Link {
  readonly id: string;
  readonly next: string;
  readonly span: Span;
}

function shortestChain(start: Task, byId: ReadonlyMap<string, Task>, inside: ReadonlySet<string>): readonly Link[] | undefined {
  const cameFrom = new Map<string, Link>();
  const queue = [start.id];
  for (const id of queue) {
    for (const [next, span] of byId.get(id)?.upstream ?? []) {
      if (next === start.id) return [...chainTo(id, cameFrom), { id, next, span }];
      if (!inside.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, { id, next, span });
      queue.push(next);
    }
  }
  return undefined;
}

function chainTo(id: string, cameFrom: ReadonlyMap<string, Link>): Link[] {
  const chain: Link[] = [];
  for (let link = cameFrom.get(id); link !== undefined; link = cameFrom.get(link.id)) chain.unshift(link);
  return chain;
}
