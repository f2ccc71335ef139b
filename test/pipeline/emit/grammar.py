"""Reads emitted files by the grammars of several Pythons, without running them, and says what literals stand in them.

Reads one JSON document from standard input: {"versions": [...], "files": {name: text}}. Writes one to standard output: by name
{"errors": [...], "dag": {...}, "tasks": [{"callee", "arguments", "env"}], "order": [[before, after]]}; what is no literal is left out.
"""

import ast
import json
import sys

import parso


def errors(text, versions):
    found = []
    for version in versions:
        grammar = parso.load_grammar(version=version)
        for issue in grammar.iter_errors(grammar.parse(text)):
            found.append(f"{version}: line {issue.start_pos[0]}: {issue.message}")
    return found


def read(text):
    tree = ast.parse(text)
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Dict)):
            constants[node.targets[0].id] = node.value
    bodies = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
    dag = next(node for node in bodies if ast.unparse(node.items[0].context_expr.func) == "DAG")
    calls = []

    def walk(body):
        for node in body:
            if isinstance(node, ast.With):
                walk(node.body)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                calls.append(node)

    walk(dag.body)
    return {
        "dag": literals(dag.items[0].context_expr, constants),
        "tasks": [
            {
                "variable": node.targets[0].id,
                "callee": ast.unparse(node.value.func),
                "arguments": literals(node.value, constants),
                "env": environment(node.value, constants),
            }
            for node in calls
        ],
        "order": sorted(edges(dag.body)),
    }


def literal(node, constants):
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    return ast.literal_eval(node)


def literals(call, constants):
    values = {}
    for keyword in call.keywords:
        try:
            values[keyword.arg] = literal(keyword.value, constants)
        except ValueError:
            pass
    return values


def environment(call, constants):
    """The variables under `env`, those of the constants that are spread into it too."""
    values = {}
    for keyword in call.keywords:
        if keyword.arg == "env" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values):
                if key is None:
                    spread = constants[value.id]
                    values.update({literal(k, constants): literal(v, constants) for k, v in zip(spread.keys, spread.values)})
                else:
                    values[literal(key, constants)] = literal(value, constants)
    return values


def edges(body):
    """What `a >> b`, `[a, b] >> c` and `chain` of them say; groups are walked into."""
    for node in body:
        if isinstance(node, ast.With):
            yield from edges(node.body)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp):
            yield from shifted(node.value)


def shifted(node):
    if isinstance(node.left, ast.BinOp):
        yield from shifted(node.left)
        left = node.left.right
    else:
        left = node.left
    for before in names(left):
        for after in names(node.right):
            yield [before, after]


def names(node):
    return [one.id for one in node.elts] if isinstance(node, (ast.List, ast.Tuple)) else [node.id]


given = json.load(sys.stdin)
json.dump({name: {"errors": errors(text, given["versions"]), **read(text)} for name, text in given["files"].items()}, sys.stdout)
