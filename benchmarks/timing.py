"""Times of competitors that take turns, so that whatever disturbs the machine disturbs them all.

The processor time of a call is what all its threads have spent together, and does not count the
time in which another program has the core; its wall time is what one waits for.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time, sleep

from .kernels import Thunk

SAMPLE = 1e-3
"""Seconds that a sample lasts at least: shorter calls are repeated within it, after one that is not
counted, since what the last competitor has left in the cache would weigh on the first alone."""


@dataclass(frozen=True)
class Times:
    """Medians in seconds; the spread is that of the processor time, the middle half ÷ median."""

    processor: float
    wall: float
    spread: float


def interleaved(
    calls: Mapping[str, Thunk],
    seconds: float,
    seed: str,
    least: int = 4,
    most: int = 25,
    pause: float = 0.0,
) -> dict[str, Times]:
    """The times of each call.

    Every round takes each of them once, in an order of its own that `seed` decides, so that none
    always follows one that leaves the cache in disorder. There are rounds for `seconds`, but no
    fewer than `least` and no more than `most`. A `pause` before each sample lets the last
    competitor's threads fall asleep, which spin for a while on the cores.
    """
    repeats = {name: _repeats(call) for name, call in calls.items()}
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    order, shuffle = list(calls), Random(seed).shuffle
    start = perf_counter()
    gc.collect()
    gc.disable()
    try:
        for number in range(most):
            if number >= least and perf_counter() - start > seconds:
                break
            shuffle(order)
            for name in order:
                sleep(pause)
                if repeats[name] > 1:
                    calls[name]()
                samples[name].append(_timed(calls[name], repeats[name]))
    finally:
        gc.enable()
    return {name: _summary(found) for name, found in samples.items()}


def _summary(samples: list[tuple[float, float]]) -> Times:
    processor, wall = zip(*samples, strict=True)
    middle = median(processor)
    low, _, high = quantiles(processor, n=4)
    return Times(middle, median(wall), (high - low) / middle if middle else 0.0)


def _repeats(call: Thunk) -> int:
    """How many calls make a sample; the first call, which warms up, says so only if it is long."""
    _, once = _timed(call, 1)
    if once < 10 * SAMPLE:
        once = min(_timed(call, 1)[1] for _ in range(5))
    return max(1, min(1000, ceil(SAMPLE / max(once, 1e-9))))


def _timed(call: Thunk, repeats: int) -> tuple[float, float]:
    """Seconds of processor and wall for a call."""
    wall, processor = perf_counter(), process_time()
    for _ in range(repeats):
        call()
    processor, wall = process_time() - processor, perf_counter() - wall
    return processor / repeats, wall / repeats
