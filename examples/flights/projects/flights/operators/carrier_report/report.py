"""Counts scored flights by carrier: python3 report.py --scores scores.csv --carriers carriers.csv --report report.csv"""

import argparse
import csv
from collections import defaultdict


def report(scores, names):
    """Rows of day, carrier, name, flights, late and share of late ones, in the order of days and carriers."""
    late_flights = defaultdict(list)
    for row in scores:
        late_flights[row["day"], row["carrier"]].append(row["late"] == "true")
    for (day, carrier), late in sorted(late_flights.items()):
        yield day, carrier, names.get(carrier, carrier), len(late), sum(late), f"{sum(late) / len(late):.3f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("--scores", "--carriers", "--report"):
        arguments.add_argument(name, required=True)
    given = arguments.parse_args()
    with open(given.carriers, newline="", encoding="utf-8") as file:
        names = {row["carrier"]: row["name"] for row in csv.DictReader(file)}
    with open(given.scores, newline="", encoding="utf-8") as file:
        rows = list(report(csv.DictReader(file), names))
    with open(given.report, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["day", "carrier", "name", "flights", "late", "share"])
        writer.writerows(rows)
    print(f"{len(rows)} carriers")


if __name__ == "__main__":
    main()
