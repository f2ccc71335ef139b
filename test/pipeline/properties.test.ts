/** What holds for every workspace: the order of its files means nothing, and provenance points at text that contains the value. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ExplainedValue, explainPipeline } from "../../src/pipeline/explain.ts";
import type { Span } from "../../src/protocol/diagnostic.ts";
import { compileTexts, describe as said } from "./workspace.ts";
import { workspaces } from "./workspaces.ts";

const numRuns = Number(process.env.RANDOM_RUNS ?? 60);
const options = { env: "dev", target: "portable", explain: true } as const;

test("resolving is deterministic, whatever the order of the files", () => {
  fc.assert(
    fc.property(workspaces, fc.infiniteStream(fc.nat()), (files, numbers) => {
      const first = compileTexts(files, options);
      const places = Object.keys(files).map((path) => [numbers.next().value ?? 0, path] as const);
      const shuffled = Object.fromEntries(places.sort(([a], [b]) => a - b).map(([, path]) => [path, files[path] ?? ""]));
      const again = compileTexts(shuffled, options);
      expect(again.diagnostics).toEqual(first.diagnostics);
      expect(again.pipelines.map(({ plan, python }) => [plan, python])).toEqual(first.pipelines.map(({ plan, python }) => [plan, python]));
    }),
    { numRuns },
  );
}, 120_000);

test("provenance points at text that contains the value, and at the layer that the file is", () => {
  fc.assert(
    fc.property(workspaces, (files) => {
      const { pipelines, diagnostics } = compileTexts(files, options);
      expect(diagnostics.filter(({ severity }) => severity === "error").map(said)).toEqual([]);
      const textAt = ({ file, start, end }: Span) => (files[file] ?? "").slice(start, end);
      for (const { resolved } of pipelines) {
        expect(resolved).toBeDefined();
        const sections = resolved ? explainPipeline(resolved, textAt) : [];
        for (const value of sections.flatMap((section) => section.values)) checkPlace(value, textAt);
      }
    }),
    { numRuns },
  );
}, 120_000);

function checkPlace({ path, value, layer, span }: ExplainedValue, textAt: (span: Span) => string): void {
  if (span === undefined || typeof value === "object" || /\.(inputs|job|needs)\b/.test(path)) return;
  expect(textAt(span), `${path} in ${span.file}`).toContain(String(value));
  const kinds: Readonly<Record<string, RegExp>> = {
    presets: /^preset p\d$/,
    operators: /^operator$/,
    pipelines: /^pipeline/,
    env: /^environment$/,
    "tradewind.yaml": /^base$/,
  };
  expect(layer, `${path} in ${span.file}`).toMatch(kinds[span.file.split("/")[0] ?? ""] ?? /^$/);
}
