"""Time axes and interval sums as they are written: in expressions and in declarations."""

from __future__ import annotations

import pytest

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.parser import parse
from derivlib.proof.language.syntax import Binder, Delta, Entry, Expr, Index, Sum
from derivlib.proof.theory import Theory
from tests.support.spans import span, spans

t, s, T = Index("t"), Index("s"), Index("T")
x = Entry("x")


def place(number: int) -> Index:
    return Index(None, number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h[t-1]", Entry("h", (Index("t", -1),))),
        ("h[t + 2, a]", Entry("h", (Index("t", 2), Index("a")))),
        ("h[t−1]", Entry("h", (Index("t", -1),))),
        ("h[0]", Entry("h", (place(0),))),
        ("h[-1]", Entry("h", (place(-1),))),
        ("h[t-0]", Entry("h", (t,))),
        ("lam[T+1,1]", Entry("lam", (Index("T", 1), place(1)))),
        ("δ(s, t-1)", Delta(s, Index("t", -1))),
        ("δ(-1, 0)", Delta(place(-1), place(0))),
        ("Σ(t in 1..T, x)", Sum((Binder("t", first=place(1), final=T),), x)),
        ("Σ(t in 0..0, x)", Sum((Binder("t", first=place(0), final=place(0)),), x)),
        ("Σ(t in -2..T-1, x)", Sum((Binder("t", first=place(-2), final=Index("T", -1)),), x)),
        ("Σ(s in t+1..t+2, x)", Sum((Binder("s", (), Index("t", 1), Index("t", 2)),), x)),
        (
            "Σ(t in 1..T, s in 1..t, k != t-1 != 0, x)",
            Sum(
                (
                    Binder("t", (), place(1), T),
                    Binder("s", (), place(1), t),
                    Binder("k", (Index("t", -1), place(0))),
                ),
                x,
            ),
        ),
    ],
)
def test_reading(text: str, expected: Expr) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Σ(t in 1 .. T, x)",
        "Σ(t in 1 ..T, x)",
        "Σ(t in 1.. T, x)",
        "Sum(t in 1..T, x)",
        "∑(t∈1..T, x)",
        "Σ(t ∈ 1…T, x)",
        "Σ(t in 1 … T, x)",
        " Σ( t\tin 1\n..T ,x )",
    ],
)
def test_ways_of_writing_an_interval(text: str) -> None:
    assert parse(text) == parse("Σ(t in 1..T, x)")


def test_numbers_keep_their_point_beside_an_interval() -> None:
    assert parse("Σ(t in 1..T, .5*x) + 2.") == parse("Σ(t in 1..T, 0.5*x) + 2")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("x + Σ(t in 1...T, x)", 13),
        ("Σ(t in 1.T, x)", 8),
        ("Σ(t in T, x)", 2),
        ("Σ(t in 1, x)", 2),
        ("Σ(t in 1..T..2, x)", 7),
        ("Σ(t in 1..2*T, x)", 10),
        ("Σ(t in 0.5..T, x)", 7),
        ("Σ(t in 1….5, x)", 9),
        ("Σ(t in 1..1e3, x)", 10),
        ("Σ(t in 1..T, t in 1..T, x)", 0),
        ("Σ(t in 1..T != s, x)", 2),
        ("Σ(t != s in 1..T, x)", 2),
        ("Σ(2 in 1..T, x)", 2),
        ("Σ(t-1 in 1..T, x)", 2),
        ("Σ(t not in 1..T, x)", 2),
        ("Σ(t in (1..T), x) + foo(x)", 20),
        ("1..T", 0),
        ("x..y", 0),
        ("x…", 2),
        ("x[1..2]", 2),
        ("x in 1..T", 0),
        ("h[t-s]", 2),
        ("h[1-t]", 2),
        ("h[t*1]", 2),
        ("h[t+1/2]", 2),
    ],
)
def test_what_is_no_interval_is_refused_at_its_place(text: str, column: int) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "axes", "size"),
    [
        ("h: 0..T", ("0..T",), "T"),
        ("h: 1..T", ("T",), "T"),
        ("h: 1..T+1", ("1..T+1",), "T"),
        ("h: 0..T-1", ("0..T-1",), "T"),
        ("h: -1..T - 1", ("-1..T-1",), "T"),
        ("h: 0 .. T", ("0..T",), "T"),
        ("h: 0…T", ("0..T",), "T"),
        ("h: 0..T+0", ("0..T",), "T"),
        ("h: 2..T", ("2..T",), "T"),
        ("h: 0..n_2+10", ("0..n_2+10",), "n_2"),
        ("h: 0..T×T × 1..T+1", ("0..T", "T", "1..T+1"), "T"),
        ("h: 0..T x T, positive  # states", ("0..T", "T"), "T"),
    ],
)
def test_declarations(text: str, axes: tuple[str, ...], size: str) -> None:
    theory = Theory(text)
    assert theory.axes("h") == tuple(map(span, axes))
    assert theory.sizes == {size: 1}


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("h: T+1", 3, "a shape is"),
        ("h: 0..", 3, "a shape is"),
        ("h: ..T", 3, "a shape is"),
        ("h: 0..5", 3, "a shape is"),
        ("h: t..T", 3, "a shape is"),
        ("h: 0..2*T", 3, "a shape is"),
        ("h: 0.5..T", 3, "a shape is"),
        ("h: 0..T..2", 3, "a shape is"),
        ("h: 0..real", 3, "a shape is"),
        ("h: 0..T × 1..٣", 10, "a shape is"),
        ("h: d × 0..exp", 7, "'exp' is a word of the language"),
        ("h: 0..h", 0, "'h' cannot be both a size and a variable"),
        ("T: real\nh: 0..T", 3, "'T' is declared already, not as a size"),
        ("h: 3..T", 3, "an end before its start unless T >= 2: say that"),
        ("h: 1..T-2", 3, "an end before its start unless T >= 2: say that"),
        ("x: T\nT >= 2\nh: 4..T", 3, "unless T >= 3"),
        ("y: 2..T, sum 1", 0, r"'y' cannot sum to 1 over 2\.\.T, which may be empty"),
    ],
)
def test_what_is_no_axis_is_refused_at_its_place(text: str, column: int, problem: str) -> None:
    with pytest.raises(LanguageError, match=problem) as caught:
        Theory(text)
    assert caught.value.column == column


def test_a_raised_bound_makes_room() -> None:
    assert Theory("x: T\nT >= 2\nh: 3..T\ny: 2..T, sum 1").axes("h") == (span("3..T"),)


def test_sum_1_over_an_interval() -> None:
    (hypothesis,) = Theory("y: m × 0..K, sum 1").hypotheses
    assert isinstance(hypothesis.left, Sum)
    assert hypothesis.left.binders[0].range == span("0..K")
    assert dict(hypothesis.free) == spans(j="m")
