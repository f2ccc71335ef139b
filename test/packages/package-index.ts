/** A package index on this machine: wheels in a folder, served as PEP 503 has it, with a login if one is wanted. */
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { onTestFinished } from "vitest";

export interface PackageIndex {
  /** Of the simple index, without a login. */
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for and given, in order. */
  readonly given: readonly string[];
  close(): Promise<void>;
}

/** Serves the wheels in `folders` until the test ends. `login`: `user:password` that every request must bring. */
export async function servePackages(
  folders: readonly string[],
  { login, port = 0 }: { login?: string; port?: number } = {},
): Promise<PackageIndex> {
  const given: string[] = [];
  const wheels = () =>
    folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))).filter((path) => path.endsWith(".whl"));
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url ?? "/");
    const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
    if (request.headers.authorization !== expected && expected !== undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="packages"' }).end("a login is needed");
      return;
    }
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const names = wheels().filter((file) => normalize(basename(file).split("-")[0] ?? "") === project);
    const file = wheels().find((wheel) => path === `/files/${basename(wheel)}`);
    if (project !== undefined && names.length > 0) {
      given.push(path);
      const links = names.map((wheel) => `<a href="/files/${encodeURIComponent(basename(wheel))}">${basename(wheel)}</a>`);
      response.writeHead(200, { "content-type": "text/html" }).end(`<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`);
    } else if (file !== undefined && existsSync(file)) {
      if (request.method !== "HEAD") given.push(path);
      response.writeHead(200, { "content-length": statSync(file).size, "content-type": "application/octet-stream" });
      if (request.method === "HEAD") response.end();
      else createReadStream(file).pipe(response);
    } else response.writeHead(404).end("no such package");
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(close);
  const own = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${own}/simple`, port: own, given, close };
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
