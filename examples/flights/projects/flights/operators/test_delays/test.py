"""Tests a model on flights it has not seen: python test.py --model model.pkl --data flights.csv --report report.json"""

import argparse
import csv
import json
import pickle

from sklearn.metrics import roc_auc_score


def measure(model, rows):
    """Area under the ROC curve: 0.5 is guessing, 1 is perfect."""
    features = [{name: row[name] for name in model["words"]} | {name: float(row[name]) for name in model["numbers"]} for row in rows]
    late = [row["late"] == "t" for row in rows]
    if len(set(late)) < 2:
        raise SystemExit(f"{len(rows)} flights, none late or all: a model cannot be tested on them")
    return roc_auc_score(late, model["classifier"].predict_proba(features)[:, 1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--report", required=True)
    arguments.add_argument("--min-auc", type=float, default=0.8)
    given = arguments.parse_args()
    with open(given.model, "rb") as file:
        model = pickle.load(file)
    with open(given.data, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    auc = measure(model, rows)
    with open(given.report, "w", encoding="utf-8") as file:
        json.dump({"auc": round(auc, 4), "min_auc": given.min_auc, "flights": len(rows)}, file)
    if auc < given.min_auc:
        raise SystemExit(f"AUC {auc:.4f} on {len(rows)} flights is below {given.min_auc}: this model is not passed on")
    print(f"AUC {auc:.4f} on {len(rows)} flights, at least {given.min_auc} was asked for")


if __name__ == "__main__":
    main()
