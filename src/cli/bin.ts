#!/usr/bin/env node
/**
 * The way in. `launch` and `builtin` run once per task, so they load one bundled file and nothing else; everything that a person
 * types goes through main.ts.
 */
import module from "node:module";

const argv = process.argv.slice(2);
// With anything but a request, somebody launches by hand.
const isLauncher = argv[0] === "builtin" || (argv[0] === "launch" && (argv.length === 1 || /^--(request|attended)/.test(argv[1] ?? "")));

if (isLauncher) {
  await import(new URL("../launcher.js", import.meta.url).href);
} else {
  // Node 22 and newer keep compiled code between starts.
  (module as { enableCompileCache?: () => void }).enableCompileCache?.();
  const { main } = await import("./main.ts");
  await main(argv);
}
