"""Runs one operator class: python3 tradewind_runner.py [--airflow] FILE:CLASS, in the folder that holds FILE.py.

The launcher starts it. What to run with stands in the file that TRADEWIND_TASK_FILE names: the parameters, which make the
instance, and the paths of inputs and outputs, with which `execute(inputs, outputs)` is called. Only the standard library,
Python 3.8 or newer: it runs in whatever environment the class has.

With --airflow the class is one of Airflow's: its parameters are arguments of a BaseOperator, and `execute` gets a context that
says what is known of the run outside of Airflow.
"""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import importlib
import inspect
import json
import os
import pathlib
import sys
import traceback
import types
import typing
import uuid

SKIPPED = 99
BAD_USAGE = 64


class Ports(dict):
    """Paths by port, in the class's order: `inputs["data"]`, `inputs.data` or, by place, `inputs[0]`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None

    def __missing__(self, key):
        if isinstance(key, int) and -len(self) <= key < len(self):
            return list(self.values())[key]
        raise KeyError(self._unknown(key))

    def _unknown(self, key):
        return f"no port {key!r}; there are {', '.join(self) or 'none'}"


def main(arguments):
    with_airflow = arguments[:1] == ["--airflow"]
    if with_airflow:
        arguments = arguments[1:]
    if len(arguments) != 1 or arguments[0].count(":") != 1:
        return refuse("usage: tradewind_runner.py [--airflow] FILE:CLASS")
    if "TRADEWIND_TASK_FILE" not in os.environ:
        return refuse("TRADEWIND_TASK_FILE is not set: this program is started by `tradewind launch`")
    with open(os.environ["TRADEWIND_TASK_FILE"], encoding="utf-8") as file:
        task = json.load(file)
    module, name = arguments[0].split(":")
    try:
        if with_airflow:
            return run_airflow(module, name, task)
        found = load(module, name)
        operator = found(**make_arguments(found, task["params"]))
        operator.execute(
            in_order(found, "INPUTS", task["inputs"]),
            in_order(found, "OUTPUTS", task["outputs"]),
        )
    except Exception as error:  # the class's own: told as Python tells it, without the lines of this file
        if type(error).__name__ == "AirflowSkipException":
            print(f"skipped: {error}", file=sys.stderr)
            return SKIPPED
        print_error(error)
        return 1
    return 0


def run_airflow(module, name, task):
    """What Airflow's own task runner does, as far as that goes without its database."""
    os.environ.setdefault("AIRFLOW_HOME", os.path.join(os.environ.get("TMPDIR", "/tmp"), "airflow"))
    found = load(module, name)
    operator = found(task_id=task["task"].split(".")[-1], **task["params"])
    for attribute, value in (("deferrable", False), ("mode", "poke")):  # nobody would come back to it later
        if hasattr(operator, attribute):
            setattr(operator, attribute, value)
    for place in ("airflow.sdk.bases.operator", "airflow.models.baseoperator"):
        try:
            importlib.import_module(place).ExecutorSafeguard.test_mode = True
            break
        except (ImportError, AttributeError):
            continue
    operator.execute(context_of(task, operator))
    return 0


def context_of(task, operator):
    date = task["logical_date"]
    moment = datetime.datetime.fromisoformat(date[:-1] + "+00:00" if date.endswith("Z") else date)
    instance = types.SimpleNamespace(
        dag_id=task["dag_id"],
        task_id=task["task"],
        run_id=task["run_id"],
        try_number=1,
        task=operator,
        xcom_push=lambda *given, **named: None,
        xcom_pull=lambda *given, **named: None,
    )
    return {
        "ds": moment.strftime("%Y-%m-%d"),
        "ds_nodash": moment.strftime("%Y%m%d"),
        "ts": moment.isoformat(),
        "logical_date": moment,
        "run_id": task["run_id"],
        "params": {},
        "task": operator,
        "task_instance": instance,
        "ti": instance,
    }


def refuse(message):
    print(f"tradewind_runner: {message}", file=sys.stderr)
    return BAD_USAGE


