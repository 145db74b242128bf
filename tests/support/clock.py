"""A clock for the proof engine that counts, so that no verdict depends on how fast a machine is.

conftest.py puts it in the place of `time.monotonic` in every module of derivlib.proof. Each look at
it is a fraction of a second: a budget in seconds is a number of looks, the same on any machine.
How long the engine really takes is measured by `python -m benchmarks.referee`.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from types import SimpleNamespace

import derivlib.proof

LOOKS = 60_000
"""In a second: about as many as the prover really takes."""


class Clock:
    """Moves when it is looked at, or told to."""

    def __init__(self) -> None:
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks / LOOKS

    def advance(self, seconds: float) -> None:
        self.looks += int(seconds * LOOKS)


CLOCK = Clock()


def count_time() -> None:
    """From now on the engine goes by CLOCK."""
    of_its_own = {"time": SimpleNamespace(monotonic=CLOCK.monotonic), "monotonic": CLOCK.monotonic}
    for info in pkgutil.walk_packages(derivlib.proof.__path__, "derivlib.proof."):
        module = importlib.import_module(info.name)
        for name in of_its_own:
            if getattr(module, name, None) in (time, time.monotonic):
                setattr(module, name, of_its_own[name])
