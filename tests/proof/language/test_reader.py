"""Declarations that are read otherwise than they are meant are refused, with what to write."""

import pytest

from derivlib.proof import LanguageError, Theory


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("sigma: positive", "write `sigma: real, positive`, or `sigma: K, positive`"),
        ("s: scalar", "a scalar is written `s: real`"),
        ("a, b: float", "a scalar is written `a, b: real`"),
        ("N: int", "a size is there as soon as an array has it for an axis"),
        ("N: size", "sizes and indices are not declared"),
        ("f: function", "the language has no unknown functions"),
        ("x: vector", "write its size, as in `x: K`"),
        ("X: matrix", "write its sizes, as in `X: m×d`"),
        ("z: complex", "all entries are real"),
        ("i: 1..K", "an index is not declared: .* is `i: K`"),
        ("t: 1…T", "an index is not declared: .* is `t: T`"),
        ("\u0430: real", "'\u0430' is Cyrillic Small Letter A, which looks like 'a'"),
        ("\u0391: real", "Greek Capital Letter Alpha, which looks like 'A'"),
        ("x: K\ny := Σ(\u0456, x[\u0456])", "which looks like 'i'"),
        ("x: \u041a", "Cyrillic Capital Letter Ka, which looks like 'K'"),
    ],
)
def test_refused(text: str, advice: str) -> None:
    with pytest.raises(LanguageError, match=advice):
        Theory(text)


@pytest.mark.parametrize("text", ["w: 1..T", "i: 0..K", "i: K", "s: real", "α, β: ν", "i, j: 1..K"])
def test_read(text: str) -> None:
    assert Theory(text).variables
