"""Runs one DAG once, as `airflow dags test` does, over exactly the data interval that it is told, and writes down what became of it.

    python run_dag.py request.json answer.json

(`airflow dags test` makes up the interval of a manual run, which is another one than the scheduler gives for the same date.)
"""

import inspect
import json
import sqlite3
import sys
from datetime import datetime


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    answer = sys.argv[2]
    give_interval(*(datetime.fromisoformat(asked[end]) for end in ("data_interval_start", "data_interval_end")))
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "dags", "test", asked["dag_id"], asked["logical_date"], "--conf", json.dumps(asked["conf"])]
    try:
        airflow()
    except SystemExit as end:
        if end.code not in (None, 0):
            print(end.code, file=sys.stderr)
    finally:
        with open(answer, "w", encoding="utf-8") as file:
            json.dump(read_states(asked["database"], asked["dag_id"]), file)


def give_interval(start, end):
    from airflow.timetables import interval, simple, trigger
    from airflow.timetables.base import DataInterval

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(start, end)

    for module in (interval, simple, trigger):
        for _, found in inspect.getmembers(module, inspect.isclass):
            if "infer_manual_data_interval" in vars(found):
                found.infer_manual_data_interval = infer_manual_data_interval


def read_states(database, dag_id):
    """None when no run was made: the DAG could not be loaded."""
    connection = sqlite3.connect(database)
    run = connection.execute("select run_id, state from dag_run where dag_id = ?", [dag_id]).fetchone()
    if run is None:
        return None
    tasks = connection.execute("select task_id, state from task_instance where dag_id = ? and run_id = ?", [dag_id, run[0]])
    return {"run_id": run[0], "state": run[1], "tasks": {task: state or "none" for task, state in tasks}}


if __name__ == "__main__":
    main()
