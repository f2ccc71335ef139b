/** What a pipeline's file may name besides its own tasks, and what of it one did. */
import type { Catalog, Names } from "../catalog/catalog.ts";
import type { PipelineDocument } from "../parse/pipeline.ts";
import type { Settings } from "../settings/types.ts";
import type { Digests, Hashed, Sources } from "../sources.ts";
import { Lookups, type Table, type Tables, tableOfMap, tableOfNames } from "./lookups.ts";
import type { Presets } from "./presets.ts";
import type { Read } from "./read.ts";

export interface Reach extends Place {
  readonly settings: Settings;
}

/** What all pipelines of a project, or of the workspace itself, have in reach, whatever the environment. */
export interface Place {
  readonly catalog: Catalog;
  readonly presets: Presets;
  /** By name, as `pipelines/<name>` finds them. */
  readonly pipelines: ReadonlyMap<string, PipelineText>;
  /** For texts and digests that it names by path. */
  readonly sources: Sources;
}

/** A pipeline's file, read when somebody asks for what is in it. */
export interface PipelineText {
  readonly path: string;
  /** Without a value when the text cannot be read, which is among the diagnostics. */
  readonly document: Read<PipelineDocument | undefined>;
}

/** The same, with a note of all that is looked up in it; not of the settings, which are one thing. */
export function watchReach<T extends Place>(reach: T): { readonly watched: T; readonly lookups: Lookups } {
  const { catalog, presets, pipelines, sources } = reach;
  const lookups = new Lookups();
  const flags = lookups.watchNames("complete", completeOf(reach));
  const watched: T = {
    ...reach,
    catalog: {
      manifests: lookups.watchMap("manifests", catalog.manifests),
      classes: lookups.watchMap("classes", catalog.classes),
      ambiguous: lookups.watchMap("ambiguous", catalog.ambiguous),
      modules: lookups.watchNames("modules", catalog.modules),
      parameters: lookups.watchNames("parameters", catalog.parameters),
      get complete() {
        return flags.has("catalog");
      },
      airflow: catalog.airflow,
    },
    presets: {
      byName: lookups.watchMap("presets", presets.byName),
      get complete() {
        return flags.has("presets");
      },
    },
    pipelines: lookups.watchMap("pipelines", pipelines),
    sources: {
      files: lookups.watchMap("files", sources.files),
      folders: watchDigests("folders", sources.folders, lookups),
      blobs: watchDigests("blobs", sources.blobs, lookups),
    },
  };
  return { watched, lookups };
}

/** Where lookups in a watched place would be answered now. `files` is the table of the sources' texts, which all places share. */
export function tablesOf(place: Place, files: Table): Tables["now"] {
  const { manifests, classes, ambiguous, modules, parameters } = place.catalog;
  return {
    manifests: tableOfMap(manifests),
    classes: tableOfMap(classes),
    ambiguous: tableOfMap(ambiguous),
    modules: tableOfNames(modules),
    parameters: tableOfNames(parameters),
    complete: tableOfNames(completeOf(place)),
    presets: tableOfMap(place.presets.byName),
    pipelines: tableOfMap(place.pipelines),
    files,
    folders: { ask: (path) => textOf(place.sources.folders.get(path)) },
    blobs: { ask: (path) => textOf(place.sources.blobs.get(path)) },
  };
}

/** Digests are compared as texts: who hashes again makes new objects. */
function watchDigests(name: string, digests: Digests, lookups: Lookups): Digests {
  return {
    get(path) {
      const found = digests.get(path);
      lookups.note(name, path, textOf(found));
      return found;
    },
  };
}

function textOf(hashed: Hashed | undefined): string | undefined {
  return hashed && ("sha256" in hashed ? hashed.sha256 : hashed.problem);
}

function completeOf({ catalog, presets }: Place): Names {
  return new Set([...(catalog.complete ? ["catalog"] : []), ...(presets.complete ? ["presets"] : [])]);
}
