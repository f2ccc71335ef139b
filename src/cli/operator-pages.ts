/** Every operator in reach, as `tradewind operators` shows it: of the workspace, its pipelines and Python files too, built in, of Airflow's providers. */
import type { AirflowClass } from "../pipeline/catalog/airflow.ts";
import { findIndexed } from "../pipeline/catalog/airflow-index.ts";
import type { Catalog } from "../pipeline/catalog/catalog.ts";
import type { InputPort, Manifest, OutputPort, Parameter } from "../pipeline/catalog/manifest.ts";
import { toJson } from "../pipeline/parse/node.ts";
import { readWorkspace } from "../pipeline/parse/workspace.ts";
import { Library } from "../pipeline/resolve/library.ts";
import { resolvePipeline } from "../pipeline/resolve/resolve.ts";
import type { Sources } from "../pipeline/sources.ts";
import type { Json } from "../protocol/json.ts";
import type { Effects } from "../protocol/plan.ts";
import { airflowIndex } from "../workspace/airflow-index.ts";
import { readTexts } from "../workspace/read.ts";

/** What is told of one operator. */
export interface OperatorPage {
  /** As a pipeline names it in `operator_type`. */
  readonly name: string;
  readonly description?: string;
  readonly group?: string;
  /** "workspace", "project flights", "built in", or a provider's package. */
  readonly place: string;
  readonly project?: string;
  readonly builtin: boolean;
  /** One of Airflow's: it has no ports, and Airflow runs it. */
  readonly airflow: boolean;
  readonly file?: string;
  readonly params: readonly Parameter[];
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
  /** Of Airflow's: arguments that it renders, when that is known. */
  readonly templates?: readonly string[];
  readonly job?: Json;
  readonly effects?: Effects;
  /** It takes what its task gives. */
  readonly free: boolean;
}

/** By place: the workspace's, each project's, the built-in ones; one that another hides is left out. */
export function workspacePages(root: string): readonly OperatorPage[] {
  const sources: Sources = { files: readTexts(root), folders: new Map(), blobs: new Map() };
  const workspace = readWorkspace(sources);
  const library = new Library(workspace, new Map(), airflowIndex);
  const pagesIn = (project: string | undefined) => [...pagesOf(library.catalog(project)), ...pipelinePages(library, sources, project)];
  const shared = pagesIn(undefined);
  const files = [...workspace.operators, ...workspace.classes, ...workspace.pipelines];
  const projects = [...new Set(files.flatMap(({ path }) => projectOf(path) ?? []))].sort();
  const own = projects.flatMap((project) => pagesIn(project).filter((page) => page.project === project));
  const places = [shared.filter(({ builtin }) => !builtin), own, shared.filter(({ builtin }) => builtin)];
  return places.flatMap((pages) => [...pages].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

/** Those of Airflow's standard providers whose class or class path is `name`; all of them without a name. */
export function airflowPages(name?: string): readonly OperatorPage[] {
  const index = airflowIndex();
  const known = name === undefined ? undefined : findIndexed(index, name);
  const paths = Object.keys(index.classes).filter(
    (path) =>
      name === undefined || path === name || path.endsWith(`.${name}`) || (known !== undefined && findIndexed(index, path) === known),
  );
  return paths.flatMap((path) => {
    const found = findIndexed(index, path);
    return found ? [airflowPage(path, { kind: "airflow", classPath: path, known: found })] : [];
  });
}

function projectOf(path: string): string | undefined {
  return /^projects\/([^/]+)\//.exec(path)?.[1];
}

function pagesOf(catalog: Catalog): readonly OperatorPage[] {
  const manifests = [...catalog.manifests.values()];
  const several = new Set([...catalog.ambiguous.values()].flat());
  const classes = [...catalog.classes].flatMap(([name, operator]): OperatorPage[] => {
    if (operator.kind === "airflow") return name.includes(".") !== several.has(name) ? [] : [airflowPage(name, operator)];
    return several.has(name) ? [manifestPage(name, operator)] : [];
  });
  return [...manifests.map((manifest) => manifestPage(manifest.name, manifest)), ...classes];
}

/** Pipelines with an `interface`. Each is read as the operator of a task that nobody wrote: the types of its ports are those of the tasks inside. */
function pipelinePages(library: Library, sources: Sources, project: string | undefined): readonly OperatorPage[] {
  const settings = library.settings(library.environments().value.usual, project).value;
  const place = {
    catalog: library.catalog(project),
    presets: library.presets(project).value,
    pipelines: library.pipelines(project),
    sources,
  };
  return [...place.pipelines].flatMap(([short, { document }]) => {
    if (document.value?.interface === undefined) return [];
    const text = `dag: { name: one }\ntasks: { it: { operator_type: ${JSON.stringify(`pipelines/${short}`)} } }\n`;
    const user = library.pipeline({ path: "", text, ...(project === undefined ? {} : { project }) }).document.value;
    const used = user && resolvePipeline(user, { ...place, settings }, () => {}).uses.find(({ id }) => id === "it");
    const found = used?.operator?.found;
    if (found?.kind !== "manifest") return [];
    const description = document.value.dag.get("description")?.value;
    const said = description?.kind === "scalar" && typeof description.value === "string" ? { description: description.value } : {};
    return [manifestPage(found.name, { ...found, ...said })];
  });
}

function manifestPage(name: string, manifest: Manifest): OperatorPage {
  const { description, group, file, folder, params, inputs, outputs, job, effects } = manifest;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(group === undefined ? {} : { group }),
    ...placed(folder === undefined ? undefined : file),
    airflow: false,
    params: [...params.values()],
    inputs: [...inputs.values()],
    outputs: [...outputs.values()],
    ...(job === undefined ? {} : { job: toJson(job) }),
    ...(effects === undefined ? {} : { effects }),
    free: manifest.free !== undefined,
  };
}

function airflowPage(name: string, { known, own }: AirflowClass): OperatorPage {
  const place = own ? placed(own.file) : { place: known?.source ?? "Airflow", builtin: false };
  return {
    name,
    ...(known?.description === undefined ? {} : { description: known.description }),
    ...place,
    airflow: true,
    params: [...(known?.params.values() ?? [])],
    inputs: [],
    outputs: [],
    free: false,
    ...(known?.templateFields === undefined ? {} : { templates: known.templateFields }),
  };
}

function placed(file: string | undefined): Pick<OperatorPage, "place" | "builtin" | "file" | "project"> {
  if (file === undefined) return { place: "built in", builtin: true };
  const project = projectOf(file);
  if (project === undefined) return { place: "workspace", builtin: false, file };
  return { place: `project ${project}`, builtin: false, file, project };
}
