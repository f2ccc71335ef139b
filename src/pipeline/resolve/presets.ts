/** The presets that a pipeline may name, and those that it does. */
import type { Diagnostic, Span } from "../../protocol/diagnostic.ts";
import { nearest } from "../../protocol/suggest.ts";
import type { Kept } from "../parse/kept.ts";
import type { Entry } from "../parse/node.ts";
import type { Body } from "../parse/pipeline.ts";
import { type Preset, parsePresets } from "../parse/presets.ts";
import { readString } from "../parse/read.ts";
import { didYouMean, quote, type Report, reportTo, slipOf } from "../parse/report.ts";
import type { PresetFile } from "../parse/workspace.ts";
import type { Settings } from "../settings/types.ts";
import { interpolateBody } from "./interpolate.ts";
import { collect, type Read, readFile } from "./read.ts";

/** By name, as a project or the workspace itself sees them. */
export interface Presets {
  readonly byName: ReadonlyMap<string, Preset>;
  /** False when one of the files could not be read: then nothing is said about what they may lack. */
  readonly complete: boolean;
}

/** A preset where a dag or a task names it. */
export interface UsedPreset {
  readonly preset: Preset;
  /** The name there. */
  readonly span: Span;
  /** With settings put in. */
  readonly body: Body;
}

/** What is in a file of presets; `broken`, it may hold more. */
export interface PresetText {
  readonly presets: readonly Preset[];
  readonly broken: boolean;
}

/** Files of presets that were read before, by path. */
export type KeptPresets = Kept<Read<PresetText>>;

/** All files of presets, each read once. */
export class PresetFiles {
  readonly #files: readonly PresetFile[];
  readonly #kept: KeptPresets;
  readonly #places = new Map<string | undefined, Read<Presets>>();
  readonly #seen = new Map<string | undefined, Read<Presets>>();

  constructor(files: readonly PresetFile[], kept: KeptPresets) {
    this.#files = files;
    this.#kept = kept;
  }

  /** Of two presets with one name the project's wins over the workspace's. */
  seenFrom(project: string | undefined): Read<Presets> {
    if (project === undefined) return this.#place(undefined);
    const known = this.#seen.get(project);
    if (known !== undefined) return known;
    const below = this.#place(undefined);
    const own = this.#place(project);
    const value = {
      byName: new Map([...below.value.byName, ...own.value.byName]),
      complete: below.value.complete && own.value.complete,
    };
    const seen = { value, diagnostics: [...below.diagnostics, ...own.diagnostics] };
    this.#seen.set(project, seen);
    return seen;
  }

  /** What is wrong with any of them; with `used`, those that are not among them too. */
  diagnostics(used: ReadonlySet<Preset> | undefined): readonly Diagnostic[] {
    const found: Diagnostic[] = [];
    const report = reportTo(found);
    for (const project of new Set(this.#files.map((file) => file.project))) {
      const { value, diagnostics } = this.#place(project);
      found.push(...diagnostics);
      for (const preset of value.byName.values()) {
        if (used === undefined || used.has(preset)) continue;
        report(
          "unused-preset",
          preset.nameSpan,
          `no pipeline uses the preset \`${preset.name}\`; name it under \`presets\`, or take it away`,
        );
      }
    }
    return found;
  }

  #place(project: string | undefined): Read<Presets> {
    const known = this.#places.get(project);
    if (known !== undefined) return known;
    const byName = new Map<string, Preset>();
    const diagnostics: Diagnostic[] = [];
    const report = reportTo(diagnostics);
    let complete = true;
    for (const file of this.#files) {
      if (file.project !== project) continue;
      const text = this.#kept.recall(file.path, [file.text], () => readPresetFile(file));
      diagnostics.push(...text.diagnostics);
      if (text.value.broken) complete = false;
      for (const preset of text.value.presets) addPreset(byName, preset, report);
    }
    const read = { value: { byName, complete }, diagnostics };
    this.#places.set(project, read);
    return read;
  }
}

function readPresetFile(file: PresetFile): Read<PresetText> {
  return collect((report) => {
    const { root, broken } = readFile(file, report);
    return { presets: root ? parsePresets(root, report) : [], broken };
  });
}

function addPreset(byName: Map<string, Preset>, preset: Preset, report: Report): void {
  const first = byName.get(preset.name);
  if (first === undefined) byName.set(preset.name, preset);
  else {
    const notes = [{ message: "the other one", span: first.nameSpan }];
    report("duplicate-preset", preset.nameSpan, `there are two presets \`${preset.name}\`, so nobody could tell which is meant`, { notes });
  }
}

/** What `presets:` names, weakest first; `complete` is false when one of them is not known. */
export function readPresets(
  entry: Entry | undefined,
  presets: Presets,
  settings: Settings,
  report: Report,
): { readonly used: readonly UsedPreset[]; readonly complete: boolean } {
  if (entry === undefined) return { used: [], complete: true };
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  const used = new Map<string, UsedPreset>();
  let complete = true;
  for (const item of items) {
    const name = readString(item, "each of `presets`", report);
    if (name === undefined) continue;
    const preset = presets.byName.get(name);
    const first = used.get(name);
    if (first) {
      report("duplicate-key", item.span, `the preset \`${name}\` stands twice`, {
        notes: [{ message: "it stands here already", span: first.span }],
      });
    } else if (preset) used.set(name, { preset, span: item.span, body: interpolateBody(preset.body, settings, report) });
    else {
      complete = false;
      if (presets.complete) reportUnknownPreset(name, item.span, presets, report);
    }
  }
  return { used: [...used.values()], complete };
}

function reportUnknownPreset(name: string, span: Span, { byName }: Presets, report: Report): void {
  const names = [...byName.keys()];
  const near = didYouMean(nearest(name, names));
  const has = names.length === 0 ? "there are none yet; they are written in presets/*.yaml" : `there are ${names.sort().join(", ")}`;
  const notes = near === "" ? [{ message: has }] : [];
  report("unknown-preset", span, `the preset ${quote(name)} does not exist${near}`, { notes, ...slipOf(name, names, span) });
}
