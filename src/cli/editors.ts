/** How editors find the schemas: a few lines in a file of theirs, which everybody who works here shares by git. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type SchemaName, schemaFiles } from "../pipeline/schema/schemas.ts";

/** Where the schemas lie in the workspace; git ignores `.tradewind/`, since each machine can make them. */
export const schemaFolder = ".tradewind/schema";

export interface EditorFile {
  readonly path: string;
  /** What it is, in half a line. */
  readonly about: string;
  readonly text: string;
  /** It is enough that the editor's user has it: nothing is said when another is there. */
  readonly optional?: boolean;
}

export function schemaPath(name: string): string {
  return `${schemaFolder}/${name}.json`;
}

const names = Object.keys(schemaFiles) as readonly SchemaName[];

export const editorFiles: readonly EditorFile[] = [
  {
    path: ".vscode/settings.json",
    about: "completion and checks in VS Code",
    text: `${JSON.stringify({ "yaml.schemas": Object.fromEntries(names.map((name) => [schemaPath(name), schemaFiles[name]])) }, null, 2)}\n`,
  },
  {
    path: ".vscode/extensions.json",
    about: "the extension that they need",
    text: `${JSON.stringify({ recommendations: ["redhat.vscode-yaml"] }, null, 2)}\n`,
    optional: true,
  },
  { path: ".idea/jsonSchemas.xml", about: "the same in JetBrains' editors", text: jetBrains() },
];

/** JetBrains' own file of schema mappings. */
function jetBrains(): string {
  const entries = names.map((name) => {
    const items = schemaFiles[name].map((path) => {
      const kind = path.includes("*") ? '\n                      <option name="mappingKind" value="Pattern" />' : "";
      const pattern = path.includes("*") ? '\n                      <option name="pattern" value="true" />' : "";
      return `                    <Item>${pattern}
                      <option name="path" value="${path}" />${kind}
                    </Item>`;
    });
    return `        <entry key="tradewind ${name}">
          <value>
            <SchemaInfo>
              <option name="name" value="tradewind ${name}" />
              <option name="relativePathToSchema" value="${schemaPath(name)}" />
              <option name="patterns">
                <list>
${items.join("\n")}
                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
${entries.join("\n")}
      </map>
    </state>
  </component>
</project>
`;
}

/** Whether the file is there, and whether it leads to the schemas. */
export function editorState(root: string, { path }: EditorFile): "missing" | "wired" | "other" {
  const file = join(root, path);
  if (!existsSync(file)) return "missing";
  return readFileSync(file, "utf8").includes(schemaFolder) ? "wired" : "other";
}
