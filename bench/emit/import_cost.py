"""CPU seconds of Airflow's import of each file (DagBag.process_file), in turn, many times in one process: JSON, the median of each."""

import gc
import json
import logging
import os
import statistics
import sys
import time

os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite:////nonexistent/airflow.db"
logging.disable(logging.CRITICAL)
output = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from airflow.dag_processing.dagbag import DagBag  # noqa: E402

turns, files = int(sys.argv[1]), sys.argv[2:]
spent = {file: [] for file in files}
for turn in range(turns + 5):
    for file in files if turn % 2 else reversed(files):
        bag = DagBag(dag_folder=os.devnull)
        gc.collect()
        started = time.process_time()
        dags = bag.process_file(file, only_if_updated=False)
        took = time.process_time() - started
        if bag.import_errors or not dags:
            sys.exit(f"{file}: {bag.import_errors}")
        if turn >= 5:
            spent[file].append(took)
json.dump({file: statistics.median(times) for file, times in spent.items()}, output)
output.flush()
