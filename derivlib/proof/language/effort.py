"""Effort: work counted in steps, the same on every machine, so that no answer depends on a clock.

What may take long calls `spend`. The steps are taken from the innermost `limit`; when they are used
up `OutOfEffort` is raised, and whoever set the limit decides what the answer is then. An alarm is
another matter: `timeout` gives no answer, it raises TimeoutError out of everything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from numbers import Real

STEPS = 2_000_000
"""In an effort of 1: they take some ten seconds at most on an ordinary machine."""

LOOK = 1_000
"""Steps between two looks at the clock, where there is a timeout."""


class OutOfEffort(Exception):
    """A limit of steps has been passed."""

    def __init__(self) -> None:
        super().__init__("the effort ran out")


class Meter:
    """Counts the steps inside one limit.

    Attributes:
        given: how many may be spent.
        spent: how many have been.
        alarm: the `time.monotonic()` at which to give up.
        mark: beyond this many there is something to see to.
    """

    __slots__ = ("alarm", "given", "mark", "spent")

    def __init__(self, given: float, alarm: float) -> None:
        self.given = given
        self.spent = 0
        self.alarm = alarm
        self.check()

    def check(self) -> None:
        self.mark = self.given
        if self.alarm < inf:
            if time.monotonic() >= self.alarm:
                raise TimeoutError("there was no answer in time")
            self.mark = min(self.given, self.spent + LOOK)
        if self.spent > self.given:
            raise OutOfEffort


_meter: ContextVar[Meter] = ContextVar("meter", default=Meter(inf, inf))  # noqa: B039


def spend(steps: int = 1) -> None:
    """Take so many steps.

    Raises:
        OutOfEffort: the limit is passed, now or earlier.
        TimeoutError: the time is up.
    """
    meter = _meter.get()
    meter.spent += steps
    if meter.spent > meter.mark:
        meter.check()


@contextmanager
def limit(steps: float = inf, alarm: float = inf) -> Iterator[Meter]:
    """Let the work inside take so many steps, and no more than are left outside."""
    outer = _meter.get()
    inner = Meter(min(steps, outer.given - outer.spent), min(alarm, outer.alarm))
    token = _meter.set(inner)
    try:
        yield inner
    finally:
        _meter.reset(token)
        outer.spent += inner.spent


@contextmanager
def timeout(seconds: float | None) -> Iterator[None]:
    """Raise TimeoutError in the work inside after so many seconds; None stands for never."""
    alarm = inf
    if seconds is not None:
        alarm = time.monotonic() + positive(seconds, "timeout", "of seconds, or None")
    with limit(alarm=alarm):
        yield


def steps_of(effort: float) -> float:
    """How many steps an effort allows."""
    return STEPS * positive(effort, "effort")


def positive(value: float, name: str, note: str = "") -> float:
    """The value of an argument that has to be a positive number.

    Raises:
        TypeError: it is no number.
        ValueError: it is not positive.
    """
    wanted = " ".join(filter(None, (f"{name} must be a positive number", note)))
    if not isinstance(value, Real):
        raise TypeError(f"{wanted}, not {value!r}")
    if not value > 0:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)
