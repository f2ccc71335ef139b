"""Run by hand: python3 check_report.py"""

from report import report

SCORES = [
    {"day": "2013-07-10", "carrier": carrier, "late": late}
    for carrier, late in [("UA", "true"), ("AA", "false"), ("UA", "false"), ("UA", "false"), ("XX", "true")]
]
NAMES = {"AA": "American", "UA": "United"}

assert list(report([], NAMES)) == []
assert list(report(SCORES, NAMES)) == [
    ("2013-07-10", "AA", "American", 1, 0, "0.000"),
    ("2013-07-10", "UA", "United", 3, 1, "0.333"),
    ("2013-07-10", "XX", "XX", 1, 1, "1.000"),
]
print("report: ok")
