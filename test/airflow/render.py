"""Renders templates in real Airflow: render.py HOME ANSWERS, with JSON {facts, expressions} on stdin.

Writes JSON {version, results: [{"text"} or {"error"}]} to the file ANSWERS.

The context is Airflow's own: RuntimeTaskInstance.get_template_context on 3.x, TaskInstance.get_template_context on 2.x.
"""

import importlib
import json
import os
import sys
import warnings

home, answers = sys.argv[1:]
os.environ["AIRFLOW_HOME"] = home
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"
warnings.filterwarnings("ignore")

asked = json.load(sys.stdin)
facts = asked["facts"]
for name, value in facts["variables"].items():
    os.environ[f"AIRFLOW_VAR_{name.upper()}"] = value

import airflow
import pendulum
from airflow.providers.standard.operators.bash import BashOperator


def instant(name):
    return pendulum.parse(facts[name]).in_timezone("UTC")


def make_task(dag_class):
    start = pendulum.datetime(2020, 1, 1, tz=facts["timezone"])
    dag = dag_class(
        facts["dag_id"], schedule=None, start_date=start, params=facts["params"]
    )
    return BashOperator(task_id=facts["task_id"], bash_command="true", dag=dag)


def context_of_3():
    import uuid

    from airflow.sdk import DAG
    from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    task = make_task(DAG)
    run = DagRun.model_validate(
        {
            "dag_id": facts["dag_id"],
            "run_id": facts["run_id"],
            "logical_date": instant("logical_date"),
            "data_interval_start": instant("data_interval_start"),
            "data_interval_end": instant("data_interval_end"),
            "run_after": instant("data_interval_end"),
            "start_date": instant("data_interval_end"),
            "end_date": None,
            "clear_number": 0,
            "run_type": facts["dag_run_type"],
            "state": "running",
            "conf": facts["conf"],
            "consumed_asset_events": [],
            "partition_key": None,
        }
    )
    ti = RuntimeTaskInstance.model_construct(
        id=uuid.uuid4(),
        task_id=facts["task_id"],
        dag_id=facts["dag_id"],
        run_id=facts["run_id"],
        try_number=facts["try_number"],
        map_index=-1,
        task=task,
        _ti_context_from_server=TIRunContext.model_construct(
            dag_run=run,
            task_reschedule_count=0,
            max_tries=1,
            variables=[],
            connections=[],
            xcom_keys_to_clear=[],
        ),
    )
    return task, ti.get_template_context()


def context_of_2():
    from airflow import DAG, settings
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from airflow.models.tasklog import LogTemplate
    from airflow.timetables.base import DataInterval
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    # Its table of users is among what others refer to.
    importlib.import_module("airflow.providers.fab.auth_manager.models")
    import_all_models()
    Base.metadata.create_all(settings.engine)
    task = make_task(DAG)
    # Left open: what a template asks of the run is read late.
    session = settings.Session()
    session.add(LogTemplate(filename="x", elasticsearch_id="x"))
    session.flush()
    run = task.dag.create_dagrun(
        run_id=facts["run_id"],
        execution_date=instant("logical_date"),
        data_interval=DataInterval(
            instant("data_interval_start"), instant("data_interval_end")
        ),
        run_type=DagRunType(facts["dag_run_type"]),
        state=DagRunState.RUNNING,
        conf=facts["conf"],
        external_trigger=True,
        session=session,
    )
    ti = run.get_task_instance(task.task_id, session=session)
    ti.task = task
    ti.try_number = facts["try_number"]
    return task, ti.get_template_context(session=session)


task, context = (
    context_of_3() if airflow.__version__.startswith("3.") else context_of_2()
)


def render(text):
    try:
        return {"text": task.render_template(text, context, task.get_template_env())}
    except Exception as error:  # any error is an answer
        return {"error": type(error).__name__}


# To a file, since Airflow prints to stdout here and there.
with open(answers, "w", encoding="utf-8", errors="surrogatepass") as answer:
    json.dump(
        {
            "version": airflow.__version__,
            "results": [render(one["template"]) for one in asked["expressions"]],
        },
        answer,
    )
