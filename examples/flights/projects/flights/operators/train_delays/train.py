"""Learns from past flights which ones arrive late: python train.py --data flights.csv --model model.pkl"""

import argparse
import csv
import pickle

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

WORDS = ["carrier", "origin"]
NUMBERS = ["hour", "distance", "dep_delay"]


def train(rows, seed):
    """A model with the columns it reads, so that whoever uses it need not know them."""
    features = [{name: row[name] for name in WORDS} | {name: float(row[name]) for name in NUMBERS} for row in rows]
    late = [row["late"] == "t" for row in rows]
    if len(set(late)) < 2:
        raise SystemExit(f"{len(rows)} flights, none late or all: nothing to learn from. Is the date too early in the data?")
    classifier = make_pipeline(DictVectorizer(), MaxAbsScaler(), LogisticRegression(max_iter=500, random_state=seed))
    return {"words": WORDS, "numbers": NUMBERS, "classifier": classifier.fit(features, late)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--seed", type=int, default=13)
    given = arguments.parse_args()
    with open(given.data, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    model = train(rows, given.seed)
    with open(given.model, "wb") as file:
        pickle.dump(model, file)
    print(f"trained on {len(rows)} flights")


if __name__ == "__main__":
    main()