def load(module, name):
    """The class; the folder is both on the path and the package `operators`, so that files may import one another either way."""
    folder = os.getcwd()
    sys.dont_write_bytecode = True  # the folder is gone after this run
    sys.path[0] = folder
    package = types.ModuleType("operators")
    package.__path__ = [folder]
    sys.modules["operators"] = package
    loaded = importlib.import_module(f"operators.{module}")
    sys.modules.setdefault(module, loaded)
    return getattr(loaded, name)


def in_order(found, attribute, paths):
    """The ports as the class lists them; one without a file is left out."""
    listed = getattr(found, attribute, ())
    names = [item if isinstance(item, str) else item[0] for item in listed]
    names = [name for name in names if name in paths]
    return Ports((name, paths[name]) for name in [*names, *(name for name in paths if name not in names)])


def make_arguments(found, params):
    """The parameters as the annotations ask for them. One that must be given and is not was null."""
    if hasattr(found, "model_fields") or hasattr(found, "__fields__"):
        return params  # pydantic converts by itself
    hints = hints_of(found)
    values = {name: convert(value, hints.get(name)) for name, value in params.items()}
    for parameter in inspect.signature(found).parameters.values():
        needed = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        if needed:
            values.setdefault(parameter.name, None)
    return values


def hints_of(found):
    """Annotations of the constructor and of those above it, the nearest first."""
    hints = {}
    for owner in reversed(found.__mro__):
        for holder in (owner, owner.__dict__.get("__init__")):
            try:
                hints.update(typing.get_type_hints(holder) if holder else {})
            except Exception:  # a name that only a type checker knows
                continue
    return hints


def convert(value, hint):
    """JSON as what the annotation asks for: a date from its text, a set from a list. What does not fit stays as it is."""
    if value is None or hint is None:
        return value
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hasattr(hint, "__metadata__"):  # Annotated
        return convert(value, hint.__origin__)
    if origin is typing.Union or origin is getattr(types, "UnionType", typing.Union):
        return convert_union(value, [one for one in inner if one is not type(None)])
    if origin in (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection):
        return [convert(item, inner[0]) for item in value] if isinstance(value, list) and inner else value
    if origin in (set, frozenset) or hint in (set, frozenset):
        made = origin or hint
        return made(convert(item, inner[0] if inner else None) for item in value) if isinstance(value, list) else value
    if origin is tuple or hint is tuple:
        return convert_tuple(value, inner) if isinstance(value, list) else value
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        if isinstance(value, dict) and len(inner) == 2:
            return {key: convert(item, inner[1]) for key, item in value.items()}
        return value
    return convert_plain(value, hint) if inspect.isclass(hint) else value


def convert_union(value, hints):
    if any(type(value) is hint for hint in hints):
        return value
    for hint in hints:
        converted = convert(value, hint)
        if converted is not value:
            return converted
    return value


def convert_tuple(value, inner):
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(convert(item, inner[0]) for item in value)
    return tuple(convert(item, inner[place] if place < len(inner) else None) for place, item in enumerate(value))


def convert_plain(value, hint):
    if isinstance(value, str):
        iso = value[:-1] + "+00:00" if value.endswith("Z") else value
        for kind in (datetime.datetime, datetime.date, datetime.time):
            if hint is kind:
                return kind.fromisoformat(iso)
        if issubclass(hint, pathlib.PurePath) or hint is uuid.UUID:
            return hint(value)
    if isinstance(value, int) and not isinstance(value, bool) and hint is float:
        return float(value)
    if isinstance(value, (int, float)) and hint is datetime.timedelta:
        return datetime.timedelta(seconds=value)
    if hint is decimal.Decimal:
        return decimal.Decimal(str(value))
    if issubclass(hint, enum.Enum):
        return hint(value)
    if isinstance(value, dict) and dataclasses.is_dataclass(hint):
        return hint(**make_arguments(hint, value))
    if isinstance(value, dict) and hasattr(hint, "model_validate"):
        return hint.model_validate(value)
    return value


def print_error(error):
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
