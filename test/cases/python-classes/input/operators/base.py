"""What all operators of the team share."""

from abc import ABC, abstractmethod


class Base(ABC):
    """A step of the flights project.

    Args:
        verbose (bool): Say more
            in the log.
    """

    GROUP = "flights"

    def __init__(self, verbose: bool = False):
        self.verbose = verbose

    @abstractmethod
    def execute(self, inputs, outputs): ...
