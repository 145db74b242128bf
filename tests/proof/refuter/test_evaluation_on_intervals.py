"""What places, sums and δ mean on axes such as 0..T: the ends, empty sums, other starts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb

from derivlib.proof.language.syntax import Binder, Index, Number, Sum
from derivlib.proof.refuter.value import value
from derivlib.proof.theory import Theory
from tests.support.spans import span

THEORY = Theory("""
f: 0..T
g: T
u: 1..T+1
v: 0..T-1
w: -1..T-2
h: 0..T × K
F[t] := f[t]^2
G[t] := f[t-1]*g[t]
D[t] := ∂(Σ(s in 1..T, f[s]*g[s] - f[s-1]), f[t])
""")
THREE = {"f": (1, 2, 4, 8), "g": (10, 20, 30), "u": (1, 3, 9, 27), "v": (5, 6, 7), "w": (2, 3, 5)}
ONE = {"f": (1, 2), "g": (10,), "u": (1, 3), "v": (5,), "w": (2,)}


def exactly(found: arb | None) -> Fraction | None:
    """The value, which must be known exactly."""
    if found is None:
        return None
    assert found.is_exact(), found
    rational = found.fmpq()
    return Fraction(int(rational.p), int(rational.q))


@pytest.mark.parametrize(
    ("expr", "indices", "at_three", "at_one"),
    [
        # places
        ("f[0]", {}, 1, 1),
        ("f[1]", {}, 2, 2),
        ("f[2]*f[0]", {}, 4, None),
        ("f[T]", {}, 8, 2),
        ("f[T-1]", {}, 4, 1),
        ("u[T+1]", {}, 27, 3),
        ("u[T]", {}, 9, 1),
        ("w[-1] - w[T-2]", {}, -3, 0),
        ("f[t]", {"t": 0}, 1, 1),
        ("f[t]", {"t": -1}, None, None),
        ("f[t]", {"t": 4}, None, None),
        ("g[t]", {"t": 0}, None, None),
        ("f[t-1]", {"t": 1}, 1, 1),
        ("f[t-1]", {"t": 0}, None, None),
        ("u[t+1]", {"t": 1}, 3, 3),
        ("v[t-1] + w[t-2]", {"t": 1}, 7, 7),
        # definitions have axes of their own
        ("F[t]", {"t": 0}, 1, 1),
        ("F[T]", {}, 64, 4),
        ("F[t]", {"t": -1}, None, None),
        ("G[T]", {}, 120, 10),
        ("G[t]", {"t": 0}, None, None),
        ("F[t-1] + G[t]", {"t": 1}, 11, 11),
        # sums
        ("Σ(t, f[t])", {}, 15, 3),
        ("Σ(t, g[t])", {}, 60, 10),
        ("Σ(t, w[t])", {}, 10, 2),
        ("Σ(t in 0..T, f[t])", {}, 15, 3),
        ("Σ(t in 1..T, f[t])", {}, 14, 2),
        ("Σ(t in 0..T-1, f[t])", {}, 7, 1),
        ("Σ(t in 1..T+1, f[t-1])", {}, 15, 3),
        ("Σ(t in 1..T-1, f[t])", {}, 6, 0),
        ("Σ(t in 1..T-1, 1)", {}, 2, 0),
        ("Σ(t in 1..0, 1/f[t])", {}, 0, 0),
        ("Σ(t in 2..T, g[t]*f[t-2])", {}, 80, 0),
        ("Σ(t in 1..T, T)", {}, 9, 1),
        ("Σ(t in 1..T, s in 1..t, g[s])", {}, 100, 10),
        ("Σ(t in 1..T, s in 1..t-1, g[s])", {}, 40, 0),
        ("Σ(t in 1..T, s in t+1..T, g[s])", {}, 80, 0),
        ("Σ(t in 1..T, s in t..T, g[s]*f[t])", {}, 560, 20),
        ("Σ(s in 1..t, g[s]) + 0*f[t]", {"t": 1}, 10, 10),
        ("Σ(s in 0..t-1, f[s]) + 0*f[t]", {"t": 0}, 0, 0),
        ("Σ(s in 0..t-1, f[s]) + 0*f[t]", {"t": 1}, 1, 1),
        ("Σ(t in 1..T, Σ(t in 0..t-1, f[t])*g[t])", {}, 280, 10),  # the inner t runs to the outer
        ("Σ(t != 0, f[t])", {}, 14, 2),
        ("Σ(t != T, f[t])", {}, 7, 1),
        ("Σ(t != 2, f[t])", {}, 11, 3),
        ("Σ(t != T, g[t])", {}, 30, 0),
        ("Σ(t != 0, g[t])", {}, 60, 10),
        ("Σ(t != T+1, g[t])", {}, 60, 10),
        ("Σ(s != t, f[s])", {"t": 0}, 14, 2),
        ("Σ(s != t-1, f[s])", {"t": 1}, 14, 2),
        # δ
        ("δ(t,0)*f[t]", {"t": 0}, 1, 1),
        ("δ(t,0)*f[t]", {"t": 1}, 0, 0),
        ("δ(t,T)*f[t]", {"t": 1}, 0, 2),
        ("δ(t-1,0)*g[t]", {"t": 1}, 10, 10),
        ("δ(t-1,T)*g[t]", {"t": 1}, 0, 0),
        ("δ(0,t-1)*g[t]", {"t": 1}, 10, 10),
        ("δ(s,t-1)*f[t]*f[s]", {"s": 0, "t": 1}, 2, 2),
        ("δ(s,t-1)*f[t]*f[s]", {"s": 1, "t": 1}, 0, 0),
        ("Σ(t, δ(t,T)*g[t])", {}, 30, 10),
        ("Σ(t, δ(t,2)*g[t])", {}, 20, 0),
        ("Σ(t, δ(t-1,2)*g[t])", {}, 30, 0),
        ("Σ(t, δ(t-1,3)*g[t])", {}, 0, 0),
        ("Σ(t in 1..T, δ(t,T-1)*f[t])", {}, 4, 0),
        ("Σ(t in 1..T, δ(t,0)*f[t])", {}, 0, 0),  # 0 is none of the places that t runs over
        ("Σ(t, δ(t,T+1)*f[t])", {}, 0, 0),
        ("Σ(t, s, δ(s,t+1)*f[t]*f[s])", {}, 42, 2),
        # derivatives
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), f[s])", {"s": 0}, 10, 10),
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), f[T])", {}, 0, 0),
        ("∂(Σ(t in 1..T, g[t]*f[t-1]), g[t])", {"t": 1}, 1, 1),
        ("∂(Σ(s in 1..t, g[s]^2), g[t])", {"t": 1}, 20, 20),
        ("∂(Σ(s in 1..t-1, g[s]^2), g[t])", {"t": 1}, 0, 0),
        ("∂(f[T]^2*f[0], f[t])", {"t": 0}, 64, 4),
        ("∂(f[T]*f[T-1], f[T], f[T-1])", {}, 1, 1),
        ("∂(G[T], f[T-1])", {}, 30, 10),
        ("∂(F[0]*F[T], F[0])", {}, 64, 4),
        ("D[0]", {}, -1, -1),
        ("D[T]", {}, 30, 10),
        ("∂(f[0], f[4])", {}, None, None),
        ("h[0,1]", {}, 3, 3),
        ("Σ(t in 1..T, a, h[t,a]*K)", {}, 21, 7),
    ],
)
def test_meaning_on_intervals(
    expr: str, indices: dict[str, int], at_three: int | None, at_one: int | None
) -> None:
    side = THEORY.statement(expr, "0").left
    for T, entries, expected in ((3, THREE, at_three), (1, ONE, at_one)):
        point = {**entries, "h": ((3,), *[(7,)] * T)}
        assert exactly(value(THEORY, side, {"T": T, "K": 1}, indices, point)) == expected


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"f": (1, 2)}, "entries of 'f' need 3 parts"),
        ({"f": (1, 2, 3, 4)}, "entries of 'f' need 3 parts"),
        ({}, "entries lack 'f'"),
    ],
)
def test_an_interval_has_as_many_entries_as_places(
    entries: dict[str, object], problem: str
) -> None:
    side = THEORY.statement("f[0]", "0").left
    assert value(THEORY, side, {"T": 2}, {}, {"f": (1, 2, 3)}) == 1
    with pytest.raises(ValueError, match=problem):
        value(THEORY, side, {"T": 2}, {}, entries)
    with pytest.raises(ValueError, match="sizes lack 'T'"):
        value(THEORY, side, {}, {}, {"f": (1, 2, 3)})


def test_a_sum_that_runs_backwards_has_no_value() -> None:
    """The resolver refuses these, but it is not relied on."""
    for final, expected in [(2, 2), (1, 1), (0, 0), (-1, None)]:
        ends = Index(None, 1), Index(None, final)
        binder = Binder("t", first=ends[0], final=ends[1], range=span("T"))
        found = value(THEORY, Sum((binder,), Number(Fraction(1))), {"T": 2}, {}, {})
        assert exactly(found) == expected
