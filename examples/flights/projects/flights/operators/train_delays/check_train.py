"""Run by hand: python check_train.py"""

import pickle

from train import train

ROWS = [
    {"carrier": "AA", "origin": "JFK", "hour": "8", "distance": "500", "dep_delay": str(delay), "late": "t" if delay > 15 else "f"}
    for delay in range(-20, 60)
]

model = train(ROWS, seed=1)
features = [{"carrier": "AA", "origin": "JFK", "hour": 8.0, "distance": 500.0, "dep_delay": delay} for delay in (-10.0, 50.0)]
on_time, late = model["classifier"].predict_proba(features)[:, 1]
assert on_time < 0.5 < late, (on_time, late)
assert pickle.dumps(model) == pickle.dumps(train(ROWS, seed=1)), "the same flights make another model"

try:
    train(ROWS[:3], seed=1)
except SystemExit as refusal:
    assert "nothing to learn from" in str(refusal)
else:
    raise AssertionError("a model without late flights")

print("train: ok")
