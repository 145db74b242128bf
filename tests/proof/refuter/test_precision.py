"""python-flint's precision is the caller's again, whatever other threads do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import flint
import pytest

from derivlib.proof.refuter.precision import working_precision
from derivlib.proof.theory import Theory


@pytest.fixture
def own() -> Iterator[int]:
    with flint.ctx.workprec(77):
        yield 77


def test_threads_leave_the_precision_as_it_was(own: int) -> None:
    def begun_first() -> None:
        with working_precision(512):
            second.start()
            second.join(0.05)  # it waits for this one to end
            assert flint.ctx.prec == 512

    def ended_last() -> None:
        with working_precision(128):
            first.join()
            assert flint.ctx.prec == 128

    first, second = Thread(target=begun_first), Thread(target=ended_last)
    first.start()
    first.join()
    second.join()
    assert flint.ctx.prec == own


def test_one_that_ends_last_does_not_restore_what_another_had_set(own: int) -> None:
    def prove() -> None:
        for _ in range(4):
            assert theory.prove("∂(log(1 + exp(x)), x)", "sigmoid(x)").status == "PROVED"

    theory = Theory("x: real")
    threads = [Thread(target=prove) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert flint.ctx.prec == own


def test_an_error_restores_it_too(own: int) -> None:
    with pytest.raises(ZeroDivisionError), working_precision(512), working_precision(1024):
        raise ZeroDivisionError
    assert flint.ctx.prec == own
