"""Where what is under Max, abs, logarithms, roots and quotients changes its sign."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.refuter.environment import Key, Point
from derivlib.proof.refuter.turning import Turning, regions
from derivlib.proof.theory import Theory

TEXT = """
x: K
a, b: real
p: real, positive
r[i] := Max(x[i] - 5, 0)
e := exp(a)
"""
POINT = Point(
    {"K": 2},
    {
        "x": {(1,): fmpq(1), (2,): fmpq(2)},
        "a": {(): fmpq(3)},
        "b": {(): fmpq(1, 2)},
        "p": {(): fmpq(1)},
    },
)


def turning(left: str) -> Turning:
    theory = Theory(TEXT)
    return Turning(theory, theory.statement(left, "0"))


@pytest.mark.parametrize(
    ("left", "key", "zeros"),
    [
        ("Max(a - 1000000, 0)", ("a", ()), [10**6]),
        ("Max(0, a + b - 20)", ("a", ()), [fmpq(39, 2)]),
        ("abs(3*a - 7/2)", ("a", ()), [fmpq(7, 6)]),
        ("sqrt(a*b - 1)", ("a", ()), [2]),
        ("log(2 - b)", ("b", ()), [2]),
        ("1/(a - b)", ("b", ()), [3]),
        ("(a - 7)^(-2)", ("a", ()), [7]),
        ("(a - 7)^(1/3)", ("a", ()), [7]),
        ("Σ(k, Max(3*x[k] - 7/2, 0))", ("x", (1,)), [fmpq(7, 6)]),
        ("Σ(k, Max(x[k] - b*a, 0))", ("b", ()), [fmpq(1, 3), fmpq(2, 3)]),
        ("r[2]", ("x", (2,)), [5]),
        ("∂(Max(a - 9, 0)^2, a)", ("a", ()), [9]),
        ("log(a - 4)*Max(a - 8, 0)", ("a", ()), [4]),  # beyond the logarithm nothing is seen
        ("Max(a, b)", ("p", ()), []),
        ("Max(a*a - 4, 0)", ("a", ()), [fmpq(13, 6)]),  # a step of Newton's method
        # What is sure to be positive has no zeros.
        ("1/(1 + e)", ("a", ()), []),
        ("log(a^2 + p)", ("a", ()), []),
        ("sqrt(Σ(k, exp(x[k])))", ("x", (1,)), []),
        ("log(p/K)", ("p", ()), []),
    ],
)
def test_zeros_on_the_line_of_an_entry(left: str, key: Key, zeros: list[fmpq]) -> None:
    seen = turning(left).look(POINT, [{}], key)
    assert sorted({turn.zero for turn in seen if turn.zero is not None}) == zeros


def test_an_argument_that_is_not_rational_has_a_zero_nearly() -> None:
    (turn,) = turning("Max(exp(a) - 30, 0)").look(POINT, [{}], ("a", ()))
    assert turn.zero is not None
    assert abs(float(turn.zero) - 3.4936) < 1e-3


def test_signs_without_a_line() -> None:
    watched = turning("Max(a - 10, 0) + abs(b - 1/2) + sqrt(a)")
    assert [turn.sign for turn in watched.look(POINT, [{}])] == [-1, 0, 1]
    assert watched.dead == 1  # the Max is 0


fractions = st.builds(fmpq, st.integers(-50, 50), st.integers(1, 6))


@settings(max_examples=100, deadline=None)
@given(st.lists(fractions, min_size=1, max_size=6))
def test_regions_have_both_sides_of_every_zero(zeros: list[fmpq]) -> None:
    found = regions(zeros)
    marks = sorted(set(zeros))
    assert set(marks) <= set(found) and found[0] < marks[0] and found[-1] > marks[-1]
    for low, high in pairwise(marks):
        assert any(low < x < high for x in found)


def test_of_many_zeros_some_are_kept() -> None:
    found = regions(fmpq(n) for n in range(100))
    assert {fmpq(0), fmpq(99)} < set(found) and len(found) < 20
