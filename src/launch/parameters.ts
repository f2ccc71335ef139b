/** Do the parameters, after templates, fit their schemas? */
import { checkValue } from "../protocol/check-value.ts";
import { EXIT } from "../protocol/exit.ts";
import type { Request } from "../protocol/request.ts";
import { Failure } from "./failure.ts";

/** Throws a Failure that names the first parameter that does not. */
export function checkParameters(request: Request): void {
  for (const [name, { value, schema }] of Object.entries(request.params)) {
    const [problem] = checkValue(value, schema);
    if (problem === undefined) continue;
    const message = `parameter "${name}"${problem.pointer === "" ? "" : ` at ${problem.pointer}`}: ${problem.message}`;
    throw new Failure({ reason: "bad-parameter", origin: "script", retryable: false, exit_code: EXIT.badInput, message });
  }
}
