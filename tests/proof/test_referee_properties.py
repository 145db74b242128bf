"""Scrambled expressions are proved equal, different ones never: a hundred of each, anew each time.

`python -m benchmarks.referee` runs thousands of them.
"""

from __future__ import annotations

from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivlib.proof import Status
from derivlib.proof.judge import judge
from tests.support.letters import THEORY
from tests.support.pairs import identities, non_identities
from tests.support.points import UNCLEAR, compared, confirmed, same

few = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32)


@few
@given(seeds)
def test_scrambled_expressions_are_never_refuted(seed: int) -> None:
    pair = next(identities(Random(seed)))
    verdict = judge(THEORY, pair, effort=0.4)
    assert verdict.status is not Status.REFUTED, f"{pair}: {verdict}"


def test_scrambled_expressions_are_nearly_always_proved() -> None:
    rng = Random(7)
    stream = identities(rng)
    verdicts = [judge(THEORY, next(stream), effort=0.4).status for _ in range(50)]
    assert verdicts.count(Status.PROVED) >= 49


@few
@given(seeds)
def test_different_expressions_are_never_proved(seed: int) -> None:
    rng = Random(seed)
    pair = next(non_identities(rng))
    verdict = judge(THEORY, pair, effort=0.4)
    assert verdict.status is not Status.PROVED, str(pair)
    if verdict.counterexample is not None:
        doubt = confirmed(THEORY, pair, verdict.counterexample)
        assume(doubt != UNCLEAR)
        assert not doubt, f"{pair}: {verdict}"


def test_the_referee_sees_a_difference() -> None:
    wrong = THEORY.statement("∂(Σ(k, x[k]^2), x[i])", "x[i]")
    assert not all(same(*both) for both in compared(THEORY, wrong, Random(0), 4))
    found = judge(THEORY, wrong).counterexample
    assert found is not None and confirmed(THEORY, wrong, found) == ""
    right = THEORY.statement("∂(Σ(k, x[k]^2), x[i])", "2*x[i]")
    assert confirmed(THEORY, right, found) != ""
