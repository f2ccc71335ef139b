/** The built-in operators: what `tradewind builtin NAME` runs. Each is loaded only when it is the one. */
import { EXIT } from "../../protocol/exit.ts";
import { didYouMean } from "../../protocol/suggest.ts";
import { createMasker } from "../mask.ts";
import { BuiltinFailure } from "./failure.ts";

interface Builtin {
  run(env: NodeJS.ProcessEnv): Promise<number>;
}

const builtins: { readonly [name: string]: () => Promise<Builtin> } = {
  csv_to_pg: () => import("./csv-to-pg.ts"),
  pg_to_csv: () => import("./pg-to-csv.ts"),
};

/** Names that `runBuiltin` takes, sorted. */
export const builtinNames: readonly string[] = Object.keys(builtins).sort();

/**
 * Runs one built-in with the variables that a script gets (PARAM_…, INPUT_…, OUTPUT_…, AIRFLOW_CONN_…) and returns its exit code.
 * What went wrong is one sentence on stderr, without secrets.
 */
export async function runBuiltin(name: string | undefined, env: NodeJS.ProcessEnv): Promise<number> {
  const load = name === undefined ? undefined : Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  if (load === undefined) {
    const named = name === undefined ? "no built-in operator was named" : `no built-in operator "${name}"${didYouMean(name, builtinNames)}`;
    process.stderr.write(`tradewind builtin: ${named}. There are: ${builtinNames.join(", ")}\n`);
    return EXIT.usage;
  }
  try {
    return await (await load()).run(env);
  } catch (error) {
    const masker = createMasker(Object.entries(env).flatMap(([key, value]) => (key.startsWith("AIRFLOW_CONN_") && value ? [value] : [])));
    if (error instanceof BuiltinFailure) {
      process.stderr.write(`${name}: ${masker.mask(error.message)}\n`);
      return error.exitCode;
    }
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${name} failed, which is a fault of Tradewind: ${masker.mask(what)}\n`);
    return EXIT.internal;
  }
}
