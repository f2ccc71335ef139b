/** Whose containers are swept. */
import { expect, test } from "vitest";
import { ownIdentity } from "../../../src/launch/identity.ts";
import { isLeftover } from "../../../src/run/containers/leftovers.ts";

const own = ownIdentity();
/** Above the largest id that Linux gives. */
const nobody = 2 ** 22 + 1;

test("of this machine's runners the dead have left something, the living have not", () => {
  expect(isLeftover(own)).toBe(false);
  expect(isLeftover({ ...own, pid: nobody })).toBe(true);
});

test.runIf(process.platform === "linux")("another machine of the same name, whose engine is the same, keeps its containers", () => {
  const [boot, start] = (own.birth ?? "").split(" ");
  expect(isLeftover({ ...own, pid: nobody, birth: `${boot?.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))} ${start}` })).toBe(false);
});
