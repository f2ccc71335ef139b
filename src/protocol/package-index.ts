/** Where Python packages come from, as the variables that pip and uv read. */
import type { PackageIndexPlan } from "./plan.ts";

/** What an address may be made of: it goes into variables that installers split at spaces, and into a shell's text. */
export const indexAddress = /^https?:\/\/[A-Za-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~/%+-]*)?$/;

/**
 * Variables of pip and uv for these sources and no others. `login`: `user:password`, percent-encoded, put into the address of the index
 * and of all others on its host. Without an index none is asked: what `find_links` has is all there is (uv has no variable for that,
 * but wants `--no-index`).
 */
export function indexVariables(index: PackageIndexPlan, login: string | undefined): { readonly [name: string]: string } {
  const { index_url, extra_index_urls = [], find_links = [] } = index;
  const own = index_url === undefined ? undefined : hostOf(index_url);
  const address = (url: string) => (login !== undefined && hostOf(url) === own ? url.replace("://", `://${login}@`) : url);
  const links = find_links.map((link) => (link.startsWith("/") ? `file://${encodePath(link)}` : address(link)));
  const extra = extra_index_urls.map(address);
  return {
    ...(index_url === undefined ? { PIP_NO_INDEX: "1" } : { PIP_INDEX_URL: address(index_url), UV_DEFAULT_INDEX: address(index_url) }),
    ...(extra.length > 0 && { PIP_EXTRA_INDEX_URL: extra.join(" "), UV_INDEX: extra.join(" ") }),
    ...(links.length > 0 && { PIP_FIND_LINKS: links.join(" "), UV_FIND_LINKS: links.join(",") }),
  };
}

function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/]*)/.exec(url)?.[1];
}

/** Commas too, at which uv splits. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
