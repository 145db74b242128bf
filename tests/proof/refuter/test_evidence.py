"""What agreement is worth: enough points, that differ, at which the sides could have differed."""

from __future__ import annotations

import pytest

from derivlib.proof.refuter.evidence import EMPTY
from derivlib.proof.refuter.examination import TOO_SMALL, examine
from derivlib.proof.theory import Theory

FEW = "it could be checked at no more than"
CURVE = "c, s: real\nassume c^2 - s^2 = 1"

DOUBTS = [
    # Enough.
    ("x: K", "x[i]", "x[i]*1", ""),
    ("", "1 + 1", "2", ""),
    ("x: K", "Σ(i in 1..K, 1)", "K", ""),
    (CURVE, "s*c", "c*s", ""),
    ("v: K\nassume Σ(k, v[k]^2) = 1", "v[i]*v[j]", "v[j]*v[i]", ""),
    ("P: m\nassume Σ(i, P[i]) = 0\nassume Σ(i, P[i]^2)/m = 1", "P[i]", "P[i]*1", ""),
    (
        "P: n×n\nassume P[i,j] = P[j,i]\nassume Σ(i, j != i, P[i,j]) = 1",
        "P[i,j]",
        "P[j,i]",
        "",
    ),
    ("a: real\nx: K", "Max(a - 10^9, 0)*x[i]", "x[i]*Max(a - 10^9, 0)", ""),
    (
        "x: T",
        "(T - 1)*(T - 2)*(T - 3)*(T - 4)*(T - 5)*x[t]",
        "x[t]*(T-1)*(T-2)*(T-3)*(T-4)*(T-5)",
        "",
    ),
    # Hypotheses that leave isolated points: all there is was looked at.
    ("x: real\nassume x = 3", "x + 1", "4", ""),
    ("a, b: real\nassume a + b = 3\nassume a - b = 1", "a*b", "2", ""),
    # Terms that cancel, a 0 that was written, a δ that is 0 everywhere, a sum without terms.
    ("x: K", "(x[i] - x[i])*x[j]", "0", ""),
    ("x: K", "0*x[j]", "0", ""),
    ("x: 0..T", "δ(t-1,T)*x[t]", "0", ""),
    ("a, b: real", "∂(a, b)", "0", ""),
    ("f: 0..T", "Σ(t in 1..0, f[t])", "0", ""),
    # A 0 that the author assumed, at one place or at all.
    ("f: 0..T\ng: T\nassume f[0] = 0", "f[0]*g[t]", "0", ""),
    ("f, g: T\nassume 0 = f[t]", "Σ(t, f[t]*g[t])", "0", ""),
    # Not enough.
    ("a: real\nx: K", "Max(-a^2, 0)*x[i]", "0", EMPTY),
    ("P: n\nassume Σ(k, exp(P[k])) = 1", "P[i]", "P[i]*1", EMPTY),
    ("a, b: real\nassume a^2 + b^2 = 0", "a + 1", "1", FEW),
    ("x: K\nassume Σ(k, exp(x[k])) = 1", "x[i] + 1", "x[i]*1 + 1", "it could be checked at K = 1"),
    ("x, y: n\nassume Σ(k, x[k]^0) = 2", "x[i]*y[i]", "y[i]*x[i]", "it could be checked at n = 2"),
    (
        "a: real",
        "exp(-10^5)*a^2 + log(3) + 1",
        "exp(-10^5)*a^4 + 1 + log(3)",
        TOO_SMALL,
    ),
]


@pytest.mark.parametrize(("text", "left", "right", "doubt"), DOUBTS)
def test_what_is_in_doubt(text: str, left: str, right: str, doubt: str) -> None:
    theory = Theory(text)
    found = examine(theory, theory.statement(left, right), points=10)
    assert found.counterexample is None
    assert found.agreements
    assert found.doubt.startswith(doubt) and bool(found.doubt) == bool(doubt)


def test_points_and_patterns_that_were_compared_are_handed_out() -> None:
    theory = Theory("x: K\na: real")
    statement = theory.statement("Max(a - 50, 0)*x[i]", "x[i]*Max(a - 50, 0)")
    found = examine(theory, statement, points=10)
    assert sum(len(compared.choices) for compared in found.compared) == found.agreements
    for compared in found.compared:
        assert compared.point.entries.keys() == {"x", "a"}
        for choice in compared.choices:
            assert 1 <= choice["i"] <= compared.point.sizes["K"]
    assert any(compared.point.entries["a"][()] > 50 for compared in found.compared)
    assert len({compared.point.sizes["K"] for compared in found.compared}) > 1
