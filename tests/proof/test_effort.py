"""A verdict is a function of the question: not of the clock, of threads, or of what went before."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf

import pytest

from derivlib.proof import RefutedError, Status, Theory
from derivlib.proof.language import effort
from derivlib.proof.language.effort import STEPS, limit
from tests.support.corpus import Row, rows
from tests.support.effort import at_most
from tests.support.theories import BACK_PROPAGATION, RECURRENT, SIGMOID, SOFTMAX

WHOLE = "DERIVLIB_WHOLE_CORPUS" in os.environ
"""Whether to put all statements, at the default effort: that takes minutes."""

ROWS = [*rows("true"), *rows("conditional"), *rows("false")]


def answer(row: Row, effort: float = 1) -> str:
    return str(row.theory.prove(row.left, row.right, effort=effort))


@pytest.fixture
def hasten(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes all clocks 300 times as fast."""

    def faster(clock: Callable[[], float]) -> Callable[[], float]:
        return lambda: 300 * clock()

    def now() -> None:
        for name in ("monotonic", "perf_counter", "process_time"):
            monkeypatch.setattr(time, name, faster(getattr(time, name)))

    return now


def test_a_fast_clock_changes_no_verdict(hasten: Callable[[], None]) -> None:
    share, much = (ROWS, 1.0) if WHOLE else (ROWS[::12], 0.01)
    before = [answer(row, much) for row in share]
    hasten()
    assert [answer(row, much) for row in share] == before


def test_a_question_takes_the_same_steps_each_time() -> None:
    def steps(row: Row) -> float:
        with limit() as meter:
            answer(row, 0.1)
        return meter.spent

    some = [*rows("true")[:20:3], *rows("false")[:20:3]]
    before = [steps(row) for row in some]
    assert [steps(row) for row in reversed(some)] == before[::-1]


# --- effort ---------------------------------------------------------------------------------------


def test_more_effort_decides_more() -> None:
    asked = partial(Theory(SOFTMAX).prove, "∂(L, z[i])", "p[i] - y[i]")
    assert asked(effort=1e-6).reason == "beyond the prover: the effort ran out"
    assert asked(effort=inf, timeout=3600).status is Status.PROVED


def chain(first: str, rule: str, count: int, head: str = "a: real") -> str:
    """Definitions d0, d1, …, each from the one before it, which is written @ in the rule."""
    lines = [f"d{n} := {rule.replace('@', f'd{n - 1}')}" for n in range(1, count)]
    return "\n".join([head, f"d0 := {first}", *lines])


DOUBLING = chain("a^2", "@ + @", 36)
CIRCLES = "\n".join(
    [
        ", ".join(f"c{n}" for n in range(20)) + ": real",
        *(f"assume c{n}^2 + c{(n + 1) % 20}^2 = {n + 1}" for n in range(20)),
    ]
)
HOSTILE = {
    "a sign": (DOUBLING, "log(d35)", "log(d35) + 0"),
    "a denominator": (DOUBLING, "1/(1 + d35)", "1/(d35 + 1)"),
    "a counterexample": (chain("a", "sin(@)*@", 40), "d39", "d39 + 1"),
    "a counterexample with a derivative": (chain("a", "@*@ + @", 40), "∂(d39, a)", "∂(d38, a)"),
    "a text": (chain("a", "exp(@ + @^2)", 40), "d39", "d39 + 1"),
    "a sign of powers": (
        "a: real",
        f"log({'(' * 40}a{'^3)' * 40})",
        f"log({'(' * 40}a{'^3)' * 40}) + 0",
    ),
    "a sign of roots": ("a: real", f"{'sqrt(' * 30}a{')' * 30}", "a"),
    "a choice of unknowns": (
        "a, b: real\n" + "\n".join(f"assume a*b = {n}" for n in range(1, 40)),
        "a",
        "b",
    ),
    "Newton's method": (CIRCLES, "c0", "c1"),
    "sums in sums": (
        chain("A[i,j]", "Σ(k, @[i,k]*@[k,j])", 20, "A: K×K").replace(" :=", "[i,j] :="),
        "d19[i,j]",
        "d18[i,j]",
    ),
    "large numbers": ("a: real", "sin(10^4000*a)", "cos(10^3000*a)"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_long_without_effort(name: str) -> None:
    text, left, right = HOSTILE[name]
    theory = Theory(text)
    with at_most(lines=1_500_000), limit() as meter:
        theory.prove(left, right, effort=0.02)
    assert meter.spent < 1.3 * 0.02 * STEPS


# --- a timeout, an interrupt ----------------------------------------------------------------------


class Clock:
    """Stands still for so many looks; then it runs, or Ctrl-C is pressed."""

    def __init__(self, looks: int, error: type[BaseException] | None) -> None:
        self.looks = looks
        self.error = error

    def monotonic(self) -> float:
        self.looks -= 1
        if self.looks >= 0:
            return 0.0
        if self.error is not None:
            raise self.error
        return -1e9 * self.looks


def prove() -> object:
    return str(Theory(SOFTMAX).prove("∂(L, z[i])", "p[i] - y[i]", timeout=1))


def prove_in_time() -> object:
    return str(Theory(RECURRENT).prove(*BACK_PROPAGATION, effort=0.02, timeout=1))


def derive() -> object:
    with pytest.raises(RefutedError) as caught:
        Theory(SOFTMAX).derive("∂(L, z[i])\n = y[i] - p[i]", timeout=1)
    return str(caught.value)


def mutants() -> object:
    derivation = Theory(SOFTMAX).derive("Σ(j, p[j])\n = 1")
    return [str(mutant.verdict) for mutant in derivation.mutants(timeout=1)]


def witness() -> object:
    return str(Theory(SIGMOID).derive("∂(s, x)\n = s*(1 - s)").witness(timeout=1))


@pytest.mark.parametrize("ask", [prove, prove_in_time, derive, mutants, witness])
@pytest.mark.parametrize(("error", "seen"), [(None, TimeoutError), (KeyboardInterrupt,) * 2])
def test_it_comes_through_from_anywhere_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[], object],
    error: type[BaseException] | None,
    seen: type[BaseException],
) -> None:
    monkeypatch.setattr(effort, "time", Clock(10**9, None))
    ask()  # SymPy makes fewer calls from then on
    clock = Clock(10**9, None)
    monkeypatch.setattr(effort, "time", clock)
    before = ask()
    looks = 10**9 - clock.looks
    assert looks > 2
    for stop in sorted({2, 3, looks // 3, looks // 2, looks - 1}):
        monkeypatch.setattr(effort, "time", Clock(stop, error))
        with pytest.raises(seen):
            ask()
    monkeypatch.setattr(effort, "time", Clock(10**9, None))
    assert ask() == before


def test_threads_do_not_share_effort_or_alarms() -> None:
    some = [*rows("true")[:6], *rows("false")[:6]]
    alone = [answer(row, 0.1) for row in some]

    def late(row: Row) -> str:
        try:
            return str(row.theory.prove(row.left, row.right, timeout=1e-9))
        except TimeoutError:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        failed = pool.map(late, some)
        assert list(pool.map(lambda row: answer(row, 0.1), some)) == alone
        assert set(failed) == {"late"}
