/** How much memory a container needs for a job. */
import type { FlavorPlan } from "./plan.ts";

const mebi = 1_048_576;

/** Of a container: the most memory that the job may ever have, which the launcher watches, and room for the launcher itself. Decimal sizes stay decimal. */
export function containerMemory(flavor: FlavorPlan | undefined): number | undefined {
  const memory = flavor?.memory_max ?? flavor?.memory;
  if (memory === undefined) return undefined;
  return memory + (memory % mebi === 0 ? 128 * mebi : 128_000_000);
}
