"""Other letters for the indices of an expression; none is captured."""

from __future__ import annotations

import pytest

from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.renaming import fresh_letter, rename
from derivlib.proof.language.syntax import Index


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[j]", "x[k+1]"),
        ("x[j-1] + x[k]", "x[k] + x[k]"),
        ("Σ(j, x[j])", "Σ(j, x[j])"),
        ("Σ(k, S[j,k])", "Σ(i, S[k+1,i])"),
        ("Σ(k, S[j,k]*Σ(k, x[k]))", "Σ(i, S[k+1,i]*Σ(j, x[j]))"),
        ("Σ(j, S[j,j]) * x[j]", "Σ(j, S[j,j])*x[k+1]"),
        ("Σ(l != j, k != l, S[l,k])", "Σ(l != k+1, i != l, S[l,i])"),
        ("Σ(s in 1..j, x[s])", "Σ(s in 1..k+1, x[s])"),
        ("δ(j,2)*∂(log(x[j]), x[j+1])", "δ(k+1,2)*∂(log(x[k+1]), x[k+2])"),
        ("Max(-x[j], c)^2/sqrt(x[T])", "Max(-x[k+1], c)^2/sqrt(x[T])"),
    ],
)
def test_reworded(text: str, expected: str) -> None:
    put = rename(parse(text), {"j": Index("k", 1)}, {"k"})
    assert to_text(put) == to_text(parse(expected))


def test_a_place_for_an_index() -> None:
    letters = {"j": Index(None, 2), "t": Index("T", -1)}
    assert to_text(rename(parse("S[j-1,t+1]*Σ(k, S[j,k])"), letters, ())) == "S[1,T]*Σ(k, S[2,k])"


def test_fresh_letters() -> None:
    assert fresh_letter("k", "ij") == "k"
    assert fresh_letter("k", "ijk") == "l"
    assert fresh_letter("k", "ijklnrst") == "k1"
