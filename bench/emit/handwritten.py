"""The pipeline of test/pipeline/emit/plans.ts (`flights`) as an Airflow engineer would write it for one version: what dag.py is measured against."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, TaskGroup
from airflow.timetables.interval import CronDataIntervalTimetable

with DAG(
    dag_id="flight_delays_by_hand",
    description="Which flights will be late.",
    schedule=CronDataIntervalTimetable("0 3 * * *", timezone="Europe/Moscow"),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Moscow")),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "ml", "retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["flights", "critical"],
) as dag:
    with TaskGroup(group_id="extract"):
        flights = BashOperator(
            task_id="flights",
            doc_md="One day of departures.",
            bash_command="psql $DWH -c \"\\copy (select * from flights where day = '{{ ds }}') to '/data/{{ run_id }}/flights.csv' csv header\"",
            env={"DWH": "{{ conn.dwh.get_uri() }}"},
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(minutes=71),
        )
    with TaskGroup(group_id="inference"):
        score = BashOperator(
            task_id="score",
            bash_command="cd /opt/score && python -m score --data /data/{{ run_id }}/flights.csv --out /data/{{ run_id }}/scores.csv",
            env={"THRESHOLD": "0.5", "LABELS": '["late", "on time {{ ds }}"]', "OMP_NUM_THREADS": "1", "MODEL": "/models/model.pkl"},
            append_env=True,
            do_xcom_push=False,
            execution_timeout=timedelta(minutes=71),
            queue="ml",
        )
    with TaskGroup(group_id="load"):
        to_dwh = BashOperator(
            task_id="to_dwh",
            bash_command="psql $DWH -c \"\\copy scores from '/data/{{ run_id }}/scores.csv' csv header\"",
            env={"DWH": "{{ conn.dwh.get_uri() }}"},
            append_env=True,
            do_xcom_push=False,
            retries=1,
        )
        report = BashOperator(
            task_id="report",
            bash_command="psql $DWH -f /opt/score/report.sql.tmpl",
            env={"DWH": "{{ conn.dwh.get_uri() }}"},
            append_env=True,
            do_xcom_push=False,
            trigger_rule="all_done",
        )
    flights >> score >> [to_dwh, report]
