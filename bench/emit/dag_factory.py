"""Seconds (and CPU seconds) that dag-factory takes to build the DAGs of all YAML files in a folder, once Airflow is imported; JSON."""

import json
import logging
import os
import sys
import time

os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = sys.argv[1]
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////nonexistent/airflow.db"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["SCARF_NO_ANALYTICS"] = "1"
logging.disable(logging.CRITICAL)
output = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from airflow.providers.standard.operators.bash import BashOperator  # noqa: E402, F401
from dagfactory import load_yaml_dags  # noqa: E402

made = {}
started, before = time.perf_counter(), time.process_time()
load_yaml_dags(made, dags_folder=sys.argv[1])
took, cpu = time.perf_counter() - started, time.process_time() - before
dags = [value for value in made.values() if type(value).__name__ == "DAG"]
json.dump({"seconds": took, "cpu": cpu, "dags": len(dags), "tasks": sum(len(dag.tasks) for dag in dags)}, output)
output.flush()
