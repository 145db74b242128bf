"""A verdict says over what an index runs where a reader would think otherwise."""

import pytest

from derivlib.proof.theory import Theory

SHIFTED = "h: 0..T\nx: T\ny: K\nd[t] := log(h[t-1])\ne[t] := x[t]^2"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ("h[t]*δ(t,0)", "0*h[t-1]", ["t in 1..T"]),
        ("h[t]", "h[t] + 0*x[t]", ["t in 1..T"]),
        ("h[t-1]", "h[t-1]", ["t in 1..T+1"]),
        ("h[t-1] + h[t+1]", "h[t+1] + h[t-1]", ["t in 1..T-1"]),
        ("d[t]", "log(h[t-1])", ["t in 1..T+1"]),
        ("Σ(t, d[t])", "Σ(t in 0..T-1, log(h[t]))", ["Σ over t in 1..T+1"]),
        ("Σ(t, h[t-1])", "h[s] + 0*x[s]", ["s in 1..T", "Σ over t in 1..T+1"]),
        ("Σ(t, h[t])*y[k]*h[0]", "0*x[t]", []),
        ("Σ(t in 1..T, h[t-1])*y[i]", "0", []),
        ("h[t] + h[s]*e[r]", "h[s]", []),
        ("∂(h[s]*x[s], x[t])", "h[s]*δ(s,t)", ["s in 1..T"]),
    ],
)
def test_ranges(left: str, right: str, said: list[str]) -> None:
    theory = Theory(SHIFTED)
    verdict = theory.prove(left, right)
    assert list(map(str, verdict.ranges)) == said
    assert all(text in str(verdict) for text in said)
    assert all(text in verdict._repr_mimebundle_()["text/markdown"] for text in said)


def test_a_later_line_narrows_an_earlier_one_for_all_to_see() -> None:
    derivation = Theory(SHIFTED).derive("h[t]*δ(t,0)\n = δ(t,0)*h[t]\n = 0*h[t-1]")
    assert str(derivation.verdicts[0]) == "PROVED for t in 1..T"
    assert derivation.summary() == "PROVED for all T ≥ 1, K ≥ 1, t in 1..T"
