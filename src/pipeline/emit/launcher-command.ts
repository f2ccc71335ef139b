/** The constant command of every job task. */
import type { LauncherPlan } from "../../protocol/plan.ts";

/**
 * `</dev/null`: on Airflow 3 the standard input of a task is its supervisor's socket, and a child that holds it keeps the task from ending.
 * `pip`: a virtual environment made once per worker and requirement, from the worker's own index, by one task at a time.
 */
export function launcherCommand(launcher: LauncherPlan): string {
  if (launcher.kind === "command") return `exec ${shellQuote(launcher.command)} launch </dev/null`;
  const folder = launcher.requirement.replaceAll(/[^A-Za-z0-9._=-]+/g, "_");
  return [
    `venv="\${XDG_CACHE_HOME:-$HOME/.cache}/tradewind/launcher/${folder}"`,
    'mkdir -p "$venv" && {',
    "  flock 9 || exit 70",
    '  if [ ! -e "$venv/ready" ]; then',
    '    python3 -m venv "$venv" &&',
    `      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check ${shellQuote(launcher.requirement)} >&2 &&`,
    '      touch "$venv/ready" || exit 69',
    "  fi",
    '} 9>"$venv.lock" || exit 71',
    'exec "$venv/bin/tradewind" launch </dev/null',
    "",
  ].join("\n");
}

/** One word of a shell command. */
function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./=@:+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
