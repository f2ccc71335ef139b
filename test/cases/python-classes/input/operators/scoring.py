from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Optional

from pydantic import BaseModel, Field

from .base import Base

DEFAULT_LIMIT = 60 * 60
Mode = Literal["fast", "exact"]


class Carrier(enum.Enum):
    UNITED = "UA"
    DELTA = "DL"


class Extract(Base):
    """Flights of one day.

    Only those that left.

    :param day: The day, in the airport's time.
    :param carriers: Whose flights; all
        of them when it is empty.
    """

    OUTPUTS = [("Data", ".csv")]
    EFFECTS = "reads"

    def __init__(
        self,
        day: datetime.date,
        carriers: list[Carrier] | None = None,
        mode: Mode = "fast",
        limit: int = DEFAULT_LIMIT,
        flights_conn_id: str = "dwh",
        ratio: "float | None" = 0.5,
        cache: Path = Path("/tmp"),
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.day = day

    def execute(self, inputs, outputs): ...


class Score(BaseModel):
    """Probability that each flight is late.

    Attributes:
        columns: Which columns to keep.
    """

    INPUTS: ClassVar = [("Data", [".csv", ".parquet"]), ("Model", ".pkl")]
    OUTPUTS: ClassVar = [("Scores", ".csv")]
    JOB: ClassVar = {"docker_image": "python3-11", "resource_flavor": "cpu-2gb", "execution_time": "10 minutes"}

    threshold: float = Field(0.5, ge=0, le=1, description="Above it a flight counts as late.")
    name: str = Field(..., min_length=1, pattern="^[a-z]+$")
    columns: list[str] = Field(default_factory=list, max_length=3)

    def execute(self, inputs, outputs): ...


@dataclass
class Report:
    """Numbers of a day.

    Parameters
    ----------
    title : str
        What stands above it.
    rows : int, optional
        How many.
    """

    INPUTS = [("Scores", ".csv")]
    OUTPUTS = [("Report", ".json")]

    title: str
    rows: Optional[int] = None
    weights: dict[str, float] = field(default_factory=dict)

    def execute(self, inputs, outputs): ...


class ExactReport(Report):
    """The same, exactly."""


class Helper:
    """Not an operator: it has no ports."""

    def execute(self, sql): ...


class _Private(Base):
    def execute(self, inputs, outputs): ...
