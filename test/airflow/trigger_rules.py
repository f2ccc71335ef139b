"""What Airflow's own scheduler rule decides: every trigger rule over every pair and triple of upstream states, as JSON.

The tasks are real operators in a real DAG; only their states come from here instead of from a database.
"""

import datetime
import itertools
import json
import os
import sys
import tempfile
from types import SimpleNamespace

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="tradewind-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")

try:
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.task.trigger_rule import TriggerRule
except ImportError:
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.utils.trigger_rule import TriggerRule

from airflow.ti_deps.dep_context import DepContext
from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

LETTERS = {"S": "success", "F": "failed", "U": "upstream_failed", "K": "skipped", ".": None}


class Context(DepContext):
    """Airflow's context of one scheduling pass, over states that are given."""

    def ensure_finished_tis(self, dag_run, session):
        return self.finished_tis


def decide(rule, states):
    with DAG("d", start_date=datetime.datetime(2026, 1, 1), schedule=None) as dag:
        above = [EmptyOperator(task_id=f"u{n}") for n in range(len(states))]
        task = EmptyOperator(task_id="t", trigger_rule=rule)
        above >> task
    finished = [SimpleNamespace(task_id=one.task_id, task=one, state=state, map_index=-1) for one, state in zip(above, states) if state]
    given = []

    def set_state(state, session=None):
        given.append(str(getattr(state, "value", state)))
        return True

    ti = SimpleNamespace(task=task, task_id="t", dag_id="d", run_id="r", map_index=-1, get_dagrun=lambda session=None: None, set_state=set_state)
    context = Context(flag_upstream_failed=True, finished_tis=finished)
    statuses = list(TriggerRuleDep()._get_dep_statuses(ti=ti, dep_context=context, session=None))
    if given:
        return given[-1]
    return "run" if all(status.passed for status in statuses) else "wait"


def main():
    rules = sorted(rule.value for rule in TriggerRule)
    table = {}
    for rule in rules:
        table[rule] = {
            "".join(letters): decide(rule, [LETTERS[letter] for letter in letters])
            for size in (1, 2, 3)
            for letters in itertools.combinations_with_replacement("SFUK.", size)
        }
    json.dump(table, sys.stdout)


main()
