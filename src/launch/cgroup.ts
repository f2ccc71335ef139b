/**
 * Control groups of Linux (cgroups(7)), where this process may make one: a folder that holds a script and all that it starts, even what
 * left its session and emptied its environment. Version 2 has one tree of them; version 1 a tree for each thing that is limited, and the
 * two may be mixed. Without the right to make one everything here answers with undefined, at the cost of reading two small files once.
 */
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** Whose memory it was that a process of the group was killed for. */
export type MemoryKill = "limit" | "machine";

export interface Group {
  /** A process joins by writing its id to `cgroup.procs` in each. */
  readonly folders: readonly string[];
  /** True: the system holds it to its memory limit. */
  readonly limited: boolean;
  /** Brings those processes in that are not yet, until all are: what `pids` gives changes meanwhile. Takes milliseconds, in the background. */
  adopt(pids: () => readonly number[]): Promise<void>;
  /** Bytes that are not files in the system's cache; milliseconds of CPU of all that ever ran in it. */
  usage(): { readonly memory?: number; readonly cpu?: number };
  /** Undefined: nobody was. */
  memoryKill(): MemoryKill | undefined;
  /** True while somebody lives in it. */
  alive(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Once nobody lives in it. What cannot be removed stays, empty. */
  remove(): void;
}

/** Makes a group with this limit (bytes) on its memory. Undefined where there are none, or none for us. */
export function makeGroup(name: string, memory: number | undefined): Group | undefined {
  places ??= findPlaces();
  const tree = make(places.tree, name);
  const limited = memory === undefined || places.memory === undefined ? undefined : makeLimited(places.memory, name, memory, tree);
  const folders = [...new Set([limited?.folder, tree].filter((folder) => folder !== undefined))];
  const [first] = folders;
  if (first === undefined) return undefined;
  return {
    folders,
    limited: limited !== undefined,
    async adopt(pids) {
      for (let round = 0; round < 3; round++) {
        const inside = new Set(folders.flatMap(membersOf));
        const outside = pids().filter((pid) => !inside.has(pid));
        if (outside.length === 0) return;
        for (const folder of folders) {
          for (const pid of outside) await writeFile(join(folder, "cgroup.procs"), String(pid), { flag: "r+" }).catch(() => {});
        }
      }
    },
    usage() {
      const memory = limited && readMemory(limited);
      const cpu = tree === undefined ? undefined : field(join(tree, "cpu.stat"), "usage_usec");
      return { ...(memory !== undefined && { memory }), ...(cpu !== undefined && { cpu: Math.round(cpu / 1000) }) };
    },
    memoryKill: () => limited && readMemoryKill(limited),
    alive: () => folders.some((folder) => membersOf(folder).some(isNoZombie)),
    signal(signal) {
      // One write stops them all at once, however fast they fork.
      if (signal === "SIGKILL" && tree !== undefined && write(join(tree, "cgroup.kill"), "1")) return;
      for (const pid of new Set(folders.flatMap(membersOf))) sendSignal(pid, signal);
    },
    remove() {
      for (const folder of folders) removeTree(folder);
    },
  };
}

interface Places {
  /** Folder of version 2 in which groups can be made. */
  readonly tree?: string;
  /** Folder in which groups with a limit on memory can be made. */
  readonly memory?: { readonly version: 1 | 2; readonly folder: string };
}

let places: Places | undefined;

function findPlaces(): Places {
  if (process.platform !== "linux") return {};
  try {
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    return choosePlaces(readFileSync("/proc/self/cgroup", "utf8"), mounts);
  } catch {
    return {};
  }
}

/** From /proc/self/cgroup and /proc/self/mountinfo. */
function choosePlaces(cgroups: string, mountinfo: string): Places {
  const own = cgroups.split("\n").map((line) => line.split(":"));
  const mounts = mountinfo.split("\n").flatMap(readMount);
  const folderOf = (path: string | undefined, mount: Mount | undefined): string | undefined => {
    if (path === undefined || mount === undefined) return undefined;
    const below = relative(mount.root, path);
    return below.startsWith("..") ? undefined : join(mount.point, below);
  };
  const path = (wanted: (controllers: string) => boolean): string | undefined =>
    own.find(([, names]) => names !== undefined && wanted(names))?.[2];
  const second = folderOf(
    path((names) => names === ""),
    mounts.find(({ type }) => type === "cgroup2"),
  );
  const first = folderOf(
    path((names) => names.split(",").includes("memory")),
    mounts.find(({ type, options }) => type === "cgroup" && options.includes("memory")),
  );
  const limiting = second === undefined ? undefined : limitingFolder(second);
  const tree = limiting ?? (second !== undefined && writable(second) ? second : undefined);
  if (limiting !== undefined) return { tree: limiting, memory: { version: 2, folder: limiting } };
  const memory = first !== undefined && writable(first) ? ({ version: 1, folder: first } as const) : undefined;
  return { ...(tree !== undefined && { tree }), ...(memory && { memory }) };
}

/**
 * Where a group of version 2 can have a limit on its memory. Not below a group that holds processes, as ours does, unless it is the root of
 * all; so beside ours, when a user's own session manager gave this user the folder around it.
 */
function limitingFolder(own: string): string | undefined {
  const user = process.getuid?.() ?? 0;
  const beside = dirname(own);
  const candidates = user !== 0 && ownerOf(beside) === user ? [own, beside] : [own];
  return candidates.find((folder) => writable(folder) && words(join(folder, "cgroup.subtree_control")).includes("memory"));
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function readMount(line: string): Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, point] = before.split(" ");
  const [type, , options] = after.split(" ");
  if (root === undefined || point === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
  return [{ root, point, type, options: (options ?? "").split(",") }];
}

interface Limited {
  readonly version: 1 | 2;
  readonly folder: string;
}

function makeLimited(place: NonNullable<Places["memory"]>, name: string, memory: number, tree: string | undefined): Limited | undefined {
  const folder = place.version === 2 ? tree : make(place.folder, name);
  if (folder === undefined) return undefined;
  const limited = { version: place.version, folder };
  if (place.version === 2) {
    if (!write(join(folder, "memory.max"), String(memory))) return undefined;
    write(join(folder, "memory.swap.max"), "0");
    write(join(folder, "memory.oom.group"), "1");
    return limited;
  }
  if (!write(join(folder, "memory.limit_in_bytes"), String(memory))) {
    removeTree(folder);
    return undefined;
  }
  // Memory and swap together: no more than memory alone. Absent where swap is not counted.
  write(join(folder, "memory.memsw.limit_in_bytes"), String(memory));
  return limited;
}

function readMemory({ version, folder }: Limited): number | undefined {
  const stat = join(folder, "memory.stat");
  const text = read(stat);
  if (text === undefined) return undefined;
  const [held, shared] = version === 2 ? ["anon", "shmem"] : ["total_rss", "total_shmem"];
  return (number(text, held) ?? 0) + (number(text, shared) ?? 0);
}

function readMemoryKill({ version, folder }: Limited): MemoryKill | undefined {
  const killed = field(join(folder, version === 2 ? "memory.events" : "memory.oom_control"), "oom_kill") ?? 0;
  if (killed === 0) return undefined;
  if (version === 2) return field(join(folder, "memory.events"), "oom") === 0 ? "machine" : "limit";
  // Version 1 does not count how often the limit was reached on every kernel, but how far it went.
  const bytes = (file: string): number => Number(read(join(folder, file)) ?? 0);
  return bytes("memory.max_usage_in_bytes") < bytes("memory.limit_in_bytes") * 0.95 ? "machine" : "limit";
}

function make(parent: string | undefined, name: string): string | undefined {
  if (parent === undefined) return undefined;
  try {
    const folder = join(parent, name);
    mkdirSync(folder);
    return folder;
  } catch {
    return undefined;
  }
}

/** Groups within a group (a launcher within a script has its own) first. */
function removeTree(folder: string): void {
  for (const child of childrenOf(folder)) removeTree(child);
  try {
    rmdirSync(folder);
  } catch {
    // Somebody lives in it whom the kernel does not let die, or it is gone.
  }
}

function membersOf(folder: string): number[] {
  const own = words(join(folder, "cgroup.procs")).map(Number);
  return [...own, ...childrenOf(folder).flatMap(membersOf)].filter((pid) => pid > 0);
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch {
    return [];
  }
}

/** A zombie stays in its group until its parent looks at it, which an orphan's may never do. */
function isNoZombie(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile.
  }
}

function field(file: string, name: string): number | undefined {
  const text = read(file);
  return text === undefined ? undefined : number(text, name);
}

function number(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function words(file: string): string[] {
  return (read(file) ?? "").split(/\s+/).filter((word) => word !== "");
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function write(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "r+" });
    return true;
  } catch {
    return false;
  }
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function ownerOf(folder: string): number | undefined {
  try {
    return statSync(folder).uid;
  } catch {
    return undefined;
  }
}
