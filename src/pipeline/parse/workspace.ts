/** Which file is what, by its path alone (design §2). */
import type { Sources, Unreadable } from "../sources.ts";

export const workspaceSettings = "tradewind.yaml";

export interface File {
  readonly path: string;
  readonly text: string | Unreadable;
}

export interface PipelineFile extends File {
  readonly project?: string;
}

export interface OperatorFile extends File {
  /** Name of its folder. */
  readonly name: string;
  /** Path of its folder. */
  readonly folder: string;
  readonly project?: string;
  /** A job's file, which is launched by hand. */
  readonly standalone?: true;
}

export interface PresetFile extends File {
  readonly project?: string;
}

export interface Workspace {
  /** tradewind.yaml, env/<env>.yaml, projects/<project>/project.yaml and projects/<project>/env/<env>.yaml that exist, by path. */
  readonly settings: ReadonlyMap<string, File>;
  /** Union of the names of all environment files, sorted. */
  readonly environments: readonly string[];
  /** Sorted by path. */
  readonly pipelines: readonly PipelineFile[];
  readonly operators: readonly OperatorFile[];
  readonly presets: readonly PresetFile[];
  /** Python files that lie directly in an `operators` folder. */
  readonly classes: readonly File[];
  /** `operators` folders that hold a requirements.txt for those. */
  readonly requirements: ReadonlySet<string>;
  /** Own skeletons of dag.py, by project; that of the workspace under the empty text. */
  readonly templates: ReadonlyMap<string, File>;
}

const prefix = String.raw`(?:projects\/(?<project>[^/]+)\/)?`;
/** Disjoint; what there is most of comes first. */
const forms = {
  pipeline: new RegExp(String.raw`^${prefix}pipelines\/[^/]+\.ya?ml$`),
  workspace: /^tradewind\.yaml$/,
  project: /^projects\/[^/]+\/project\.ya?ml$/,
  environment: new RegExp(String.raw`^${prefix}env\/(?<name>[^/]+)\.ya?ml$`),
  preset: new RegExp(String.raw`^${prefix}presets\/[^/]+\.ya?ml$`),
  operator: new RegExp(String.raw`^(?<folder>${prefix}operators\/(?<name>[^/]+))\/operator\.ya?ml$`),
  classes: new RegExp(String.raw`^${prefix}operators\/[^/]+\.py$`),
  requirements: new RegExp(String.raw`^(?<folder>${prefix}operators)\/requirements\.txt$`),
  template: new RegExp(String.raw`^${prefix}templates\/dag\.py\.j2$`),
};

export function readWorkspace(sources: Sources): Workspace {
  const settings = new Map<string, File>();
  const environments = new Set<string>();
  const pipelines: PipelineFile[] = [];
  const operators: OperatorFile[] = [];
  const presets: PresetFile[] = [];
  const classes: File[] = [];
  const requirements = new Set<string>();
  const templates = new Map<string, File>();
  for (const path of [...sources.files.keys()].sort()) {
    const text = sources.files.get(path) ?? "";
    const file = { path, text };
    const [kind, groups] = kindOf(path);
    const project = groups.project === undefined ? {} : { project: groups.project };
    if (kind === "workspace" || kind === "project" || kind === "environment") settings.set(path.replace(/\.yml$/, ".yaml"), file);
    if (kind === "environment") environments.add(groups.name ?? "");
    if (kind === "pipeline") pipelines.push({ ...file, ...project });
    if (kind === "preset") presets.push({ ...file, ...project });
    if (kind === "operator") operators.push({ ...file, name: groups.name ?? "", folder: groups.folder ?? "", ...project });
    if (kind === "classes") classes.push(file);
    if (kind === "requirements") requirements.add(groups.folder ?? "");
    if (kind === "template") templates.set(groups.project ?? "", file);
  }
  for (const [name, path] of sources.jobs ?? []) {
    const project = /^projects\/([^/]+)\//.exec(path)?.[1];
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    const text = sources.files.get(path) ?? "";
    operators.push({ path, text, name, folder, ...(project === undefined ? {} : { project }), standalone: true });
  }
  return { settings, environments: [...environments].sort(), pipelines, operators, presets, classes, requirements, templates };
}

function kindOf(path: string): [keyof typeof forms | undefined, Record<string, string | undefined>] {
  for (const [kind, form] of Object.entries(forms)) {
    const match = form.exec(path);
    if (match !== null) return [kind as keyof typeof forms, match.groups ?? {}];
  }
  return [undefined, {}];
}
