/** The tree is the architecture: a folder imports only what stands before it (ARCHITECTURE.md, "Invariants"). */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** What each folder of src may import, besides itself. */
const mayImport: Record<string, readonly string[]> = {
  protocol: [],
  template: ["protocol"],
  pipeline: ["protocol", "template"],
  storage: ["protocol"],
  launch: ["protocol", "storage"],
  workspace: ["protocol", "template", "pipeline", "storage"],
  run: ["protocol", "template", "pipeline", "storage", "launch", "workspace"],
  cli: ["protocol", "template", "pipeline", "storage", "launch", "workspace", "run"],
};

const pure = new Set(["protocol", "template", "pipeline"]);

/** Packages that a pure folder may import. */
const purePackages = new Set(["yaml", "@lezer"]);

/** Inside the compiler, data-flow order is import order. A file directly in src/pipeline stands where its name is listed. */
const stages = [
  ["sources.ts", "codes.ts", "cron.ts", "zone.ts", "timetable.ts"],
  ["parse"],
  ["settings"],
  ["catalog"],
  ["resolve"],
  ["check"],
  ["plan"],
  ["emit", "view", "edit", "schema"],
  ["compile-one.ts"],
  ["memory.ts"],
  ["compile.ts"],
  ["explain.ts", "print.ts"],
];

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const pattern = /(?:^|\n)\s*(?:import|export)\b[^;'"`]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)\s*import\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => ({ from: file, to: match[1] ?? match[2] ?? match[3] ?? "" }));
}

/** Without those of types alone, and without those that wait until they are needed. */
function staticImportsOf(file: string): Import[] {
  if (!file.endsWith(".ts")) return [];
  const pattern = /(?:^|\n)(?:import|export)\s+(?!type\b)([^;'"`]*?)from\s*"([^"]+)"/g;
  const values = [...readFileSync(file, "utf8").matchAll(pattern)].filter(([, names = ""]) => {
    const listed = /^\s*\{(.*)\}\s*$/s
      .exec(names)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    return listed?.some((name) => name !== "" && !name.startsWith("type ")) ?? true;
  });
  return values.map((match) => ({ from: file, to: match[2] ?? "" }));
}

const files = sourceFiles(join(root, "src"));
const imports = files.flatMap(importsOf);
const inSource = (path: string) => relative(join(root, "src"), path).split("/");

describe("direction of imports", () => {
  test("reads the tree it guards", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  test("every folder of src has its place", () => {
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((entry) => entry.name).filter((name) => !(name in mayImport))).toEqual([]);
  });

  test("a folder imports only what stands before it", () => {
    const wrong = imports
      .filter(({ to }) => to.startsWith("."))
      .filter(({ from, to }) => {
        const [own = ""] = inSource(from);
        const [other = ""] = inSource(normalize(join(dirname(from), to)));
        return own !== other && !(mayImport[own] ?? []).includes(other);
      });
    expect(wrong.map(({ from, to }) => `${relative(root, from)} imports ${to}`)).toEqual([]);
  });

  test("the pure folders import no platform", () => {
    const wrong = imports.filter(
      ({ from, to }) => pure.has(inSource(from)[0] ?? "") && !to.startsWith(".") && !purePackages.has(to.split("/")[0] ?? ""),
    );
    expect(wrong.map(({ from, to }) => `${relative(root, from)} imports ${to}`)).toEqual([]);
  });

  test("a run whose Plan is known loads neither the compiler nor the YAML reader, and a launch no S3 client", () => {
    const loadedBy = (start: string) => {
      const loaded = new Set([join(root, "src", start)]);
      for (const file of loaded) {
        for (const { to } of staticImportsOf(file)) loaded.add(to.startsWith(".") ? normalize(join(dirname(file), to)) : to);
      }
      return [...loaded].map((name) => relative(join(root, "src"), name));
    };
    const heavy = /^pipeline\/(compile|parse|resolve|catalog)|^template\/render|(^|\/)(yaml|@lezer|@aws-sdk|pg)(\/|$)/;
    for (const start of ["cli/bin.ts", "cli/main.ts", "cli/run.ts", "launch/main.ts"]) {
      expect(loadedBy(start).length, start).toBeGreaterThan(start === "cli/bin.ts" ? 1 : 5);
      expect(
        loadedBy(start).filter((name) => heavy.test(name)),
        start,
      ).toEqual([]);
    }
  });

  test("inside the compiler, a stage imports only earlier stages", () => {
    const place = (path: string) => {
      const name = inSource(path)[1] ?? "";
      return stages.findIndex((stage) => stage.includes(name));
    };
    const inside = imports
      .filter(({ from, to }) => inSource(from)[0] === "pipeline" && to.startsWith("."))
      .map(({ from, to }) => ({ from, to: normalize(join(dirname(from), to)) }))
      .filter(({ to }) => inSource(to)[0] === "pipeline");
    const unplaced = files.filter((file) => inSource(file)[0] === "pipeline" && place(file) < 0);
    expect(unplaced.map((file) => relative(root, file))).toEqual([]);
    const wrong = inside.filter(({ from, to }) => place(to) > place(from));
    expect(wrong.map(({ from, to }) => `${relative(root, from)} imports ${relative(root, to)}`)).toEqual([]);
  });
});
