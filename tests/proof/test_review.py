"""A derivation judged line by line: false and unreadable lines do not end it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from derivlib.proof import Theory
from derivlib.proof.language.effort import limit, steps_of
from derivlib.proof.review import MAX_DERIVATION, MAX_LINES, review
from tests.support import hostile, theories

SOFTMAX = Theory(theories.SOFTMAX)


@pytest.mark.parametrize(
    ("text", "statuses", "said"),
    [
        ("p[i]\n= 1*p[i]\n= p[i] + 0", "FIRST PROVED PROVED", "2 of 2 steps are proved."),
        ("p[i] = 2*p[i] = p[i]*2", "FIRST REFUTED PROVED", "Line 1 is false."),
        ("p[i]\n= p[i] +\n= p[i]", "FIRST UNREADABLE PROVED", "Line 1 is not well-formed."),
        ("p[i\n= p[i]\n= q\n= p[i]", "UNREADABLE FIRST UNREADABLE PROVED", "Lines 0, 2 are"),
        ("∂(L, z[i])\n= p[i] - y[i] -- why\n", "FIRST PROVED", "1 of 1 steps is proved."),
        ("p[i]\n= X[i]\n= z", "FIRST UNREADABLE UNREADABLE", "Lines 1, 2 are not well-formed."),
        (
            "log(exp(2*z[i]) + 2*exp(z[i]) + 1)\n= 2*log(1 + exp(z[i]))",
            "FIRST UNKNOWN",
            "Line 1 is not decided.",
        ),
        ("p[i]\n" + "= p[i] + 1\n" * 9, "FIRST REFUTED" + " PROVED" * 8, "8 of 9"),
        ("p[i]\n" + "= q\n" * 9, "FIRST" + " UNREADABLE" * 9, "9 lines are not well-formed"),
    ],
)
def test_lines(text: str, statuses: str, said: str) -> None:
    found = review(SOFTMAX, text)
    assert [line.status for line in found.lines] == statuses.split()
    assert said in found.summary()


def test_what_is_said_of_a_line() -> None:
    text = "∂(L, z[i])\n= p[i] + y[i]  -- a slip\n= (p[i] + y[i])*p[i]/p[i]\n= y[i] +"
    first, false, true, unreadable = review("z: K\n" + theories.SOFTMAX[5:], text).lines
    assert (first.latex, false.reason) == (r"\frac{\partial L}{\partial z_i}", "a slip")
    assert false.counterexample is not None
    assert false.suggestion.startswith("p[i] - y[i] (")
    assert true.status == "PROVED"
    assert unreadable.error.splitlines()[-1].strip() == "^"


def test_grounds_are_told() -> None:
    lines = review(Theory("a, b: real"), "1\n= (a - b)/(a - b)").lines
    assert lines[1].grounds == "where a - b != 0"


@pytest.mark.parametrize(
    ("theory", "text", "where", "said"),
    [
        ("z: ", "z\n= z", "theory", "a shape is"),
        ("z: K", "z[i]", "derivation", "at least one line"),
        ("z: K", "", "derivation", "at least one line"),
        ("z: K", "z[i]\n" + "= z[i]\n" * MAX_LINES, "derivation", "lines; 50 at most"),
        ("z: K", "z[i]\n= " + "z" * MAX_DERIVATION, "derivation", "10000 at most"),
    ],
)
def test_what_cannot_be_read_at_all(theory: str, text: str, where: str, said: str) -> None:
    found = review(theory, text)
    assert (found.where, found.lines) == (where, ())
    assert said in found.summary()


@pytest.mark.parametrize("effort", [0.01, 0.03])
def test_the_effort_is_shared_and_what_is_left_over_is_not_judged(effort: float) -> None:
    text = "∂(L, z[i])\n" + "= ∂(L, z[i]) + 0\n= p[i] - y[i]\n" * 15
    with limit() as meter:
        found = review(SOFTMAX, text, effort=effort)
    statuses = [line.status for line in found.lines]
    assert meter.spent <= steps_of(effort) + 1000
    assert statuses[1] == "PROVED"
    assert statuses[-1] == "NOT JUDGED"
    assert "not judged, as the effort ran out" in found.summary()
    # Nothing is judged after what was not.
    assert ("NOT JUDGED", "PROVED") not in pairwise(statuses)


def test_a_line_takes_effort_however_plain_it_is() -> None:
    statuses = [line.status for line in review(SOFTMAX, "p[i]" + "= p[i]" * 30, effort=0.03).lines]
    assert 0 < statuses.count("PROVED") < 10


def test_hostile_texts_are_answered() -> None:
    for text in hostile.texts():
        with limit() as meter:
            assert review(SOFTMAX, f"p[i]\n= {text}", effort=0.005).summary()
            assert review(SOFTMAX, text, effort=0.005).summary()
            assert review(f"{SOFTMAX.text}\n{text}", "p[i]\n= p[i]", effort=0.005).summary()
        assert meter.spent < steps_of(0.02)


def test_text_is_text() -> None:
    with pytest.raises(TypeError, match="text, not int"):
        review(SOFTMAX, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="effort"):
        review(SOFTMAX, "p[i]\n= p[i]", effort=0)
