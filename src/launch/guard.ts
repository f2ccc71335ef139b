/**
 * The guard: one `sh` beside this process that outlives it. It is told over a pipe which scripts run; when the pipe closes
 * while some still do (this process was killed), it stops them, escapees too, and removes their scratch folders.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cookieVariable } from "./processes.ts";

export interface Guard {
  /** Before a script starts: from here on, whoever carries the cookie is stopped if we die. */
  watch(cookie: string, grace: number): void;
  /** The script's process group. */
  group(cookie: string, group: number): void;
  /** A control group that holds the script and all it started; at most two a script. */
  cgroup(cookie: string, folder: string): void;
  /** A folder that is removed if we die, after all scripts have been stopped. `id`: letters and digits. */
  folder(id: string, path: string): void;
  /** A script and all it started are gone, or a folder is. */
  release(cookieOrId: string): void;
}

// Lines: "+ id cookie grace", "g id group", "c id control-group", "f id folder", "- id". Ids are letters and digits, so they may be part of variable names.
const script = `
trap '' TERM INT HUP QUIT PIPE
ids=' '
folders=' '
while IFS= read -r line; do
  op=\${line%% *}; rest=\${line#* }; id=\${rest%% *}; rest=\${rest#* }
  case $op in
    +) ids="$ids$id "; eval "cookie_$id=\\\${rest%% *}; grace_$id=\\\${rest#* }; group_$id=; first_$id=; second_$id=" ;;
    g) eval "group_$id=\\$rest" ;;
    c) eval "if [ -z \\"\\$first_$id\\" ]; then first_$id=\\$rest; else second_$id=\\$rest; fi" ;;
    f) folders="$folders$id "; eval "folder_$id=\\$rest" ;;
    -) case $ids in *" $id "*) ids="\${ids%% $id *} \${ids#* $id }" ;; esac
       case $folders in *" $id "*) folders="\${folders%% $id *} \${folders#* $id }" ;; esac ;;
  esac
done
strays() {
  [ -d /proc/self ] || return 0
  grep -lasF "${cookieVariable}=$cookie" /proc/[0-9]*/environ 2>/dev/null | while IFS=/ read -r _ _ pid _; do echo "$pid"; done
}
members() {
  for cgroup in "$first" "$second"; do [ -z "$cgroup" ] || find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null; done
}
signal() {
  if [ "$1" = KILL ]; then
    for cgroup in "$first" "$second"; do [ -z "$cgroup" ] || { echo 1 > "$cgroup/cgroup.kill"; } 2>/dev/null; done
  fi
  for pid in $(members); do kill "-$1" "$pid" 2>/dev/null; done
  [ -z "$group" ] || kill "-$1" "-$group" 2>/dev/null
  for pid in $(strays); do kill "-$1" "$pid" 2>/dev/null; done
}
alive() {
  if [ -n "$group" ] && kill -0 "-$group" 2>/dev/null; then return 0; fi
  [ -n "$(members)" ] || [ -n "$(strays)" ]
}
finish() {
  signal TERM
  left=$((grace * 5))
  while [ "$left" -gt 0 ] && alive; do sleep 0.2; left=$((left - 1)); done
  left=50
  while [ "$left" -gt 0 ] && alive; do signal KILL; sleep 0.1; left=$((left - 1)); done
  for cgroup in "$first" "$second"; do [ -z "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} \\; 2>/dev/null; done
}
for id in $ids; do
  eval "cookie=\\$cookie_$id; grace=\\$grace_$id; group=\\$group_$id; first=\\$first_$id; second=\\$second_$id"
  finish &
done
wait
for id in $folders; do
  eval "folder=\\$folder_$id"
  chmod -R u+rwX -- "$folder" 2>/dev/null
  rm -rf -- "$folder"
done
`;

let shared: ChildProcess | undefined;
/** What has been told and not released, by id: a new guard hears it first. */
const told = new Map<string, string[]>();

function tell(id: string, line: string): void {
  told.set(id, [...(told.get(id) ?? []), line]);
  if (shared === undefined) shared = start();
  else send(shared, line);
}

function send(child: ChildProcess, line: string): void {
  child.stdin?.write(`${line}\n`);
}

function start(): ChildProcess {
  const env = { PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin" };
  const child = spawn("/bin/sh", ["-c", script, "tradewind-guard"], { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/", env });
  const born = performance.now();
  const onGone = (): void => {
    if (shared !== child) return;
    // One that dies at once would do so again; it is started anew when there is something new to tell.
    shared = told.size > 0 && performance.now() - born > 1000 ? start() : undefined;
  };
  child.on("error", onGone);
  child.on("exit", onGone);
  child.stdin?.on("error", () => {});
  child.unref();
  for (const line of [...told.values()].flat()) send(child, line);
  // The pipe must not keep this process alive; Node's type for it is wider than what it is.
  const pipe = child.stdin;
  if (pipe && "unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  return child;
}

/** This process's guard, started on first use and again if somebody killed it. */
export const guard: Guard = {
  watch(cookie, grace) {
    tell(idOf(cookie), `+ ${idOf(cookie)} ${cookie} ${Math.ceil(grace)}`);
  },
  group(cookie, group) {
    tell(idOf(cookie), `g ${idOf(cookie)} ${group}`);
  },
  cgroup(cookie, folder) {
    if (!folder.includes("\n")) tell(idOf(cookie), `c ${idOf(cookie)} ${folder}`);
  },
  folder(id, path) {
    if (!path.includes("\n")) tell(id, `f ${id} ${path}`);
  },
  release(cookieOrId) {
    const id = idOf(cookieOrId);
    if (told.delete(id) && shared !== undefined) send(shared, `- ${id}`);
  },
};

/** The part of a cookie that is this launch's own: letters and digits. */
function idOf(cookie: string): string {
  return cookie.slice(cookie.lastIndexOf(".") + 1);
}
