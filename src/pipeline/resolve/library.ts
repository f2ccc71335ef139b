/**
 * The workspace's texts, each read once however many pipelines and environments use it, with what was said about it; and not again
 * for a later library that is given the same `KeptReads`, as long as the text is the same.
 */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { builtinManifests } from "../catalog/builtin.ts";
import { type Catalog, makeCatalog, type Operator, type Operators } from "../catalog/catalog.ts";
import { brokenManifest, inlineJob, type Manifest, readJobFile, readManifest } from "../catalog/manifest.ts";
import { type PythonOperators, readPythonOperators } from "../catalog/python/operators.ts";
import { Kept } from "../parse/kept.ts";
import type { MapNode } from "../parse/node.ts";
import { type PipelineDocument, parsePipeline } from "../parse/pipeline.ts";
import type { Preset } from "../parse/presets.ts";
import { readMap } from "../parse/read.ts";
import { type OperatorFile, type PipelineFile, type Workspace, workspaceSettings } from "../parse/workspace.ts";
import { parseYaml } from "../parse/yaml.ts";
import { type Environments, environmentsOf } from "../settings/environments.ts";
import { layersOf, readSettings } from "../settings/settings.ts";
import type { Settings } from "../settings/types.ts";
import type { AirflowIndex, Sources, Unreadable } from "../sources.ts";
import type { Pipeline } from "./pipeline.ts";
import { type KeptPresets, PresetFiles, type Presets } from "./presets.ts";
import type { PipelineText } from "./reach.ts";
import { collect, type Read, readFile } from "./read.ts";

/** What was read before. */
export class KeptReads {
  readonly builtin = new Kept<Manifest>();
  /** By path. */
  readonly files = new Kept<string | Unreadable>();
  readonly trees = new Kept<Read<MapNode | "broken" | undefined>>();
  readonly manifests = new Kept<Read<Manifest>>();
  readonly pipelines = new Kept<PipelineText>();
  readonly presets: KeptPresets = new Kept();
  /** By folder. */
  readonly classes = new Kept<PythonOperators>();
  /** By environment and project. */
  readonly settings = new Kept<Read<Settings>>();

  /** The same sources; a text that was there before is the same object, so that to compare it later costs nothing. */
  settle(sources: Sources): Sources {
    const files = new Map<string, string | Unreadable>();
    for (const [path, text] of sources.files) {
      files.set(
        path,
        this.files.recall(path, [typeof text === "string" ? text : text.problem], () => text),
      );
    }
    return { ...sources, files };
  }

  /** Forgets the files that are no longer there. */
  retain({ files }: Sources): void {
    for (const kept of [this.files, this.trees, this.manifests, this.pipelines, this.presets]) kept.retain((path) => files.has(path));
  }
}

const noIndex = () => undefined;

export class Library {
  readonly #workspace: Workspace;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #airflow: () => AirflowIndex | undefined;
  readonly #kept: KeptReads;
  readonly #catalogs = new Map<string | undefined, Catalog>();
  readonly #pipelines = new Map<string | undefined, ReadonlyMap<string, PipelineText>>();
  readonly #settings = new Map<string, Read<Settings>>();
  readonly #operatorFiles: ReadonlyMap<string, OperatorFile>;
  /** By project. */
  readonly #pipelineFiles = new Map<string | undefined, PipelineFile[]>();
  readonly #presets: PresetFiles;

  constructor(
    workspace: Workspace,
    overrides: ReadonlyMap<string, string>,
    airflow: () => AirflowIndex | undefined = noIndex,
    kept = new KeptReads(),
  ) {
    this.#workspace = workspace;
    this.#overrides = overrides;
    this.#airflow = airflow;
    this.#kept = kept;
    this.#operatorFiles = new Map(workspace.operators.map((file) => [file.path, file]));
    for (const file of workspace.pipelines) {
      const others = this.#pipelineFiles.get(file.project);
      if (others) others.push(file);
      else this.#pipelineFiles.set(file.project, [file]);
    }
    this.#presets = new PresetFiles(workspace.presets, kept.presets);
  }

