/** Last block: `extract >> score >> [to_dwh, report]`, in the order of the Plan. */
import type { Plan } from "../../protocol/plan.ts";
import { lineWidth } from "./print.ts";

const indent = 4;

/** Statements; none when no task waits for another. */
export function emitOrder(plan: Plan, variables: ReadonlyMap<string, string>): readonly string[] {
  const chains = joinChains(collectSteps(plan));
  const lines = chains.map((chain) => printChain(chain.map((side) => side.map((id) => variables.get(id) ?? id))));
  return lines;
}

type Side = readonly string[];
type Chain = readonly Side[];

/** One step for tasks that wait for the same: `a >> [b, c]`; or for several: `[a, b] >> c`. A list never points at a list. */
function collectSteps(plan: Plan): readonly Chain[] {
  const fans = new Map<string, string[]>();
  const steps: Chain[] = [];
  for (const { id, upstream } of plan.tasks) {
    const [first] = upstream;
    if (first === undefined) continue;
    if (upstream.length > 1) {
      steps.push([upstream, [id]]);
      continue;
    }
    const fan = fans.get(first);
    if (fan !== undefined) {
      fan.push(id);
      continue;
    }
    const started = [id];
    fans.set(first, started);
    steps.push([upstream, started]);
  }
  return steps;
}

/** A step that begins where a chain ends goes on that chain, as long as it fits on the line. */
function joinChains(steps: readonly Chain[]): readonly Chain[] {
  const chains: Chain[] = [];
  for (const step of steps) {
    const [from = [], to = []] = step;
    const index = chains.findIndex((chain) => sameSide(chain.at(-1) ?? [], from));
    const chain = chains[index];
    if (chain === undefined) chains.push(step);
    else chains[index] = [...chain, to];
  }
  return chains;
}

function sameSide(a: Side, b: Side): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** Breaks a chain that is too long for its line into several, each beginning where the one before ended. */
function printChain(chain: Chain): string {
  const [first, ...rest] = chain;
  if (first === undefined) return "";
  const lines: string[] = [];
  let line: Side[] = [first];
  for (const side of rest) {
    const longer = [...line, side];
    if (line.length > 1 && indent + flat(longer).length > lineWidth) {
      lines.push(printOne(line));
      line = [line.at(-1) ?? [], side];
    } else {
      line = longer;
    }
  }
  return [...lines, printOne(line)].join("\n");
}

function flat(chain: Chain): string {
  return chain.map((side) => (side.length === 1 ? side[0] : `[${side.join(", ")}]`)).join(" >> ");
}

function printOne(chain: Chain): string {
  const pad = " ".repeat(indent);
  const line = flat(chain);
  if (indent + line.length <= lineWidth) return `${pad}${line}`;
  if (chain.every((side) => side.length === 1)) return `${pad}(\n${pad}    ${chain.join(`\n${pad}    >> `)}\n${pad})`;
  const tall = chain.map((side) => (side.length === 1 ? side[0] : `[\n${side.map((name) => `${pad}    ${name},\n`).join("")}${pad}]`));
  return `${pad}${tall.join(" >> ")}`;
}
