/**
 * The folder `tradewind-<version>-linux-<arch>`: the bundle with a Node beside it, which runs from any path of any glibc system,
 * mounted read-only too.
 */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePackage, ProvisionError, root } from "./provision.mjs";

/** Where systems keep their libraries, as scripts/relocatable/tradewind looks for them. */
const libraryFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"];

/** Makes it in `out` from the bundle in `app`; answers with its path. Throws ProvisionError on another system than Linux. */
export function writeRelocatable(app, out) {
  if (process.platform !== "linux") throw new ProvisionError("The relocatable folder is made on Linux, for the processor it is made on.");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const name = `tradewind-${version}-linux-${process.arch}`;
  const folder = join(out, name);
  const node = nodePackage();
  mkdirSync(join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, "lib"));
  copyFileSync(join(node, "bin", "node"), join(folder, "bin", "node"));
  for (const library of ["libstdc++.so.6", "libgcc_s.so.1"]) {
    const place = libraryFolders.find((candidate) => existsSync(join(candidate, library)));
    if (place === undefined) throw new ProvisionError(`The relocatable folder needs ${library}: install libstdc++6 and run this again.`);
    copyFileSync(join(place, library), join(folder, "lib", library));
  }
  cpSync(app, join(folder, "app"), { recursive: true });
  for (const script of ["tradewind", "install"]) {
    copyFileSync(join(root, "scripts/relocatable", script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(join(node, "LICENSE"), join(folder, "LICENSE.node"));
  writeFileSync(join(folder, "release"), `${name}-${digestOf(folder).slice(0, 12)}\n`);
  return folder;
}

/** sha256 over all files: what tells two folders of one version apart. */
function digestOf(folder) {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const path of paths) hash.update(`${path.slice(folder.length)}\0`).update(readFileSync(path));
  return hash.digest("hex");
}