  environments(): Read<Environments> {
    const base = this.#tree(workspaceSettings).value;
    return collect((report) => environmentsOf(this.#workspace, base === "broken" ? undefined : base, report));
  }

  pipeline(file: PipelineFile): PipelineText {
    return this.#kept.pipelines.recall(file.path, [file.text], () => pipelineText(file));
  }

  /** The layers' own diagnostics are among those of the settings. */
  settings(env: string, project: string | undefined): Read<Settings> {
    const key = `${env}/${project ?? ""}`;
    const known = this.#settings.get(key);
    if (known !== undefined) return known;
    const layers = layersOf(this.#workspace, env, project);
    const trees = layers.map(({ file }) => this.#tree(file));
    const overrides = [...this.#overrides].flat();
    const settings = this.#kept.settings.recall(key, [...trees, ...overrides], () => {
      const read = collect((report) => readSettings(layers, env, project, this.#overrides, (path) => this.#tree(path).value, report));
      return { value: read.value, diagnostics: [...trees.flatMap((tree) => tree.diagnostics), ...read.diagnostics] };
    });
    this.#settings.set(key, settings);
    return settings;
  }

  /** Of two operators with one name the project's wins over the workspace's, and that over the built-in one. */
  catalog(project: string | undefined): Catalog {
    const known = this.#catalogs.get(project);
    if (known !== undefined) return known;
    const builtin = {
      manifests: [...builtinManifests.map((one) => this.#kept.builtin.recall(one.name, [one.text], () => readBuiltin(one))), inlineJob],
      classes: [],
    };
    const places = project === undefined ? [undefined] : [undefined, project];
    const catalog = makeCatalog([builtin, ...places.map((place) => this.#operators(place))], this.#airflow);
    this.#catalogs.set(project, catalog);
    return catalog;
  }

  /** Those that `operator_type: pipelines/<name>` finds: the project's, then the workspace's. */
  pipelines(project: string | undefined): ReadonlyMap<string, PipelineText> {
    const known = this.#pipelines.get(project);
    if (known !== undefined) return known;
    const pipelines = new Map(project === undefined ? [] : this.pipelines(undefined));
    for (const file of this.#pipelineFiles.get(project) ?? []) {
      pipelines.set(file.path.slice(file.path.lastIndexOf("/") + 1).replace(/\.ya?ml$/, ""), this.pipeline(file));
    }
    this.#pipelines.set(project, pipelines);
    return pipelines;
  }

  /** What is wrong with the text of a pipeline that somebody asked for. */
  diagnosticsOf(path: string): readonly Diagnostic[] {
    return this.#kept.pipelines.get(path)?.document.diagnostics ?? [];
  }

  /** The files' own diagnostics are among those of the presets. */
  presets(project: string | undefined): Read<Presets> {
    return this.#presets.seenFrom(project);
  }

  /** What is wrong with any preset; with `used`, which ones nobody uses. */
  allPresetDiagnostics(used: ReadonlySet<Preset> | undefined): readonly Diagnostic[] {
    return this.#presets.diagnostics(used);
  }

  /** What any file of the workspace may be seen with: that of the workspace itself, and of each project. */
  everything(environments: readonly string[]) {
    const { pipelines, operators } = this.#workspace;
    const projects = [undefined, ...new Set([...pipelines, ...operators].flatMap(({ project }) => project ?? []))];
    return {
      catalogs: projects.map((project) => this.catalog(project)),
      settings: projects.flatMap((project) => environments.map((env) => this.settings(env, project).value)),
      presets: projects.flatMap((project) => [...this.presets(project).value.byName.values()]),
    };
  }

  /** What is wrong with the operators that the pipeline uses. */
  operatorDiagnostics(pipeline: Pipeline): readonly Diagnostic[] {
    const files = new Set(pipeline.tasks.flatMap(({ operator }) => (operator?.found && fileOf(operator.found)) ?? []));
    const classes = [...new Set([...files].map(folderOf))].flatMap((folder) => this.#classes(folder).diagnostics);
    const manifests = [...files].flatMap((path) => this.#operatorFiles.get(path) ?? []);
    return [...manifests.flatMap((file) => this.#manifest(file).diagnostics), ...classes.filter(({ span }) => files.has(span.file))];
  }

  /** What is wrong with any operator, used or not. */
  allOperatorDiagnostics(): readonly Diagnostic[] {
    const folders = new Set(this.#workspace.classes.map(({ path }) => folderOf(path)));
    return [
      ...this.#workspace.operators.flatMap((file) => this.#manifest(file).diagnostics),
      ...[...folders].flatMap((folder) => this.#classes(folder).diagnostics),
    ];
  }

  /** Those of the workspace itself, or of a project. */
  #operators(project: string | undefined): Operators {
    const files = this.#workspace.operators.filter((file) => file.project === project);
    const folder = project === undefined ? "operators" : `projects/${project}/operators`;
    return { manifests: files.map((file) => this.#manifest(file).value), classes: this.#classes(folder).operators };
  }

  #classes(folder: string): PythonOperators {
    const files = this.#workspace.classes.filter(({ path }) => folderOf(path) === folder);
    if (files.length === 0) return { operators: [], diagnostics: [] };
    const requirements = this.#workspace.requirements.has(folder);
    const from = [this.#airflow, requirements, ...files.flatMap(({ path, text }) => [path, text])];
    return this.#kept.classes.recall(folder, from, () => readPythonOperators({ path: folder, files, requirements }, this.#airflow));
  }

  #tree(path: string): Read<MapNode | "broken" | undefined> {
    const file = this.#workspace.settings.get(path);
    if (file === undefined) return { value: undefined, diagnostics: [] };
    return this.#kept.trees.recall(file.path, [file.text], () =>
      collect((report) => {
        const { root, broken } = readFile(file, report);
        if (broken) return "broken" as const;
        return root && (readMap(root, "a settings file", report) ?? ("broken" as const));
      }),
    );
  }

  #manifest(file: OperatorFile): Read<Manifest> {
    return this.#kept.manifests.recall(file.path, [file.text, file.standalone], () => readOperator(file));
  }
}

function readOperator(file: OperatorFile): Read<Manifest> {
  return collect((report) => {
    const { root, broken } = readFile(file, report);
    const read = file.standalone ? readJobFile : readManifest;
    if (root !== undefined) return read(root, file.name, file.path, file.folder, report);
    const start = { file: file.path, start: 0, end: 0 };
    const what = file.standalone ? "a job's file" : "an operator";
    if (!broken) report("missing-key", start, `the file is empty; ${what} has a \`job\` with an \`execution_script\``);
    return brokenManifest(file.name, file.path);
  });
}

function pipelineText(file: PipelineFile): PipelineText {
  let read: Read<PipelineDocument | undefined> | undefined;
  return {
    path: file.path,
    get document() {
      read ??= readPipeline(file);
      return read;
    },
  };
}

function readPipeline(file: PipelineFile): Read<PipelineDocument | undefined> {
  return collect((report) => {
    const { root, broken } = readFile(file, report);
    if (root !== undefined) return parsePipeline(file.path, file.project, root, report);
    const start = { file: file.path, start: 0, end: 0 };
    if (!broken) report("empty-pipeline", start, "the file is empty; a pipeline has `dag:` and `tasks:`");
    return undefined;
  });
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function fileOf(operator: Operator): string | undefined {
  return operator.kind === "manifest" ? operator.file : operator.own?.file;
}

/** Its text is ours, and a test reads it: nobody can be told of a fault in it. */
function readBuiltin({ name, text }: { readonly name: string; readonly text: string }): Manifest {
  const file = `builtin/${name}/operator.yaml`;
  const { root } = parseYaml(file, text, () => {});
  return root === undefined ? brokenManifest(name, file) : readManifest(root, name, file, undefined, () => {});
}
