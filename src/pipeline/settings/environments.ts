/** Which environments a workspace has, and which one is meant when none is named. */
import { nearest } from "../../protocol/suggest.ts";
import { childOf, type MapNode } from "../parse/node.ts";
import { readString } from "../parse/read.ts";
import { didYouMean, quote, type Report, slipOf } from "../parse/report.ts";
import type { Workspace } from "../parse/workspace.ts";

export interface Environments {
  /** Union of all environment files, sorted; a workspace without any has one, the default. */
  readonly all: readonly string[];
  readonly usual: string;
}

/** `tree` is that of tradewind.yaml. */
export function environmentsOf(workspace: Workspace, tree: MapNode | undefined, report: Report): Environments {
  const found = workspace.environments;
  const node = childOf(tree, "default_env");
  const named = node && readString(node, "`default_env`", report);
  const [first = "dev", second] = found;
  const usual = named ?? (found.includes("dev") || second !== undefined ? "dev" : first);
  if (found.length === 0) return { all: [usual], usual };
  if (node && named !== undefined && !found.includes(named)) {
    const message = `the environment ${quote(named)} has no file env/${named}.yaml${didYouMean(nearest(named, found))}`;
    const notes = [{ message: `there are ${found.join(", ")}` }];
    report("unknown-environment", node.span, message, { notes, ...slipOf(named, found, node.span) });
  }
  return { all: found, usual };
}
