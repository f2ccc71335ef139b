/** The store of a Plan, seen from the workspace. */
import { isAbsolute, join } from "node:path";

/** The absolute address: a relative one is a folder under the workspace. */
export function storeAddress(root: string, url: string): string {
  return isAbsolute(url) || /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : join(root, url);
}
