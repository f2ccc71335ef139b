/** Wheels of the tests' own, made in a moment. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface WheelParts {
  readonly name: string;
  readonly version: string;
  /** Path in the wheel → text; those in `executables` get the bit. */
  readonly files: Readonly<Record<string, string>>;
  readonly executables?: readonly string[];
  /** `command = module:function`. */
  readonly commands?: readonly string[];
  readonly requires?: readonly string[];
}

/** Writes it into `folder`; answers with its path. */
export function makeWheel(folder: string, parts: WheelParts): string {
  const file = join(folder, `${parts.name.replaceAll("-", "_")}-${parts.version}-py3-none-any.whl`);
  const script = `
import base64, hashlib, json, sys, zipfile
file, parts = sys.argv[1], json.loads(sys.argv[2])
info = "%s-%s.dist-info/" % (parts["name"].replace("-", "_"), parts["version"])
files = dict(parts["files"])
files[info + "METADATA"] = "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (parts["name"], parts["version"]) + "".join("Requires-Dist: %s\\n" % r for r in parts.get("requires", []))
files[info + "WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
files[info + "entry_points.txt"] = "[console_scripts]\\n" + "\\n".join(parts.get("commands", [])) + "\\n"
record = info + "RECORD"
with zipfile.ZipFile(file, "w") as wheel:
    lines = []
    for name, text in files.items():
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (0o100755 if name in parts.get("executables", []) else 0o100644) << 16
        wheel.writestr(entry, text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append("%s,sha256=%s,%d" % (name, digest, len(text.encode())))
    wheel.writestr(record, "\\n".join(lines + [record + ",,"]) + "\\n")
`;
  const made = spawnSync("python3", ["-c", script, file, JSON.stringify(parts)], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  return file;
}
