"""Steps are counted, limits nest, an alarm raises, and nothing is left over."""

import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from threading import Thread

import pytest

from derivlib.proof.language import effort
from derivlib.proof.language.effort import (
    LOOK,
    STEPS,
    OutOfEffort,
    limit,
    spend,
    steps_of,
    timeout,
)


def test_a_limit_is_passed_and_stays_so() -> None:
    with limit(10) as meter:
        spend(10)
        for _ in range(3):
            with pytest.raises(OutOfEffort):
                spend()
        assert meter.spent == 13
    spend(10**9)


@pytest.mark.parametrize(("outer", "inner", "left"), [(100, 10, 89), (10, 100, -1), (inf, 10, inf)])
def test_what_an_inner_limit_takes_is_taken_from_the_outer(
    outer: float, inner: float, left: float
) -> None:
    with suppress(OutOfEffort), limit(outer) as meter:
        with suppress(OutOfEffort), limit(inner):
            for _ in range(1000):
                spend()
        assert meter.given - meter.spent == left
        spend(0)
        assert left >= 0


def test_nothing_begins_in_a_limit_that_is_passed() -> None:
    with limit(1):
        with suppress(OutOfEffort):
            spend(2)
        with pytest.raises(OutOfEffort), limit(5):
            pytest.fail("it began")


@pytest.mark.parametrize("error", [OutOfEffort, TimeoutError, KeyboardInterrupt, ValueError])
def test_nothing_is_left_over(error: type[BaseException]) -> None:
    before = effort._meter.get()
    with pytest.raises(error), timeout(100), limit(10), limit(5):
        raise error
    assert effort._meter.get() is before
    spend(100)


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that stands at the last of these seconds, and notes who looks."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[-1])
    yield now


def test_an_alarm_goes_through_everything(ticking: list[float]) -> None:
    with pytest.raises(TimeoutError), timeout(5):
        spend(10 * LOOK)
        with limit(10**9), suppress(OutOfEffort), limit(10**9):
            spend(10 * LOOK)
            ticking.append(5.0)
            spend(LOOK + 1)
            pytest.fail("no alarm")
    spend(10 * LOOK)


def test_the_earlier_alarm_counts(ticking: list[float]) -> None:
    for outer, inner in ((5, 50), (50, 5)):
        ticking.append(0.0)
        with pytest.raises(TimeoutError), timeout(outer), timeout(inner):
            ticking.append(6.0)
            spend(LOOK + 1)
            pytest.fail("no alarm")


def test_without_a_timeout_nobody_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: pytest.fail("a look"))
    with timeout(None), limit(10**9), limit(10):
        spend(5)
        with pytest.raises(OutOfEffort):
            spend(10)


def test_threads_count_for_themselves() -> None:
    spent = []

    def work() -> None:
        with limit(10) as meter:
            spend(7)
            spent.append(meter.spent)

    with limit(10) as meter:
        threads = [Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert meter.spent == 0
    assert spent == [7] * 5


def test_effort_is_a_number_of_steps() -> None:
    assert steps_of(1) == STEPS
    assert steps_of(0.5) == STEPS / 2
    assert steps_of(inf) == inf
