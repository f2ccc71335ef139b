import { expect, test } from "vitest";
import { indexAddress, indexVariables } from "../../src/protocol/package-index.ts";

test("an index and further ones, for pip and uv alike", () => {
  const index = { index_url: "https://a.company/simple", extra_index_urls: ["https://a.company/team/simple", "https://b.company/simple"] };
  expect(indexVariables(index, undefined)).toEqual({
    PIP_INDEX_URL: "https://a.company/simple",
    UV_DEFAULT_INDEX: "https://a.company/simple",
    PIP_EXTRA_INDEX_URL: "https://a.company/team/simple https://b.company/simple",
    UV_INDEX: "https://a.company/team/simple https://b.company/simple",
  });
});

test("the login goes to the index and to others on its host, to nobody else", () => {
  const index = {
    index_url: "https://a.company:8443/simple",
    extra_index_urls: ["https://a.company:8443/team", "https://a.company/other-port", "https://b.company/simple"],
    find_links: ["https://a.company:8443/wheels/", "/mnt/our, wheels"],
  };
  const variables = indexVariables(index, "me:p%40ss");
  expect(variables.PIP_INDEX_URL).toBe("https://me:p%40ss@a.company:8443/simple");
  expect(variables.UV_INDEX).toBe("https://me:p%40ss@a.company:8443/team https://a.company/other-port https://b.company/simple");
  expect(variables.UV_FIND_LINKS).toBe("https://me:p%40ss@a.company:8443/wheels/,file:///mnt/our%2C%20wheels");
  expect(variables.PIP_FIND_LINKS).toBe("https://me:p%40ss@a.company:8443/wheels/ file:///mnt/our%2C%20wheels");
});

test("without an index none is asked", () => {
  const variables = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: "file:///w", UV_FIND_LINKS: "file:///w" };
  expect(indexVariables({ find_links: ["/w"] }, undefined)).toEqual(variables);
});

test.each([
  ["https://pypi.company/simple", true],
  ["http://127.0.0.1:8080/simple/", true],
  ["https://user:password@pypi.company/simple", false],
  ["https://pypi.company/a b", false],
  ["https://pypi.company/$(id)", false],
  ['https://pypi.company/"', false],
  ["ftp://pypi.company/simple", false],
  ["pypi.company/simple", false],
])("%j as an address: %s", (text, good) => expect(indexAddress.test(text)).toBe(good));
