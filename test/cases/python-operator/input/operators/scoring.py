from airflow.sdk import BaseOperator
from company.operators import CompanyOperator, Scorer

PORTS = [("Data", ".csv")]


def ports():
    return PORTS


class Computed:
    INPUTS = ports()

    def execute(self, inputs, outputs): ...


class NoPair:
    INPUTS = [("Data", ".csv", 3), "Model"]
    OUTPUTS = [("Scores", [".csv", ".json"]), ("Scores", ".csv")]

    def execute(self, inputs, outputs): ...


class NoList:
    INPUTS = 3

    def execute(self, inputs, outputs): ...


class NothingToRun:
    INPUTS = PORTS


class OtherArguments:
    INPUTS = PORTS

    def execute(self, data): ...


class ByPosition:
    OUTPUTS = PORTS

    def __init__(self, rows: int, /): ...

    def execute(self, inputs, outputs): ...


class FromElsewhere(Scorer):
    INPUTS = PORTS


class WrongEffects:
    OUTPUTS = PORTS
    EFFECTS = "read"
    JOB = ["cpu-2gb"]

    def execute(self, inputs, outputs): ...


class WithPorts(BaseOperator):
    INPUTS = PORTS
