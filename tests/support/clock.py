"""A clock for the proof engine that counts, so that no verdict depends on how fast a machine is.

conftest.py puts it in the place of `time.monotonic` in the modules of derivlib.proof. Each look at
it is a fraction of a second: a budget in seconds is a number of looks, the same on any machine.
How long the engine really takes is measured by `python -m benchmarks.referee`.
"""

from __future__ import annotations

import sys
import time

import derivlib.proof  # noqa: F401, loads the engine

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
    """From now on the engine goes by CLOCK, but for the second witness, which has an alarm."""
    own = {"time": CLOCK, "monotonic": CLOCK.monotonic}
    for module in [m for name, m in sys.modules.items() if name.startswith("derivlib.proof")]:
        for name in own:
            if getattr(module, name, None) in (time, time.monotonic):
                setattr(module, name, own[name])
