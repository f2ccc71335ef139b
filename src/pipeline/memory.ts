/** What a compiler made before, and whether it would make the same again. */
import type { CommonOptions, CompiledOne } from "./compile-one.ts";
import type { KeptTemplates } from "./emit/template.ts";
import { Kept } from "./parse/kept.ts";
import type { PipelineDocument } from "./parse/pipeline.ts";
import { KeptReads, type Library } from "./resolve/library.ts";
import { type Lookups, type Table, type Tables, tableOfMap, tablesSince } from "./resolve/lookups.ts";
import type { Presets } from "./resolve/presets.ts";
import { type Place, tablesOf, watchReach } from "./resolve/reach.ts";
import type { Read } from "./resolve/read.ts";
import { type PipelineWords, pipelineWords } from "./schema/words.ts";
import type { Sources } from "./sources.ts";

/** A project's place, or the workspace's own. */
export interface PlaceNow {
  readonly place: Place;
  readonly presets: Read<Presets>;
  /** True when all that was looked up in this place would be found again. */
  holds(made: { readonly lookups: Lookups }): boolean;
}

export class Memory {
  readonly reads = new KeptReads();
  readonly templates: KeptTemplates = new Kept();
  /** By `<environment>/<path>`. */
  readonly ones = new Kept<CompiledOne>();
  /** By path. */
  readonly #words = new Kept<{ readonly lookups: Lookups; readonly words: PipelineWords }>();
  readonly #options = new Kept<CommonOptions>();
  /** By project. */
  readonly #tables = new Map<string | undefined, Tables>();

  /** The same options by the same object, as long as nobody asks for others. */
  options(options: CommonOptions, { airflow }: Sources): CommonOptions {
    const { set, ...others } = options;
    return this.#options.recall("", [airflow, ...Object.values(others), ...[...set].flat()], () => options);
  }

  /** The places of one compilation, by project. */
  places(library: Library, sources: Sources): (project: string | undefined) => PlaceNow {
    const places = new Map<string | undefined, PlaceNow>();
    const texts = tableOfMap(sources.files);
    const compared = new Map<Table, ReadonlySet<string> | undefined>();
    return (project) => {
      const known = places.get(project);
      if (known !== undefined) return known;
      const presets = library.presets(project);
      const place = { catalog: library.catalog(project), presets: presets.value, pipelines: library.pipelines(project), sources };
      const tables = tablesSince(tablesOf(place, texts), this.#tables.get(project), compared);
      this.#tables.set(project, tables);
      const made = { place, presets, holds: ({ lookups }: { readonly lookups: Lookups }) => lookups.hold(tables) };
      places.set(project, made);
      return made;
    };
  }

  words(document: PipelineDocument, { place, holds }: PlaceNow): PipelineWords {
    const make = () => {
      const { watched, lookups } = watchReach(place);
      return { lookups, words: pipelineWords(document, watched.catalog) };
    };
    return this.#words.recall(document.file, [document], make, holds).words;
  }

  /** Forgets the files that are no longer there. */
  retain(sources: Sources): void {
    if (this.reads.files.size === sources.files.size) return;
    this.reads.retain(sources);
    this.ones.retain((name) => sources.files.has(name.slice(name.indexOf("/") + 1)));
    this.templates.retain((path) => sources.files.has(path));
    this.#words.retain((path) => sources.files.has(path));
  }
}
