/** Words that would be options of the engine's command line. */
import { expect, test } from "vitest";
import { provideImages } from "../../../src/run/containers/images.ts";

test("an image that begins with a hyphen is refused before anything is asked", async () => {
  const said: string[] = [];
  const cli = { kind: "docker", command: "/nowhere/docker", env: {} } as const;
  const answer = await provideImages(["--volume=/:/host"], cli, (message) => said.push(message));
  expect(answer).toEqual({ problem: '"--volume=/:/host" is no reference of an image: that begins with a letter or digit' });
  expect(said).toEqual([]);
});
