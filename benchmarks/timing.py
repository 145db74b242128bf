"""Times of competitors that take turns, so that whatever disturbs the machine disturbs them all."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from math import ceil
from random import Random
from statistics import median
from time import perf_counter, sleep

import derivlib

from .kernels import Thunk

SAMPLE = 2e-4
"""Seconds that a sample lasts at least: shorter calls are repeated within it."""


def interleaved(
    calls: Mapping[str, Thunk],
    seconds: float,
    least: int = 3,
    most: int = 25,
    pause: float = 0.0,
) -> dict[str, float]:
    """Median seconds of each call.

    Every round takes each of them once, in an order of its own, so that none always follows one
    that leaves the cache in disorder. There are rounds for `seconds`, but no fewer than `least` and
    no more than `most`. A `pause` before each sample lets the last competitor's threads fall
    asleep, which spin for a while on the cores.
    """
    repeats = {name: _repeats(call) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order, shuffle = list(calls), Random(0).shuffle
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
                samples[name].append(_timed(calls[name], repeats[name]))
    finally:
        gc.enable()
    return {name: median(times) for name, times in samples.items()}


@contextmanager
def cores(threads: int) -> Iterator[None]:
    """Every library on so many threads; the process is pinned to one core if it is one."""
    with ExitStack() as stack:
        stack.enter_context(_derivlib_threads(threads))
        stack.enter_context(_torch_threads(threads))
        with suppress(ImportError):  # BLAS and OpenMP
            stack.enter_context(import_module("threadpoolctl").threadpool_limits(threads))
        if threads == 1:  # last: what asks for the cores should see them all
            stack.enter_context(_pinned())
        yield


@contextmanager
def _pinned() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):  # macOS and Windows
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def _derivlib_threads(threads: int) -> Iterator[None]:
    before = derivlib.get_num_threads()
    derivlib.set_num_threads(threads)
    try:
        yield
    finally:
        derivlib.set_num_threads(before)


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    try:
        torch = import_module("torch")
    except ImportError:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _repeats(call: Thunk) -> int:
    """How many calls make a sample; the first call, which warms up, says so only if it is long."""
    once = _timed(call, 1)
    if once < 10 * SAMPLE:
        once = _timed(call, 1)
    return max(1, min(1000, ceil(SAMPLE / max(once, 1e-9))))


def _timed(call: Thunk, repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats
