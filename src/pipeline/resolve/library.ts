/** The workspace's texts, each read once however many pipelines and environments use it, with what was said about it. */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { builtinManifests } from "../catalog/builtin.ts";
import { type Catalog, makeCatalog, type Operator, type Operators } from "../catalog/catalog.ts";
import { brokenManifest, inlineJob, type Manifest, readJobFile, readManifest } from "../catalog/manifest.ts";
import { type PythonOperators, readPythonOperators } from "../catalog/python/operators.ts";
import type { MapNode } from "../parse/node.ts";
import { type PipelineDocument, parsePipeline } from "../parse/pipeline.ts";
import type { Preset } from "../parse/presets.ts";
import { readMap } from "../parse/read.ts";
import { type OperatorFile, type PipelineFile, type Workspace, workspaceSettings } from "../parse/workspace.ts";
import { parseYaml } from "../parse/yaml.ts";
import { type Environments, environmentsOf } from "../settings/environments.ts";
import { readSettings } from "../settings/settings.ts";
import type { Settings } from "../settings/types.ts";
import type { AirflowIndex } from "../sources.ts";
import type { Pipelines } from "./expand.ts";
import type { Pipeline } from "./pipeline.ts";
import { PresetFiles, type Presets } from "./presets.ts";
import { collect, type Read, readFile } from "./read.ts";

export class Library {
  readonly #workspace: Workspace;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #trees = new Map<string, Read<MapNode | "broken" | undefined>>();
  readonly #settings = new Map<string, Read<Settings>>();
  readonly #manifests = new Map<string, Read<Manifest>>();
  readonly #catalogs = new Map<string, Catalog>();
  readonly #python = new Map<string, PythonOperators>();
  readonly #airflow: () => AirflowIndex | undefined;
  readonly #pipelines = new Map<string | undefined, Pipelines>();
  readonly #documents = new Map<string, Read<PipelineDocument | undefined>>();
  readonly #presets: PresetFiles;
  #builtin: readonly Manifest[] | undefined;

  constructor(workspace: Workspace, overrides: ReadonlyMap<string, string>, airflow: () => AirflowIndex | undefined = () => undefined) {
    this.#workspace = workspace;
    this.#overrides = overrides;
    this.#airflow = airflow;
    this.#presets = new PresetFiles(workspace.presets);
  }

  environments(): Read<Environments> {
    const base = this.#tree(workspaceSettings).value;
    return collect((report) => environmentsOf(this.#workspace, base === "broken" ? undefined : base, report));
  }

  document(file: PipelineFile): Read<PipelineDocument | undefined> {
    return collect((report) => {
      const { root, broken } = readFile(file, report);
      if (root !== undefined) return parsePipeline(file.path, file.project, root, report);
      const start = { file: file.path, start: 0, end: 0 };
      if (!broken) report("empty-pipeline", start, "the file is empty; a pipeline has `dag:` and `tasks:`");
      return undefined;
    });
  }

  /** The layers' own diagnostics are among those of the settings. */
  settings(env: string, project: string | undefined): Read<Settings> {
    const key = JSON.stringify([env, project]);
    const known = this.#settings.get(key);
    if (known !== undefined) return known;
    const trees: Diagnostic[] = [];
    const readTree = (path: string) => {
      const tree = this.#tree(path);
      trees.push(...tree.diagnostics);
      return tree.value;
    };
    const read = collect((report) => readSettings(this.#workspace, env, project, this.#overrides, readTree, report));
    const settings = { value: read.value, diagnostics: [...trees, ...read.diagnostics] };
    this.#settings.set(key, settings);
    return settings;
  }

  /** Of two operators with one name the project's wins over the workspace's, and that over the built-in one. */
  catalog(project: string | undefined): Catalog {
    const key = project ?? "";
    const known = this.#catalogs.get(key);
    if (known !== undefined) return known;
    this.#builtin ??= [...builtinManifests.map(readBuiltin), inlineJob];
    const builtin = { manifests: this.#builtin, classes: [] };
    const places = project === undefined ? [undefined] : [undefined, project];
    const catalog = makeCatalog([builtin, ...places.map((place) => this.#operators(place))], this.#airflow);
    this.#catalogs.set(key, catalog);
    return catalog;
  }

  /** Those that `operator_type: pipelines/<name>` finds: the project's, then the workspace's. */
  pipelines(project: string | undefined): Pipelines {
    const known = this.#pipelines.get(project);
    if (known !== undefined) return known;
    const files = new Map<string, PipelineFile>();
    for (const place of project === undefined ? [undefined] : [undefined, project]) {
      for (const file of this.#workspace.pipelines) {
        if (file.project === place) files.set(file.path.replace(/^.*\//, "").replace(/\.ya?ml$/, ""), file);
      }
    }
    const find = (name: string) => {
      const file = files.get(name);
      return file && { file: file.path, document: this.#kept(file).value };
    };
    const pipelines = { names: [...files.keys()], find };
    this.#pipelines.set(project, pipelines);
    return pipelines;
  }

  /** What is wrong with a pipeline that another one uses. */
  documentDiagnostics(path: string): readonly Diagnostic[] {
    return this.#documents.get(path)?.diagnostics ?? [];
  }

  #kept(file: PipelineFile): Read<PipelineDocument | undefined> {
    const known = this.#documents.get(file.path);
    if (known !== undefined) return known;
    const read = this.document(file);
    this.#documents.set(file.path, read);
    return read;
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
    const classes = [...this.#python.values()].flatMap(({ diagnostics }) => diagnostics.filter(({ span }) => files.has(span.file)));
    return [...[...files].flatMap((file) => this.#manifests.get(file)?.diagnostics ?? []), ...classes];
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
    const known = this.#python.get(folder);
    if (known !== undefined) return known;
    const files = this.#workspace.classes.filter(({ path }) => folderOf(path) === folder);
    const requirements = this.#workspace.requirements.has(folder);
    const read =
      files.length === 0 ? { operators: [], diagnostics: [] } : readPythonOperators({ path: folder, files, requirements }, this.#airflow);
    this.#python.set(folder, read);
    return read;
  }

  #tree(path: string): Read<MapNode | "broken" | undefined> {
    const known = this.#trees.get(path);
    if (known !== undefined) return known;
    const file = this.#workspace.settings.get(path);
    const read = collect((report) => {
      if (file === undefined) return undefined;
      const { root, broken } = readFile(file, report);
      if (broken) return "broken" as const;
      return root && (readMap(root, "a settings file", report) ?? ("broken" as const));
    });
    this.#trees.set(path, read);
    return read;
  }

  #manifest(file: OperatorFile): Read<Manifest> {
    const known = this.#manifests.get(file.path);
    if (known !== undefined) return known;
    const read = collect((report) => {
      const { root, broken } = readFile(file, report);
      const read = file.standalone ? readJobFile : readManifest;
      if (root !== undefined) return read(root, file.name, file.path, file.folder, report);
      const start = { file: file.path, start: 0, end: 0 };
      if (!broken)
        report(
          "missing-key",
          start,
          `the file is empty; ${file.standalone ? "a job's file" : "an operator"} has a \`job\` with an \`execution_script\``,
        );
      return brokenManifest(file.name, file.path);
    });
    this.#manifests.set(file.path, read);
    return read;
  }
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
