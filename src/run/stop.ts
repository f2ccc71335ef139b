/** A second Ctrl-C: everything that this run started dies at once. */
import { randomBytes } from "node:crypto";
import { cookieVariable, findByCookie } from "../launch/processes.ts";

/** Marks what this process starts from now on; call it once, before the run. The answer kills all of it. */
export function markDescendants(): () => void {
  const outer = process.env[cookieVariable];
  const cookie = `${outer === undefined ? "" : `${outer}.`}${randomBytes(8).toString("hex")}`;
  process.env[cookieVariable] = cookie;
  return () => {
    for (const pid of findByCookie(cookie)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone meanwhile.
      }
    }
  };
}
