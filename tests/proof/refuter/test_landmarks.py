"""The places that a statement singles out."""

from __future__ import annotations

import pytest

from derivlib.proof.refuter.landmarks import MAX_REACH, Landmarks
from derivlib.proof.theory import Theory

TEXT = """
x: K
X: m×K
f: 0..T
u: 1..T+1
w: -1..T-2
p[j] := x[j]*x[4]
q[t] := f[t]^2
r[i] := Σ(j, δ(i,j)*x[j])
"""


def landmarks(left: str, text: str = TEXT) -> Landmarks:
    theory = Theory(text)
    names = [name for name in (*theory.variables, *theory.definitions) if f"{name}[" in left]
    return Landmarks(theory, theory.statement(left, "0"), frozenset(names))


@pytest.mark.parametrize(
    ("left", "reach"),
    [
        ("x[i]", {}),
        ("x[3] - x[2]", {"K": 3}),
        ("X[2,i] + x[i]", {"m": 2}),
        ("p[i]", {"K": 4}),
        ("p[6]", {"K": 6}),
        ("∂(x[i], x[5])", {"K": 5}),
        ("Σ(k != 7, x[k])", {"K": 7}),
        (f"x[{MAX_REACH}]", {"K": MAX_REACH}),
        (f"x[{MAX_REACH + 1}]", {}),
        # of f there is always place 0 and 1, of u place 2, of w place -1
        ("f[0] + f[1]", {"T": 1}),
        ("f[3]", {"T": 3}),
        ("u[3]", {"T": 2}),
        ("w[-1]", {"T": 1}),
        ("w[3]", {"T": 5}),
        ("Σ(t != 3, u[t])", {"T": 2}),
    ],
)
def test_room_for_constant_places(left: str, reach: dict[str, int]) -> None:
    found = landmarks(left).reach
    assert {size: n for size, n in found.items() if n > 1} == {
        size: n for size, n in reach.items() if n > 1
    }


@pytest.mark.parametrize(
    ("left", "constants"),
    [
        ("x[i]", set()),
        ("x[3]*δ(i,2) + x[i]", {2, 3}),
        ("p[i]", {4}),
        ("Σ(t in 1..T, f[t])*f[0]", {0, 1}),
        ("w[-1]", {-1}),
    ],
)
def test_constant_places(left: str, constants: set[int]) -> None:
    assert landmarks(left).constants == constants


@pytest.mark.parametrize(
    ("left", "ordered"),
    [
        ("x[i]", set()),
        ("X[n,i]*r[i]", set()),
        ("Σ(k != i, x[k])", set()),
        ("f[t]", {"T"}),
        ("x[i]*q[t]", {"T"}),
        ("x[K]", {"K"}),
        ("δ(i,K)*x[i]", {"K"}),
        ("Σ(k != K, x[k])", {"K"}),
        ("x[i]*x[i-1]", {"K"}),
        ("Σ(j in 1..i, x[j]) + x[i]", {"K"}),
        ("Σ(n in 1..m, X[n,i])", {"m"}),
    ],
)
def test_where_order_matters(left: str, ordered: set[str]) -> None:
    assert landmarks(left).ordered == ordered


def test_hypotheses_count_too() -> None:
    found = landmarks("x[i]", TEXT + "\ns: S\nassume x[9] = s[S]")
    assert (found.reach, found.constants, found.ordered) == ({"K": 9}, {9}, {"S"})
