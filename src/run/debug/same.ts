/** Is what happened here what is on record? One sentence a difference. */
import { EXIT } from "../../protocol/exit.ts";
import type { Result } from "../../protocol/result.ts";
import type { DebugEnd } from "./debug.ts";

export interface Comparison {
  readonly same: boolean;
  readonly lines: readonly string[];
}

export function compareEnd(end: DebugEnd, recorded: Result | undefined): Comparison {
  if (recorded === undefined) return { same: false, lines: ["there is no result on record to compare with"] };
  const here = describe(end.status, end.failure?.exit_code ?? EXIT.success, end.failure?.reason);
  const there = describe(recorded.status, recorded.exit_code, recorded.reason);
  if (here !== there) return { same: false, lines: [`there it ${there}, here it ${here}`] };
  if (recorded.status !== "success") return { same: true, lines: [`it ${here}, as it did there`] };
  const lines: string[] = [];
  for (const [port, artifact] of Object.entries(recorded.outputs)) {
    const made = end.outputs[port];
    if (made?.sha256 === artifact.sha256) continue;
    const amounts = (of: { readonly size: number; readonly rows?: number }) =>
      `${of.rows === undefined ? "" : `${of.rows} rows, `}${of.size} bytes`;
    lines.push(
      `output ${port} is not what it was there: ${amounts(artifact)} there, ${made === undefined ? "nothing" : amounts(made)} here`,
    );
  }
  return lines.length > 0 ? { same: false, lines } : { same: true, lines: [`it ${here}, and its outputs are the same bytes as there`] };
}

function describe(status: Result["status"], exitCode: number, reason: string | undefined): string {
  if (status === "success") return "succeeded";
  const why = reason === undefined || reason === "exit" ? "" : `, ${reason}`;
  return status === "failed" ? `failed (exit code ${exitCode}${why})` : `was ${status}`;
}
