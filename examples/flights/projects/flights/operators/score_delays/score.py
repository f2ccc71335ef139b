"""Scores flights: python score.py --data flights.csv --model model.pkl --scores scores.csv"""

import argparse
import csv
import pickle


def score(model, rows, threshold):
    """A row for each flight, in the same order."""
    if not rows:
        return
    features = [{name: row[name] for name in model["words"]} | {name: float(row[name]) for name in model["numbers"]} for row in rows]
    for row, probability in zip(rows, model["classifier"].predict_proba(features)[:, 1]):
        late = "true" if probability > threshold else "false"
        yield row["flight_id"], row["day"], row["carrier"], f"{probability:.6f}", late


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--scores", required=True)
    arguments.add_argument("--threshold", type=float, default=0.5)
    given = arguments.parse_args()
    with open(given.model, "rb") as file:
        model = pickle.load(file)
    with open(given.data, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(given.scores, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["flight_id", "day", "carrier", "probability", "late"])
        writer.writerows(score(model, rows, given.threshold))
    print(f"scored {len(rows)} flights")


if __name__ == "__main__":
    main()
