"""Answers from Airflow's own timetables and croniter: reads questions as JSON from stdin, writes answers to stdout."""

import datetime
import json
import sys

import airflow.timetables.interval as interval_module
import airflow.timetables.trigger as trigger_module
import pendulum
from airflow.timetables.base import TimeRestriction
from croniter import croniter


def iso(value):
    return pendulum.instance(value).in_timezone("UTC").isoformat()


def dates(info):
    interval = info.data_interval
    return {
        "logical_date": iso(interval.end if interval.start == interval.end else interval.start),
        "data_interval_start": iso(interval.start),
        "data_interval_end": iso(interval.end),
    }


def make_timetable(case):
    if case["interval"] == "data":
        return interval_module.CronDataIntervalTimetable(case["cron"], case["timezone"])
    return trigger_module.CronTriggerTimetable(case["cron"], timezone=case["timezone"])


def run_on_day(case):
    """The first of the scheduler's runs, from long before the day, whose logical date falls on it."""
    timetable = make_timetable(case)
    zone = pendulum.timezone(case["timezone"])
    day = datetime.date.fromisoformat(case["day"])
    earliest = pendulum.datetime(day.year, day.month, day.day).subtract(days=case.get("before", 3))
    restriction = TimeRestriction(earliest=earliest, latest=None, catchup=True)
    last = None
    for _ in range(20_000):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        last = info.data_interval
        local = last.start.in_timezone(zone).date()
        if local == day:
            return dates(info)
        if local > day:
            return None
    raise RuntimeError(f"too many runs before {case}")


def run_now(case):
    """What the scheduler starts first without catchup."""
    now = pendulum.from_timestamp(case["now"] / 1000)
    interval_module.utcnow = trigger_module.utcnow = lambda: now
    long_ago = pendulum.datetime(1999, 1, 1)
    restriction = TimeRestriction(earliest=long_ago, latest=None, catchup=False)
    return dates(make_timetable(case).next_dagrun_info(last_automated_data_interval=None, restriction=restriction))


def ticks(case):
    """croniter over naive times: the next and the previous few ticks, in milliseconds; null when it refuses."""
    try:
        start = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=case["from"])
        answer = {}
        for name in ("next", "previous"):
            cron = croniter(case["cron"], start_time=start)
            step = cron.get_next if name == "next" else cron.get_prev
            answer[name] = [round(step(float) * 1000) for _ in range(case["count"])]
        return answer
    except ValueError as error:
        return {"refused": str(error)}


questions = json.load(sys.stdin)
json.dump(
    {
        "days": [run_on_day(case) for case in questions["days"]],
        "nows": [run_now(case) for case in questions["nows"]],
        "ticks": [ticks(case) for case in questions["ticks"]],
    },
    sys.stdout,
)
