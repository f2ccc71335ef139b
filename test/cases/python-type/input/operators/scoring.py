from __future__ import annotations

from typing import Callable

import pandas as pd


class Score:
    OUTPUTS = [("Scores", ".csv")]

    def __init__(self, data: pd.DataFrame, how: Callable[[int], int] = abs, limit: int | None = None):
        self.data = data

    def execute(self, inputs, outputs): ...
