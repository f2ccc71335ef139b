/** The YAML language server that VS Code, Neovim and others run, spoken to as an editor does: LSP over stdio. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const program = createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server");

export interface Completion {
  readonly label: string;
  readonly insertText?: string;
  readonly documentation?: string | { readonly value: string };
}

export interface Marked {
  readonly message: string;
  readonly source?: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** An editor that has `root` open. */
export class Editor {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #root: string;
  readonly #settings: { readonly yaml: object };
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #marked = new Map<string, (marked: readonly Marked[]) => void>();
  readonly #opened = new Set<string>();
  #buffer = Buffer.alloc(0);
  #next = 0;
  #version = 0;

  private constructor(root: string, settings: object) {
    this.#root = root;
    this.#settings = { yaml: { ...settings, validate: true, completion: true, hover: true, schemaStore: { enable: false } } };
    this.#server = spawn(process.execPath, [program, "--stdio"], { cwd: root });
    this.#server.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** `schemas` as in VS Code's setting `yaml.schemas`: which files each schema is for. */
  static async open(root: string, schemas: object): Promise<Editor> {
    const editor = new Editor(root, { schemas });
    const rootUri = pathToFileURL(root).href;
    await editor.#ask("initialize", {
      processId: process.pid,
      rootUri,
      workspaceFolders: [{ uri: rootUri, name: "workspace" }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true, didChangeConfiguration: {} },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
          publishDiagnostics: {},
        },
      },
    });
    editor.#send({ method: "initialized", params: {} });
    editor.#send({ method: "workspace/didChangeConfiguration", params: { settings: editor.#settings } });
    return editor;
  }

  /** Shows `text` as the file's; what the server marks in it. */
  async show(path: string, text: string): Promise<readonly Marked[]> {
    const uri = this.#uri(path);
    const marked = new Promise<readonly Marked[]>((resolve) => this.#marked.set(uri, resolve));
    const version = ++this.#version;
    if (this.#opened.has(uri)) {
      this.#send({ method: "textDocument/didChange", params: { textDocument: { uri, version }, contentChanges: [{ text }] } });
    } else {
      this.#opened.add(uri);
      this.#send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version, text } } });
    }
    return marked;
  }

  /** What is offered where `|` stands in the text. */
  async complete(path: string, marked: string): Promise<readonly Completion[]> {
    const { text, position } = cursor(marked);
    await this.show(path, text);
    const found = (await this.#ask("textDocument/completion", { textDocument: { uri: this.#uri(path) }, position })) as
      | { readonly items: readonly Completion[] }
      | readonly Completion[]
      | null;
    return found === null ? [] : "items" in found ? found.items : found;
  }

  /** What is told of the word where `|` stands. */
  async hover(path: string, marked: string): Promise<string> {
    const { text, position } = cursor(marked);
    await this.show(path, text);
    const found = (await this.#ask("textDocument/hover", { textDocument: { uri: this.#uri(path) }, position })) as {
      readonly contents: { readonly value: string };
    } | null;
    return found?.contents.value ?? "";
  }

  /** A file that the server may have read is another now; an editor sees that by itself. */
  changed(path: string): void {
    this.#send({ method: "workspace/didChangeWatchedFiles", params: { changes: [{ uri: this.#uri(path), type: 2 }] } });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.on("exit", resolve));
    await this.#ask("shutdown", null);
    this.#send({ method: "exit" });
    await ended;
  }

  #uri(path: string): string {
    return pathToFileURL(join(this.#root, path)).href;
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#next;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error.message))));
      this.#send({ id, method, params });
    });
  }

  #send(message: object): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }), "utf8");
    this.#server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.#server.stdin.write(body);
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, Math.max(0, end)).toString("utf8"))?.[1]);
      if (end < 0 || this.#buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + length).toString("utf8")) as Message;
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#take(message);
    }
  }

  #take({ id, method, params, ...rest }: Message): void {
    if (method === undefined) this.#answers.get(id ?? 0)?.(rest);
    else if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as { readonly uri: string; readonly diagnostics: readonly Marked[] };
      this.#marked.get(uri)?.(diagnostics);
    } else if (id !== undefined) {
      const asked =
        method === "workspace/configuration" ? (params as { readonly items: readonly { readonly section: string }[] }).items : [];
      const result = asked.map(({ section }) => this.#settings[section as "yaml"] ?? null);
      this.#send({ id, result: method === "workspace/configuration" ? result : null });
    }
  }
}

function cursor(marked: string): { readonly text: string; readonly position: { readonly line: number; readonly character: number } } {
  const before = marked.slice(0, marked.indexOf("|")).split("\n");
  return { text: marked.replace("|", ""), position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}
