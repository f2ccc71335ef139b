"""Loads DAG files in one real Airflow, and says what Airflow made of them.

Reads one JSON document from standard input: {"files": [paths], "facts": {...}, "texts": [...], "literals": [...]}.
Writes one to standard output: {"version", "files", "texts", "literals"}. No database is used.
"""

import ast
import json
import os
import sys
import types
import warnings
from datetime import timedelta

os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////nonexistent/airflow.db"
os.environ["AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY"] = "True"
output = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # what Airflow logs to standard output must not mix with the answer

import pendulum  # noqa: E402
from airflow import __version__  # noqa: E402

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
try:
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization
try:
    from airflow.sdk.execution_time.context import ConnectionAccessor, MacrosAccessor, VariableAccessor

    macros = MacrosAccessor()
    variables = {"value": VariableAccessor(deserialize_json=False), "json": VariableAccessor(deserialize_json=True)}
except ImportError:
    from airflow import macros
    from airflow.utils.context import ConnectionAccessor, VariableAccessor

    variables = {"value": VariableAccessor(deserialize_json=False), "json": VariableAccessor(deserialize_json=True)}


def seconds(value):
    return value.total_seconds() if isinstance(value, timedelta) else value


def wall_time(value, zone):
    return None if value is None else value.in_timezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def context_of(dag, task, params, facts):
    """What Airflow gives a template, with real accessors; `logical_date` may be missing as in a run of Airflow 3 without one."""
    ti = types.SimpleNamespace(
        try_number=facts["try_number"], max_tries=facts["max_tries"], task=task, task_id=task.task_id, dag_id=dag.dag_id,
        run_id=facts["run_id"], map_index=-1,
    )
    context = {
        "conn": ConnectionAccessor(), "dag": dag, "dag_run": types.SimpleNamespace(run_id=facts["run_id"], conf={}), "macros": macros,
        "params": {**params, **facts.get("params", {})}, "run_id": facts["run_id"], "task": task, "task_instance": ti, "ti": ti,
        "var": variables,
    }
    if facts.get("logical_date"):
        logical = pendulum.parse(facts["logical_date"])
        ds, ts = logical.strftime("%Y-%m-%d"), logical.isoformat()
        context.update(
            logical_date=logical, data_interval_start=pendulum.parse(facts["data_interval_start"]),
            data_interval_end=pendulum.parse(facts["data_interval_end"]), ds=ds, ds_nodash=ds.replace("-", ""), ts=ts,
            ts_nodash=logical.strftime("%Y%m%dT%H%M%S"), ts_nodash_with_tz=ts.replace("-", "").replace(":", ""),
        )
    return context


# What the operators of our jobs have beside their template fields.
further = (
    "append_env", "skip_on_exit_code", "entrypoint", "mem_limit", "cpus", "auto_remove", "mount_tmp_dir", "device_requests", "docker_url",
    "network_mode", "get_logs", "on_finish_action", "startup_timeout_seconds", "deferrable",
)


def pod_of(task, dag, params, facts):
    """The pod that KubernetesPodOperator would ask for, as JSON; there is no cluster to ask about."""
    from kubernetes.client import ApiClient

    task.__dict__["hook"] = types.SimpleNamespace(is_in_cluster=False, get_namespace=lambda: None)
    return ApiClient().sanitize_for_serialization(task.build_pod_request_obj(context_of(dag, task, params, facts)))


def task_facts(dag, task, params, facts):
    raw = {name: getattr(task, name, None) for name in task.template_fields}
    error = None
    try:
        task.render_template_fields(context_of(dag, task, params, facts), dag.get_template_env())
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    rendered = {name: getattr(task, name, None) for name in task.template_fields}
    more = {name: getattr(task, name) for name in further if hasattr(task, name)}
    if error is None and hasattr(task, "build_pod_request_obj"):
        more["pod"] = pod_of(task, dag, params, facts)
    return {
        "class": type(task).__module__ + "." + type(task).__qualname__, "group": task.task_group.group_id if task.task_group else None,
        "upstream": sorted(task.upstream_task_ids), "downstream": sorted(task.downstream_task_ids), "retries": task.retries,
        "retry_delay": seconds(task.retry_delay), "execution_timeout": seconds(task.execution_timeout),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)), "pool": task.pool, "queue": task.queue,
        "priority_weight": task.priority_weight, "owner": task.owner, "doc_md": task.doc_md, "do_xcom_push": task.do_xcom_push, **more,
        "raw": raw, "rendered": rendered, "error": error,
    }


def groups_of(group):
    found = {}
    for child in group.children.values():
        if hasattr(child, "children"):
            found[child.group_id] = {"tooltip": child.tooltip}
            found.update(groups_of(child))
    return found


def dag_timetable(dag):
    """Serializes the whole DAG, as the DAG processor does; Airflow 2 says `schedule_interval` for simple timetables."""
    serialized = DagSerialization.to_dict(dag)["dag"].get("timetable") or {}
    return serialized.get("__var", {})


def dag_facts(dag, facts):
    timetable = {"type": type(dag.timetable).__name__, **dag_timetable(dag)}
    params = dag.params.dump()
    tasks = {task.task_id: task_facts(dag, task, params, facts) for task in dag.tasks}
    return {
        "dag_id": dag.dag_id, "description": dag.description, "timezone": dag.timezone.name, "start_date": wall_time(dag.start_date, dag.timezone),
        "end_date": wall_time(dag.end_date, dag.timezone), "catchup": dag.catchup, "max_active_runs": dag.max_active_runs, "tags": sorted(dag.tags),
        "params": params, "schemas": {key: dag.params.get_param(key).schema for key in dag.params},
        "timetable": timetable, "groups": groups_of(dag.task_group), "tasks": tasks,
    }


def inspect_file(path, facts):
    bag = DagBag(dag_folder=os.devnull)  # one of its own: dag ids of files may be the same
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dags = bag.process_file(path, only_if_updated=False) or []
    return {
        "error": bag.import_errors.get(path),
        "warnings": [
            {"category": w.category.__name__, "message": str(w.message), "file": w.filename, "line": w.lineno} for w in caught
        ],
        "dags": [dag_facts(dag, facts) for dag in dags],
    }


def render_texts(texts):
    """Each text as a variable of a real BashOperator, rendered by Airflow."""
    from airflow.providers.standard.operators.bash import BashOperator

    try:
        from airflow.sdk import DAG
    except ImportError:
        from airflow import DAG
    dag = DAG(dag_id="texts", schedule=None, start_date=pendulum.datetime(2026, 1, 1))
    task = BashOperator(task_id="texts", bash_command="true", dag=dag)
    environment = dag.get_template_env()
    answers = []
    for text in texts:
        try:
            answers.append({"text": task.render_template(text, {}, environment)})
        except Exception as problem:
            answers.append({"error": f"{type(problem).__name__}: {problem}"})
    return answers


def main():
    request = json.load(sys.stdin)
    answer = {
        "version": __version__,
        "files": [inspect_file(path, request["facts"]) for path in request.get("files", [])],
        "texts": render_texts(request["texts"]) if request.get("texts") else [],
        "literals": [ast.literal_eval(text) for text in request.get("literals", [])],
    }
    json.dump(answer, output, default=lambda value: value.to_dict() if hasattr(value, "to_dict") else repr(value))
    output.flush()


main()
