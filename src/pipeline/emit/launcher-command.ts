/** The constant command of every job task. */
import { indexVariables } from "../../protocol/package-index.ts";
import type { LauncherPlan, PackageIndexPlan, Plan } from "../../protocol/plan.ts";
import { connectionExpression, type EnvEntry } from "../../protocol/request-env.ts";

/** `user:password` of the package index, percent-encoded; Airflow masks it for the word in its name. */
const loginVariable = "TRADEWIND_SECRET_INDEX_LOGIN";

/**
 * `</dev/null`: on Airflow 3 the standard input of a task is its supervisor's socket, and a child that holds it keeps the task from ending.
 * `index`: where `pip` gets the launcher; the worker's own index when it is missing.
 */
export function launcherCommand(launcher: LauncherPlan, index?: PackageIndexPlan): string {
  if (launcher.kind === "command") return `exec ${shellQuote(launcher.command)} launch </dev/null`;
  return installAndLaunch(launcher.requirement, index);
}

/** Variables that the command needs beside the request. */
export function launcherVariables({ launcher, package_index: index }: Pick<Plan, "launcher" | "package_index">): readonly EnvEntry[] {
  if (launcher.kind !== "pip" || index?.connection === undefined) return [];
  // In Airflow's URI both are percent-encoded, before the first `@`; the host may have a scheme of its own.
  const text = `{{ ${connectionExpression(index.connection)}.get_uri().split('@')[0].split('://')[-1] }}`;
  return [{ name: loginVariable, text, template: true }];
}

/**
 * A virtual environment made once per worker and requirement, by one task at a time. Whoever makes it holds the lock by a file that its
 * children hold too, so that what a killed task left running is waited for; python3 takes it, since slim images lack the command flock.
 * Only a folder of our own is used: in /tmp anybody else might have put something there, or a link that leads elsewhere a moment later.
 */
function installAndLaunch(requirement: string, index: PackageIndexPlan | undefined): string {
  const folder = requirement.replaceAll(/[^A-Za-z0-9._=-]+/g, "_");
  const install = `"$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check ${shellQuote(requirement)}`;
  const sorry = "tradewind: $HOSTNAME could not install it, see above; when that is mended the next try will";
  return [
    "# Once per worker Tradewind is installed, into a virtual environment of its own.",
    `under() { venv="$1/launcher/${folder}"; mkdir -p "$venv" 2>/dev/null && [ -O "$1" ] && [ -w "$venv" ]; }`,
    'ours() { local mode owner; read -r mode _ owner _ <<<"$(ls -ldn "$1")" && [ "${mode:0:1}$owner" = "d$UID" ]; }',
    'under "${XDG_CACHE_HOME:-${HOME:-/dev/null}/.cache}/tradewind" ||',
    '  { under "${TMPDIR:-/tmp}/tradewind-$UID" && ours "${TMPDIR:-/tmp}/tradewind-$UID"; } || {',
    '  echo "tradewind: neither HOME nor TMPDIR has a folder of this user to install it in" >&2',
    "  exit 71",
    "}",
    'ready() { [ -e "$venv/ready" ] && [ -x "$venv/bin/python" ] && [ -x "$venv/bin/tradewind" ]; }',
    "ready || {",
    '  python3 -c "import fcntl; fcntl.flock(9, fcntl.LOCK_EX)" || exit 71',
    "  ready || {",
    '    rm -rf "$venv"',
    '    python3 -m venv "$venv" &&',
    ...indexSettings(index).map((line) => `      ${line} \\`),
    `      ${install} </dev/null >&2 &&`,
    '      touch "$venv/ready" || {',
    '      df -h "$venv" >&2',
    '      rm -rf "$venv"',
    `      echo "${sorry}" >&2`,
    "      exit 69",
    "    }",
    "  }",
    '} 9>"$venv.lock" || exit 71',
    'touch -c "$venv/ready" 2>/dev/null # in use',
    'exec "$venv/bin/tradewind" launch </dev/null',
    "",
  ].join("\n");
}

/** `PIP_…=…` in front of pip's command. The login comes from the task's environment, so it is on no command line. */
function indexSettings(index: PackageIndexPlan | undefined): readonly string[] {
  if (index === undefined) return [];
  const login = index.connection === undefined ? undefined : `$${loginVariable}`;
  const variables = Object.entries(indexVariables(index, login)).filter(([name]) => name.startsWith("PIP_"));
  return variables.map(([name, value]) => `${name}=${value.includes("$") ? `"${value}"` : shellQuote(value)}`);
}

/** One word of a shell command. */
function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./=@:+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
