"""Scrambled expressions are proved equal, different ones never: a hundred of each, anew each time.

`python -m benchmarks.referee` runs thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivlib.proof import Status
from derivlib.proof.judge import judge
from tests.support.answers import decide
from tests.support.coupled import coupled
from tests.support.letters import THEORY
from tests.support.pairs import identities, non_identities
from tests.support.planted_proofs import (
    every_entry_counts_as_one_in_a_log,
    what_is_undefined_is_its_own_licence,
)
from tests.support.planted_sums import ends_of_an_interval_are_dropped
from tests.support.points import UNCLEAR, aimed_point, compared, confirmed, same

COUPLED = 1_000

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


def wrong_proofs(seed: int, count: int) -> Iterator[str]:
    """What the prover alone proves of coupled statements though it is false."""
    rng = Random(seed)
    for (theory, statement), _ in zip(coupled(Random(seed)), range(count), strict=False):
        try:
            if decide(statement.left, statement.right, theory, statement.free).proved:
                pairs = compared(theory, statement, rng, 6, tries=12, draw=aimed_point)
                if not all(same(*both) for both in pairs):
                    yield f"{theory.text}\n{statement}"
        except AssertionError:  # a planted bug may break an invariant
            continue


def test_the_prover_alone_takes_nothing_for_defined_that_is_not() -> None:
    """A twentieth of what `python -m benchmarks.referee --part coupled` has judged."""
    assert list(wrong_proofs(seed=3, count=COUPLED)) == []


def what_stands_in_the_normal_form_is_defined(patch: pytest.MonkeyPatch) -> None:
    what_is_undefined_is_its_own_licence(patch)
    every_entry_counts_as_one_in_a_log(patch)


@pytest.mark.parametrize(
    "bug",
    [
        what_stands_in_the_normal_form_is_defined,
        what_is_undefined_is_its_own_licence,
        ends_of_an_interval_are_dropped,
    ],
)
def test_such_statements_show_a_prover_that_does(bug: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        assert next(wrong_proofs(seed=3, count=COUPLED), "") != ""
