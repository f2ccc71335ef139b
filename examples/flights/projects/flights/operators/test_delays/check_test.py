"""Run by hand: python check_test.py"""

import json
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def run(late, min_auc):
    """The app's exit code, what it said and its report, for a model that thinks that a long delay means late."""
    classifier = make_pipeline(DictVectorizer(), LogisticRegression())
    classifier.fit([{"carrier": "AA", "dep_delay": float(delay)} for delay in range(10)], [delay >= 5 for delay in range(10)])
    with tempfile.TemporaryDirectory() as folder:
        model, data, report = (Path(folder) / name for name in ("model.pkl", "data.csv", "report.json"))
        model.write_bytes(pickle.dumps({"words": ["carrier"], "numbers": ["dep_delay"], "classifier": classifier}))
        lines = [f"AA,{delay},{'t' if late(delay) else 'f'}" for delay in range(10)]
        data.write_text("carrier,dep_delay,late\n" + "\n".join(lines) + "\n")
        command = [sys.executable, "test.py", "--model", model, "--data", data, "--report", report, "--min-auc", str(min_auc)]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr, json.loads(report.read_text()) if report.exists() else None


code, said, report = run(lambda delay: delay >= 5, 0.9)
assert code == 0 and report == {"auc": 1.0, "min_auc": 0.9, "flights": 10}, (code, said, report)
code, said, report = run(lambda delay: delay % 2 == 0, 0.9)
assert code == 1 and "is not passed on" in said and report["auc"] < 0.9, (code, said, report)
code, said, report = run(lambda delay: True, 0.9)
assert code == 1 and "cannot be tested" in said, (code, said)
print("test: ok")
