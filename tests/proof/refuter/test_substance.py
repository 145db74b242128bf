"""Weights tell terms that cancel from a factor that is 0; terms on both sides can be left out."""

from __future__ import annotations

import pytest

from derivlib.proof.language.printer import to_text
from derivlib.proof.refuter.substance import Weights, constants, is_zero, less_common_terms
from derivlib.proof.refuter.value import value
from derivlib.proof.theory import Theory

TEXT = """
x: K
a: real
f := Max(a - 1000, 0)
d[i] := x[i] - x[1]
p := f*a
"""


@pytest.mark.parametrize(
    ("left", "weight", "but_for_deltas"),
    [
        ("a - a", 6, 6),
        ("Σ(k, x[k] - x[k])", 6, 6),
        ("f*x[1]", 0, 0),
        ("p", 0, 0),
        ("p + a", 3, 3),
        ("Σ(k, p*x[k])/a", 0, 0),
        ("∂(p, a)", 0, 0),
        ("∂(a*x[1], x[2])", 3, 3),
        ("d[1]", 2, 2),
        ("d[1]^2", 4, 4),
        ("(K - 2)*x[1]", 0, 0),
        ("(K - 1)*x[1]", 1, 1),
        ("δ(1,2)*a", 0, 3),
        ("δ(1,2)*f", 0, 0),
        ("0*a", 3, 3),
        ("0*f", 0, 0),
        ("log(x[1])", 1, 1),
        ("log(1 + f)", 1, 1),
        ("abs(a - a)", 6, 6),
        ("Σ(t in 1..0, x[t])*a", 3, 3),
    ],
)
def test_weights(left: str, weight: int, but_for_deltas: int) -> None:
    theory = Theory(TEXT)
    side = theory.statement(left, "x[2] - x[2]").left
    for delta, expected in ((True, weight), (False, but_for_deltas)):
        weights = Weights(theory, delta=delta)
        entries = {"x": (1, 2), "a": 3}
        found = value(weights.theory, weights.weight(side), {"K": 2}, {}, entries)
        assert found == expected


@pytest.mark.parametrize(
    ("left", "right", "rest"),
    [
        ("1 + a", "1 + x[1]", ("0 + a", "0 + x[1]")),
        ("a - x[1] + 1", "1 - x[1]", ("0 + a", "0")),
        ("-(a - x[1])", "x[1] + x[1]", ("0 - a", "0 + x[1]")),
        ("a", "-a", None),
        ("a*x[1]", "x[1]*a", None),
    ],
)
def test_terms_that_stand_on_both_sides(
    left: str, right: str, rest: tuple[str, str] | None
) -> None:
    statement = Theory(TEXT).statement(left, right)
    found = less_common_terms(statement.left, statement.right)
    assert (found and tuple(map(to_text, found))) == rest


@pytest.mark.parametrize(
    ("left", "found"),
    [
        ("(K - 1)*(K - 2)*a", ["(K - 1)*(K - 2)"]),
        ("a + 3*x[1]", []),
        ("q + x[1]", ["Max(K - 20, 0)"]),
        ("(K - 5)*0*a + 0*(K - 5)", ["K - 5", "K - 5"]),
    ],
)
def test_parts_that_are_made_of_sizes_alone(left: str, found: list[str]) -> None:
    theory = Theory(TEXT + "q := Max(K - 20, 0)*a")
    statement = theory.statement(left, "0")
    assert sorted(map(to_text, constants(theory, statement.left, statement.right))) == found


def test_what_is_0_as_it_is_written() -> None:
    statement = Theory(TEXT).statement("2 - 2", "a - a")
    assert is_zero(statement.left) and not is_zero(statement.right)
