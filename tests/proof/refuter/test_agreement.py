"""Simple cases in which two sides agree, and those in which they do not."""

from __future__ import annotations

import pytest

from derivlib.proof import Theory
from derivlib.proof.refuter.agreement import where_they_agree
from tests.support import theories

SOFTMAX = Theory(theories.SOFTMAX)


@pytest.mark.parametrize(
    ("theory", "left", "right", "agree", "differ"),
    [
        (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])", {"K = 1", "j = i"}, {"j ≠ i"}),
        (SOFTMAX, "∂(p[j], z[i])", "-p[j]*p[i]", {"j ≠ i"}, {"K = 1", "j = i"}),
        (SOFTMAX, "Σ(j, y[j]^2)", "1", {"K = 1", "y is one-hot"}, set()),
        (SOFTMAX, "∂(L, z[i])", "2*(p[i] - y[i])", {"K = 1"}, {"y is one-hot", "all z = 0"}),
        (Theory("x, w: real"), "x*w", "x", {"w = 1"}, {"w = 0", "x = 1"}),
        (Theory("h: 0..T"), "h[t]", "h[T]", {"t = T"}, {"t = 0"}),
        (Theory("x: K\nK >= 3"), "Σ(k, x[k])", "x[1] + x[2] + x[3]", {"K = 3"}, {"all x = 1"}),
    ],
)
def test_cases(theory: Theory, left: str, right: str, agree: set[str], differ: set[str]) -> None:
    found = where_they_agree(theory, theory.statement(left, right), effort=0.1)
    assert agree <= {*found[0]}
    assert differ <= {*found[1]}


def test_nothing_is_said_of_what_was_not_looked_at() -> None:
    statement = SOFTMAX.statement("p[i]", "p[j]")
    assert where_they_agree(SOFTMAX, statement, effort=1e-9) == ([], [])
    # Both sides are 0 as all their terms are: that says nothing.
    scaled = Theory("c, x: real")
    found = where_they_agree(scaled, scaled.statement("c*x", "2*c*x"), effort=0.1)
    assert "c = 0" not in found[0]
