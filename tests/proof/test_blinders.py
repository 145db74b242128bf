"""False statements are refuted also where a factor hides them, and no bug is let through there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

import pytest

from derivlib.proof import DisagreementError, Theory
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.judge import judge
from derivlib.proof.refuter.examination import examine
from tests.support import planted_forms, planted_proofs, planted_sums  # noqa: F401, the bugs
from tests.support.planted import BUGS

SIZES = "*".join(f"(BLIND - {n})" for n in range(1, 7))

BLINDERS: dict[str, Callable[[str], str]] = {
    "0 up to 10^9": lambda side: f"Max(blinder - 10^9, 0)*({side})",
    "small": lambda side: f"exp(-1000)*({side})",
    "small beside 1": lambda side: f"1 + exp(-1000)*({side})",
    "0 up to 10^9, beside others": lambda side: f"Max(blinder - 10^9, 0)*({side}) + blinder",
    "0 at small sizes": lambda side: f"{SIZES}*({side})",
}

STATEMENTS = {
    (shown.theory, shown.left, shown.right)
    for bug in BUGS.values()
    for shown in bug.shown
    if not shown.conditional
}


def blinded(text: str, left: str, right: str, blinder: str) -> tuple[Theory, str, str]:
    theory = Theory(f"{text}\nblinder: real\nblinders: BLIND")
    put = BLINDERS[blinder]
    return theory, put(left), put(right)


@pytest.mark.parametrize(
    ("text", "left", "right", "blinder"),
    [(*each, blinder) for each, blinder in zip(sorted(STATEMENTS), cycle(BLINDERS))],
)
def test_what_is_false_is_refuted_behind_a_factor_too(
    text: str, left: str, right: str, blinder: str
) -> None:
    theory, left, right = blinded(text, left, right, blinder)
    found = examine(theory, theory.statement(left, right), points=10)
    assert found.counterexample is not None, found.doubt


ROUTES = [
    (
        "h: 0..T\ng: T\nT >= 3\nassume g[t] = log(h[t-1])",
        "Σ(t, g[t])*sqrt(h[T]^2)",
        "Σ(t, g[t])*h[T]",
    ),
    ("h: 0..T\ng: T\nd[t,s] := g[t]/(h[t-1] - h[s])", "δ(s,T)*Σ(t, d[t,s])", "0"),
    (
        "h: 0..T\nc, s: real\nassume c^2 - s^2 = 1\nL := s*Σ(u in 1..T, h[u]^2)",
        "Σ(t in 1..T, ∂(L, h[t-1])*h[t-1])",
        "2*s*Σ(t in 1..T, h[t-1]^2)",
    ),
    ("h: 0..T", "δ(r,0)*Σ(t in 1..T, δ(t,s)/(h[t] - h[r]))", "0*h[s]*h[r]"),
    (
        "h: 0..T\ng: T\nb: real\nd[t] := g[t]/(Max(h[t-1],b) - b)",
        "Σ(t, d[t])*(Max(h[T],b) - h[T])",
        "0",
    ),
    (
        "x: K\nb: real\nK >= 6\nassume b = Σ(k in 2..K, log(x[k]))",
        "b*sqrt(x[1]^2)",
        "b*x[1]",
    ),
    (
        "x: K\nK >= 4\ne := 2",
        "Σ(k != i, ∂(x[k]^e, e))*sqrt(x[i]^2)",
        "Σ(k != i, ∂(x[k]^e, e))*x[i]",
    ),
    ("v: K\nassume Σ(k, v[k]^2) = 1", "v[i]*v[j]", "δ(i,j)*v[i]^2"),
    ("P, Q: real\nassume P^2 - Q^2 = 1", "P", "P + 1"),
    ("x: K", "*".join(f"δ({i},2)*x[{i}]" for i in "abcdefghi"), "0"),
    ("a, b: real\nx: K", "Max(a + b - 20, 0)*Max(-3*x[i] - 7/2, 0)", "0"),
    ("a: real", "Max(7/3 - a, 0)*Max(a - 2, 0)", "0"),
    ("a: real", "Max(a^2 - 10^18, 0)*Max(exp(a) - 10^30, 0)", "0"),
]
"""What a prover without scruples could say, one kind each."""

NOT_FOUND = ("0 up to 10^9", "0 up to 10^9, beside others")
"""Behind these no counterexample to the route with Max(h[T],b) is found: three entries have to be
chosen at once. The prover gives up on it."""


@pytest.mark.parametrize("blinder", ["", *BLINDERS])
@pytest.mark.parametrize(("text", "left", "right"), ROUTES)
def test_a_prover_that_proves_everything_says_nothing_false(
    text: str, left: str, right: str, blinder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theory = Theory(text)
    if blinder:
        theory, left, right = blinded(text, left, right, blinder)
    statement = theory.statement(left, right)
    monkeypatch.setattr(Prover, "zero", lambda *_: True)
    with suppress(DisagreementError):
        verdict = judge(theory, statement)  # the prover gave up before
        given_up = "Max(h[T]" in left and blinder in NOT_FOUND
        assert verdict.status == ("UNKNOWN" if given_up else "REFUTED"), verdict
