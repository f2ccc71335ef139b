"""Writes what Python itself says of every operator of the installed providers: inspect.signature, as JSON on stdout."""

import enum
import importlib
import inspect
import json
import logging
import pkgutil
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

# A package under providers may have several folders on sys.path; each provider's own operators and sensors are asked.
PACKAGES = {
    "apache-airflow-providers-amazon": "airflow.providers.amazon",
    "apache-airflow-providers-cncf-kubernetes": "airflow.providers.cncf.kubernetes",
    "apache-airflow-providers-common-sql": "airflow.providers.common.sql",
    "apache-airflow-providers-docker": "airflow.providers.docker",
    "apache-airflow-providers-postgres": "airflow.providers.postgres",
    "apache-airflow-providers-standard": "airflow.providers.standard",
}


def json_default(value):
    """The default as JSON, or the mark of one that JSON cannot hold."""
    if value is inspect.Parameter.empty:
        return None
    plain = plain_json(value)
    return {"opaque": True} if plain is Ellipsis else {"value": plain}


def plain_json(value):
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or type(value) in (bool, str, int, float):
        return value
    if type(value) in (list, tuple):
        items = [plain_json(item) for item in value]
        return Ellipsis if Ellipsis in items else items
    if type(value) is dict and all(type(key) is str for key in value):
        items = {key: plain_json(item) for key, item in value.items()}
        return Ellipsis if Ellipsis in items.values() else items
    return Ellipsis


def describe(found):
    parameters = inspect.signature(found).parameters.values()
    return [
        {
            "name": parameter.name,
            "kind": parameter.kind.name,
            "required": parameter.default is inspect.Parameter.empty
            and parameter.kind.name not in ("VAR_KEYWORD", "VAR_POSITIONAL"),
            "default": json_default(parameter.default),
        }
        for parameter in parameters
    ]


def main():
    from importlib.metadata import version

    from airflow.sdk.bases.operator import BaseOperator

    out = {"packages": {name: version(name) for name in PACKAGES}, "classes": {}, "templates": {}, "unread": []}
    for package in PACKAGES.values():
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
            parts = module.name.split(".")
            if not ({"operators", "sensors", "transfers"} & set(parts)) or "example_dags" in parts:
                continue
            try:
                loaded = importlib.import_module(module.name)
            except Exception as error:  # a provider for something that is not installed
                out["unread"].append([module.name, str(error).split("\n")[0]])
                continue
            for name, found in vars(loaded).items():
                if not inspect.isclass(found) or found.__module__ != module.name or name.startswith("_"):
                    continue
                if issubclass(found, BaseOperator):
                    out["classes"][f"{module.name}.{name}"] = describe(found)
                    if not isinstance(found.template_fields, property):
                        out["templates"][f"{module.name}.{name}"] = sorted(found.template_fields)
    json.dump(out, sys.stdout, sort_keys=True)


main()
