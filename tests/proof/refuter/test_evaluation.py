"""What each construct of the language means at a point: the refuter's `value`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from flint import arb

from derivlib.proof.language.syntax import Derivative, Entry, Index
from derivlib.proof.refuter.value import value as value_of
from derivlib.proof.theory import Theory
from tests.support.theories import ARRAYS, SOFTMAX


@cache
def theory(text: str) -> Theory:
    return Theory(text)


def value(text: str, expr: str, **point: Any) -> arb | None:
    """`expr` where the sizes, indices and entries are as given."""
    t = theory(text)
    names = {**t.variables}
    sizes = {name: n for name, n in point.items() if name in t.sizes}
    entries = {name: x for name, x in point.items() if name in names}
    indices = {name: n for name, n in point.items() if name not in sizes and name not in entries}
    side = t.statement(expr, "0").left
    return value_of(t, side, sizes, indices, entries)


def exactly(found: arb | None) -> Fraction | None:
    """The value, which must be known exactly."""
    if found is None:
        return None
    assert found.is_exact(), found
    rational = found.fmpq()
    return Fraction(int(rational.p), int(rational.q))


HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.mark.parametrize(
    ("expr", "point", "expected"),
    [
        # sums, sizes, indices
        ("Σ(i, x[i])", {"K": 3, "x": (1, 2, 4)}, 7),
        ("Σ(i, j, x[i]*y[j])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 330),
        ("Σ(i != j, x[i])", {"K": 3, "x": (1, 2, 4), "j": 2}, 5),
        ("Σ(i != j != l, x[i])", {"K": 3, "x": (1, 2, 4), "j": 2, "l": 3}, 1),
        ("Σ(i, j != i, x[i]*y[j])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 120),
        ("Σ(i != j, x[i])", {"K": 1, "x": (7,), "j": 1}, 0),
        ("Σ(i != 2, x[i])", {"K": 3, "x": (1, 2, 4)}, 5),
        ("Σ(i, Σ(i, x[i])*y[i])", {"K": 2, "x": (1, 2), "y": (10, 100)}, 330),
        ("Σ(i != j, 1/(x[i] - x[j]))", {"K": 2, "x": (1, 2), "j": 2}, -1),
        (
            "A[n,i] - B[i,n]",
            {"m": 1, "K": 2, "A": ((1, 2),), "B": ((5,), (9,)), "n": 1, "i": 2},
            -7,
        ),
        ("x[2]", {"K": 3, "x": (1, 2, 4)}, 2),
        ("x[3]", {"K": 2, "x": (1, 2)}, None),
        ("x[1] + 0*x[3]", {"K": 2, "x": (1, 2)}, None),
        ("K*c + m*A[1,1]", {"K": 1, "m": 2, "c": HALF, "A": ((3,), (4,))}, Fraction(13, 2)),
        ("δ(i,j) + x[i]*x[j]*0", {"K": 2, "x": (0, 0), "i": 1, "j": 2}, 0),
        ("δ(i,j) + x[i]*x[j]*0", {"K": 2, "x": (0, 0), "i": 2, "j": 2}, 1),
        ("Σ(i, δ(i,2)*x[i])", {"K": 3, "x": (1, 2, 4)}, 2),
        ("Σ(i, δ(i,3)*x[i])", {"K": 2, "x": (1, 2)}, 0),
        ("Σ(i != 3, x[i])", {"K": 2, "x": (1, 2)}, 3),
        # powers and quotients
        ("c^3 - c^0", {"c": -2}, -9),
        ("c^0", {"c": 0}, 1),
        ("c^2", {"c": 0}, 0),
        ("c^(-2)", {"c": -2}, Fraction(1, 4)),
        ("c^(-1)", {"c": 0}, None),
        ("c^(4/2)", {"c": -3}, 9),
        ("c^(1/2)", {"c": 0}, 0),
        ("c^(1/2)", {"c": 4}, 2),
        ("c^(1/2)", {"c": -4}, None),
        ("c^(-1/2)", {"c": 0}, None),
        ("c^(1/3)", {"c": -8}, None),
        ("c^d", {"c": 0, "d": 2}, None),
        ("c^d", {"c": -1, "d": 2}, None),
        ("c^d", {"c": 1, "d": 2}, 1),
        ("0*c/d", {"c": 1, "d": 0}, None),
        ("c/d", {"c": 0, "d": 0}, None),
        ("(c - d)/(c - d)", {"c": THIRD, "d": THIRD}, None),
        # functions
        ("log(c)", {"c": 0}, None),
        ("log(c)", {"c": -1}, None),
        ("log(c)", {"c": 1}, 0),
        ("0*log(c)", {"c": -1}, None),
        ("sqrt(c)", {"c": 0}, 0),
        ("sqrt(c)", {"c": -1}, None),
        ("sqrt(c)", {"c": Fraction(9, 4)}, Fraction(3, 2)),
        ("Max(c, d, 1)", {"c": 1, "d": -2}, 1),
        ("Max(c, d)", {"c": -1, "d": -2}, -1),
        ("exp(c) + sigmoid(c) + tanh(c)", {"c": 0}, Fraction(3, 2)),
        ("sin(c) + cos(c) + sinh(c)", {"c": 0}, 1),
        ("abs(c)", {"c": 0}, 0),
        ("abs(c)", {"c": Fraction(-9, 4)}, Fraction(9, 4)),
        # an undefined part is not saved by a factor 0
        ("δ(i,j)/x[j]", {"K": 2, "x": (1, 0), "i": 1, "j": 2}, None),
        ("δ(i,j)*log(x[i])", {"K": 2, "x": (-1, 1), "i": 1, "j": 2}, None),
        ("Σ(i, δ(i,1)/x[i])", {"K": 2, "x": (1, 0)}, None),
        ("Σ(i != 2, 1/x[i])", {"K": 2, "x": (4, 0)}, Fraction(1, 4)),
        # derivatives
        ("∂(c^3*d, c)", {"c": 2, "d": 5}, 60),
        ("∂(c^3*d^2, c, d)", {"c": 2, "d": 5}, 120),
        ("∂(c^3*d^2, d, c)", {"c": 2, "d": 5}, 120),
        ("∂(c^3*d, c, c)", {"c": 2, "d": 5}, 60),
        ("∂(c^3, c, c, c, c)", {"c": 2}, 0),
        ("∂(c*∂(c^2, c), c)", {"c": 3}, 12),  # no ε is taken for another
        ("∂(c*∂(c*d, d), c)", {"c": 3, "d": 7}, 6),
        ("∂(∂(c^2*d, c)*d, d)", {"c": 3, "d": 7}, 84),
        ("∂(d, c)", {"c": 2, "d": 5}, 0),
        ("∂(x[i]*x[j], x[j])", {"K": 2, "x": (3, 5), "i": 1, "j": 2}, 3),
        ("∂(x[i]*x[j], x[j])", {"K": 2, "x": (3, 5), "i": 2, "j": 2}, 10),
        ("∂(Σ(i, x[i]^2), x[i])", {"K": 2, "x": (3, 5), "i": 2}, 10),
        ("∂(Σ(i != j, x[i]^2), x[j])", {"K": 2, "x": (3, 5), "j": 2}, 0),
        ("Σ(i, ∂(x[1]*x[2], x[i]))", {"K": 2, "x": (3, 5)}, 8),
        ("∂(A[n,i]*A[1,i], A[n,i])", {"m": 2, "K": 1, "A": ((3,), (5,)), "n": 1, "i": 1}, 6),
        ("∂(c, x[3])", {"K": 2, "c": 1, "x": (3, 5)}, None),
        ("∂(c^0, c)", {"c": 0}, 0),
        ("∂(c^1, c)", {"c": 0}, 1),
        ("∂(c^2, c, c)", {"c": 0}, 2),
        ("∂(sqrt(c), c)", {"c": 0}, None),
        ("∂(sqrt(c^2), c)", {"c": 0}, None),
        ("∂(sqrt(c^2), c)", {"c": -3}, -1),
        ("∂(c^(3/2), c)", {"c": 0}, None),
        ("∂(c^(3/2), c)", {"c": 4}, 3),
        ("∂(sqrt(d), c)", {"c": 1, "d": 0}, 0),
        ("∂(log(d)*0, c)", {"c": 1, "d": 0}, None),
        ("∂(Max(c, d), c)", {"c": 2, "d": 1}, 1),
        ("∂(Max(c, d), c)", {"c": 1, "d": 2}, 0),
        ("∂(Max(c, d), c)", {"c": 1, "d": 1}, None),
        ("0*∂(Max(c, d), c)", {"c": 1, "d": 1}, None),
        ("∂(abs(c), c)", {"c": -2}, -1),
        ("∂(abs(c), c)", {"c": 0}, None),
        ("0*∂(abs(c - d), c)", {"c": 2, "d": 2}, None),
        ("∂(abs(d), c)", {"c": 1, "d": 0}, 0),
        ("∂(abs(c)^3, c, c)", {"c": -2}, 12),
        ("∂(cos(c), c, c)", {"c": 0}, -1),
        ("∂(sinh(c), c, c, c)", {"c": 0}, 1),
        ("∂(Max(d, 1), c)", {"c": 1, "d": 1}, 0),
        ("∂(Max(c, d, 5), c)", {"c": 1, "d": 1}, 0),
        ("∂(1/c, c)", {"c": 0}, None),
        ("∂(c/d, d)", {"c": 3, "d": 2}, Fraction(-3, 4)),
        ("∂(c^d, d)", {"c": 1, "d": 2}, 0),
        ("∂(exp(c)*tanh(c)*sigmoid(c), c)", {"c": 0}, HALF),
    ],
)
def test_meaning(expr: str, point: dict[str, Any], expected: int | Fraction | None) -> None:
    filler = {"K": 1, "m": 1, "x": (0,), "y": (0,)}
    sizes = {**filler, **point}
    for name in ("x", "y"):
        if len(sizes[name]) != sizes["K"]:
            sizes[name] = (0,) * sizes["K"]
    assert exactly(value(ARRAYS, expr, **sizes)) == expected


HELD = """
x: K
u: real
p[i] := x[i]^2
q := Σ(i, p[i]*x[i])
r := q*u
e := 1/u
g[i] := ∂(q, x[i])
w[i] := ∂(r, p[i])
"""


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("q", 35),  # x = (2, 3)
        ("∂(q, x[i])", 12),  # 3x² at x[1]
        ("∂(q, p[i])", 2),
        ("∂(p[i], p[j])", 1),
        ("∂(q, q)", 1),
        ("∂(q^2, q)", 70),
        ("∂(p[1]*p[2], p[i])", 9),
        ("∂(p[1]*p[2], p[1], p[2])", 1),
        ("∂(∂(p[1]*p[2], p[1]), p[2])", 1),
        ("∂(∂(p[i]^2*u, p[i]), u)", 8),
        ("∂(∂(p[i]^2, p[i]), x[i])", 8),  # d(2p)/dx, through p = x²
        ("∂(∂(q, p[i]), x[j])", 1),
        ("∂(∂(r, q), q)", 0),
        ("∂(r, q)", 5),
        ("∂(p[1]*q, q)", 4),
        ("x[i]*∂(p[i]*x[i], p[i])", 4),
        ("∂(g[i], x[j])", 12),
        ("w[i]", 10),
        ("∂(w[i], u)", 2),
        ("∂(w[i], x[j])", 5),
        ("∂(u*x[1], e)", 0),
    ],
)
def test_held_names(expr: str, expected: int | None) -> None:
    found = value(HELD, expr, K=2, i=1, j=1, x=(2, 3), u=5)
    assert (
        found is None if expected is None else found is not None and found.overlaps(arb(expected))
    )
    if found is not None:
        assert found.rad() < 1e-30


def test_a_held_name_must_have_a_value() -> None:
    assert exactly(value(HELD, "∂(e*0, u)", K=1, x=(1,), u=0)) is None
    assert exactly(value(HELD, "∂(q, e)", K=1, x=(1,), u=0)) is None
    assert exactly(value(HELD, "∂(q, e)", K=1, x=(1,), u=1)) == 0


def test_nothing_is_differentiated_by_a_part_of_what_is_held() -> None:
    """No answer is better than a guess; the resolver refuses this, but it is not relied on."""
    t = theory(HELD)
    side = t.statement("∂(g[i], x[j])", "0").left
    assert isinstance(side, Derivative)
    point = {"K": 2}, {"i": 1, "j": 1}, {"x": (2, 3), "u": 5}
    assert value_of(t, side, *point) is not None
    by_p = replace(side, variables=(Entry("p", (Index("j"),)),))
    assert value_of(t, by_p, *point) is None


def test_hypotheses_do_not_restrict_derivatives() -> None:
    point = {"K": 2, "y": (HALF, HALF), "i": 1}
    assert exactly(value(SOFTMAX, "∂(Σ(j, y[j]), y[i])", **point)) == 1


def test_what_a_derivative_by_a_held_name_leaves_out() -> None:
    """∂(L, p[i]) holds p: the logit gradient in its place is another number."""
    third = {"K": 3, "z": (0, 0, 0), "y": (1, 0, 0), "i": 1}
    found = value(SOFTMAX, "∂(L, p[i])", **third)
    assert found is not None and found.contains(-3)
    found = value(SOFTMAX, "∂(L, z[i])", **third)
    assert found is not None and found.overlaps(arb(-2) / 3)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "indices", "entries", "problem"),
    [
        ({}, {"i": 1}, {"x": (1, 2)}, "sizes lack 'K'"),
        ({"K": 2}, {}, {"x": (1, 2)}, "indices lack 'i'"),
        ({"K": 2}, {"i": 1}, {}, "entries lack 'x'"),
        ({"K": 2}, {"i": 1}, {"x": (1, 2, 3)}, "entries of 'x' need 2 parts"),
        ({"K": 2}, {"i": 1}, {"x": 5}, "entries of 'x' need 2 parts"),
        ({"K": 2}, {"i": 1}, {"x": (1, "two")}, "entries of 'x' are rational numbers, not 'two'"),
        ({"K": 2}, {"i": 1}, {"x": (1, float("nan"))}, "entries of 'x' are rational numbers"),
        ({"K": 2}, {"i": 1}, {"x": (1, (2, 3))}, "entries of 'x' are rational numbers"),
    ],
)
def test_value_names_what_is_wrong(
    sizes: dict[str, int], indices: dict[str, int], entries: dict[str, object], problem: str
) -> None:
    t = theory(ARRAYS)
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        value_of(t, t.statement("Σ(j, x[j])*x[i]", "0").left, sizes, indices, entries)


def test_value_outside_the_range_is_undefined() -> None:
    assert value(ARRAYS, "x[i]", K=2, x=(1, 2), i=3) is None
