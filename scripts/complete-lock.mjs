/**
 * Completes package-lock.json after `npm install`: a registry that serves only this platform's binaries makes npm leave the other
 * platforms' optional packages out of the lock, and `npm ci` then refuses it everywhere. Their versions stand in the lock already,
 * where they are named as optional dependencies. `node scripts/complete-lock.mjs` adds the entries; test/lockfile.test.ts
 * fails when it was forgotten.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./provision.mjs";

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/** Optional packages that the lock names and has no entry for: path in the lock → entry. */
export function missingEntries(lock) {
  const missing = {};
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const hoisted = `node_modules/${name}`;
      const nested = `${parent}/node_modules/${name}`;
      const path = hoisted in lock.packages && lock.packages[hoisted].version !== version ? nested : hoisted;
      if (!/^\d/.test(version) || nested in lock.packages || path in lock.packages) continue;
      const words = name.split(/[/-]/).map((word) => ({ eabi: "", gnueabihf: "" })[word] ?? word);
      const os = words.filter((word) => systems.includes(word));
      const cpu = words.filter((word) => processors.includes(word));
      const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : [];
      missing[path] = {
        version,
        ...(entry.dev && { dev: true }),
        optional: true,
        ...(cpu.length > 0 && { cpu }),
        ...(os.length > 0 && { os }),
        ...(libc.length > 0 && { libc }),
      };
    }
  }
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(root, "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  const missing = missingEntries(lock);
  const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(missing).length} entries added`);
}
