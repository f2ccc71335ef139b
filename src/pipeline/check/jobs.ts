/** What a job names: flavor, image, code folder, requirements file, and the files that go into ports. */
import { nearest } from "../../protocol/suggest.ts";
import { didYouMean, quote, slipOf } from "../parse/report.ts";
import type { Check } from "./signature.ts";

export const checkJobs: Check = ({ tasks, settings, dag }, report, sources) => {
  const base = dag.baseResource;
  const unknownFlavor = (name: string, span: typeof dag.span) => {
    if (settings.flavors.has(name) || !settings.complete) return;
    const names = [...settings.flavors.keys()];
    const near = didYouMean(nearest(name, names));
    const has = names.length === 0 ? "the settings have none under `flavors`" : `there are ${names.join(", ")}`;
    report("unknown-flavor", span, `the resource flavor ${quote(name)} does not exist in environment \`${settings.env}\`${near}`, {
      notes: near === "" ? [{ message: has }] : [],
      ...slipOf(name, names, span),
    });
  };
  if (base) unknownFlavor(base.value, base.span);
  for (const { job, inputs } of tasks) {
    for (const source of inputs.flatMap((input) => input.sources)) {
      if (source.kind !== "file") continue;
      const blob = sources.blobs.get(source.path);
      if (blob && "problem" in blob) report("missing-file", source.span, `the file ${quote(source.path)} ${blob.problem}`);
    }
    if (job === undefined) continue;
    const { flavor, image, code, requirements } = job;
    if (flavor && flavor !== base) unknownFlavor(flavor.value, flavor.span);
    const engine = job.engine?.value ?? "process";
    if (image && settings.complete) {
      const names = [...settings.images.keys()];
      const near = didYouMean(nearest(image.value, names));
      if (image.found === undefined && !/[/:]/.test(image.value)) {
        const has = names.length === 0 ? "the settings have none under `images`" : `there are ${names.join(", ")}`;
        const notes = near === "" ? [{ message: `${has}; a full reference has a \`/\` or a \`:\`` }] : [];
        report("unknown-image", image.span, `the image ${quote(image.value)} does not exist in environment \`${settings.env}\`${near}`, {
          notes,
          ...slipOf(image.value, names, image.span),
        });
      } else if (engine === "process" && image.found?.python === undefined) {
        const message = `the image ${quote(image.value)} says no \`python\`, and the engine \`process\` runs no images: it can only take the interpreter's version`;
        const alias = image.found ? image.value : "my-image";
        const notes = [
          { message: `write \`images: { ${alias}: { image: …, python: "3.11" } }\` into the settings, and name ${alias} here` },
          { message: "or let it run in its image, by `engine: docker` or `engine: kubernetes`" },
        ];
        report("image-without-python", image.span, message, { notes });
      }
    }
    if (code) {
      const folder = sources.folders.get(code.value);
      const shown = code.value === "" ? "the workspace itself" : quote(code.value);
      if (folder && "problem" in folder) report("code-folder", code.span, `the code folder ${shown} ${folder.problem}`);
    }
    if (requirements) {
      const text = sources.files.get(requirements.value);
      if (typeof text === "string") continue;
      const problem = text?.problem ?? "does not exist; it is looked for beside the operator.yaml, and must end with .txt";
      report("missing-file", requirements.span, `the requirements file ${quote(requirements.value)} ${problem}`);
    }
  }
};
