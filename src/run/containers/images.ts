/** Images of a run: fetched before anything starts, so that what is missing is said first. */
import { ask, type ContainerCli, lastLine } from "./cli.ts";

/** Id of each image by its reference; or what is wrong with the first that cannot be had. */
export async function provideImages(
  references: readonly string[],
  cli: ContainerCli,
  say: (message: string) => void,
): Promise<{ readonly ids: ReadonlyMap<string, string> } | { readonly problem: string }> {
  const ids = new Map<string, string>();
  for (const reference of new Set(references)) {
    // It would be an option of the command line.
    if (reference.startsWith("-"))
      return { problem: `${JSON.stringify(reference)} is no reference of an image: that begins with a letter or digit` };
    const known = await findImage(reference, cli);
    if (known === undefined) say(`fetching the image ${reference}`);
    const fetched = known === undefined ? await ask(cli, ["pull", "--quiet", reference]) : undefined;
    const id = known ?? (await findImage(reference, cli));
    if (id === undefined) {
      return { problem: `the image ${reference} is not here and cannot be fetched: ${cli.kind} says: ${lastLine(fetched?.stderr ?? "")}` };
    }
    ids.set(reference, id);
  }
  return { ids };
}

async function findImage(reference: string, cli: ContainerCli): Promise<string | undefined> {
  const { code, stdout } = await ask(cli, ["image", "inspect", "--format", "{{.Id}}", reference]);
  const id = stdout.trim();
  return code === 0 && id !== "" ? id : undefined;
}
