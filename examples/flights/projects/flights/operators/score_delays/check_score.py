"""Run by hand: python check_score.py"""

from score import score


class Always:
    """A classifier that is as sure as its flights are long."""

    def predict_proba(self, features):
        import numpy

        chances = numpy.array([row["distance"] / 1000 for row in features])
        return numpy.column_stack([1 - chances, chances])


MODEL = {"words": ["carrier"], "numbers": ["distance"], "classifier": Always()}
FLIGHT = {"flight_id": "7", "day": "2013-07-10", "carrier": "AA", "distance": "250"}

assert list(score(MODEL, [], 0.5)) == []
assert list(score(MODEL, [FLIGHT], 0.5)) == [("7", "2013-07-10", "AA", "0.250000", "false")]
assert list(score(MODEL, [FLIGHT], 0.2))[0][-1] == "true"
print("score: ok")
