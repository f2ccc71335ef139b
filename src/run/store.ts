/** The store of a Plan, seen from the workspace. */
import { isAbsolute, join } from "node:path";
import type { StorePlan } from "../protocol/plan.ts";
import { isS3, type StoreAddress } from "../protocol/store-address.ts";

/** The address with absolute folders: a relative one lies under the workspace. */
export function storeAddress(root: string, { keep: _keep, models: _models, ...plan }: StorePlan): StoreAddress {
  const absolute = (url: string) => (isAbsolute(url) || isS3(url) ? url : join(root, url));
  return { ...plan, url: absolute(plan.url), ...(plan.code !== undefined && { code: absolute(plan.code) }) };
}
