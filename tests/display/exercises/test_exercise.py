"""Answers to what readers write: solved, true but no solution, false, unreadable, undecided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derivlib.display.exercises import Exercise, FillLines, GiveNumber, WriteNumPy
from derivlib.display.exercises.answer import Answer
from derivlib.proof import Status, Theory
from derivlib.proof.language.effort import limit, steps_of
from tests.support import hostile, theories

TAU = Theory("""
    z: K
    y: K, sum 1
    tau: real, positive
    p[j] := exp(z[j]/tau) / Σ(k, exp(z[k]/tau))
    L := -Σ(j, y[j]*log(p[j]))
    G[i] := ∂(L, z[i])
""")
MEND = Exercise(TAU, "∂(L, z[i])", "p[i] - y[i]", answer="(p[i] - y[i])/tau", remark="Chain rule.")
PLAIN = Exercise(Theory("x, y: K"), "Σ(k, x[k]*(y[k] + 1))", answer="Σ(k, x[k]*y[k] + x[k])")
ODDS = Exercise(Theory("p: real"), "1/p - 1", answer="(1 - p)/p")


@pytest.mark.parametrize(
    ("asked", "text", "colour", "said"),
    [
        (MEND, "p[i]/tau - y[i]/tau", "good", "Right, for all K ≥ 1, using Σ(k, y[k]) = 1. Chain"),
        (MEND, "(p[i] - y[i])/tau -- a reason", "good", "Right"),
        (MEND, "p[i] - y[i]", "bad", "tau = 2 the left side is 0.25, yours is 0.5"),
        (MEND, "∂(L, z[i])", "unsure", "there is a ∂ left"),
        (MEND, "∂( L,z[i] ) + 0", "unsure", "there is a ∂ left"),
        (MEND, "G[i]", "unsure", "there is a ∂ left"),  # behind a definition
        (PLAIN, "Σ(j, (1 + y[j])*x[j])", "unsure", "the left side again"),
        (PLAIN, "2*Σ(j, x[j]*(y[j] + 1))/2", "unsure", "the left side again"),
        (PLAIN, "Σ(j, x[j]) + Σ(j, x[j]*y[j])", "good", "Right"),
        (ODDS, "(1 - p)/p", "good", "where p != 0"),  # the answer asks for it, too
        (ODDS, "(1 - p)*(p - 1)/(p*(p - 1))", "unsure", "Right only where p*(p - 1) != 0"),
        (MEND, "", "", "Write the right side"),
        (MEND, "(p[i] - y[i] / tau", "", "Not well-formed: a bracket is never closed"),
        (MEND, "q[i]", "", "'q' is not declared"),
        (MEND, "(p[i] - y[i])/τ", "", "did you mean tau?"),
        (
            Exercise(Theory("z: real"), "log(exp(2*z) + 2*exp(z) + 1)", answer="2*log(1 + exp(z))"),
            "2*log(1 + exp(z))",
            "unsure",
            "No proof and no counterexample was found",
        ),
    ],
)
def test_answers(asked: Exercise, text: str, colour: str, said: str) -> None:
    answer = asked.judge(text)
    assert said in answer.message
    assert answer.colour == colour
    assert answer.solved == (colour == "good")
    assert (answer.verdict is None) == (colour == "")


def test_a_counterexample_is_a_table_and_the_place_of_an_error_is_marked() -> None:
    table = MEND.judge("p[i] - y[i]").table
    assert table is not None
    assert ["tau", "2"] in table.rows
    assert table.rows[-2:] == [["the left side", "0.25"], ["yours", "0.5"]]
    assert MEND.judge("p[i] - y(i]").caret.splitlines()[-1].index("^") == len("    p[i] - y")


@pytest.mark.parametrize(
    ("asked", "text", "hints"),
    [
        (
            MEND,
            "p[i] - y[i]",
            ["agree where K = 1, and where tau = 1.", "missing that has to do with tau"],
        ),
        (MEND, "(p[i] + y[i])/tau", ["No simple case", "Look at a sign"]),
        (MEND, "(p[i] - y[i])/tau + L - L", ["The answer is made of p, tau, y"]),
        (
            Exercise(TAU, "∂(p[j], z[i])", answer="p[j]*(δ(i,j) - p[i])/tau"),
            "p[i]*(δ(i,j) - p[i])/tau",
            ["agree where K = 1, and where j = i", "Look at an index in `p[i]`"],
        ),
        (MEND, "p[i] - p[i]*z[i]/tau", ["they differ", "The answer does without z|missing"]),
    ],
)
def test_hints_come_in_grades(asked: Exercise, text: str, hints: list[str]) -> None:
    answer = asked.judge(text)
    if answer.solved:
        assert answer.shown()["more"] == 0
        return
    given = answer.hints
    assert given[-1] == f"The answer: {asked.answer}"
    assert all(asked.answer not in hint for hint in given[:-1])
    for wanted, hint in zip(hints, given, strict=False):
        assert any(part in hint for part in wanted.split("|")), hint
    assert answer.shown(1)["hints"] == [given[0]]
    assert answer.shown(2)["more"] == len(given) - 2


def test_the_effort_is_bounded() -> None:
    wild = "*".join(f"(p[i] + {n}*y[i])" for n in range(20))
    with limit() as meter:
        MEND.judge(wild)
        spent = meter.spent
        MEND.judge(wild).first_hints(2)
    assert spent < steps_of(0.175) + 1000  # what a judge may take of an effort of 0.1
    assert meter.spent - spent < steps_of(0.1)


FILL = FillLines(
    TAU,
    """
    ∂(L, z[i])
      = …                        -- one term a class
      = (Σ(j, y[j])*p[i] - y[i])/tau
      = …                        -- y sums to 1
    """,
    answer=["-Σ(j, y[j]*(δ(i,j) - p[i]))/tau", "(p[i] - y[i])/tau"],
)


@pytest.mark.parametrize(
    ("texts", "said", "solved"),
    [
        (["-Σ(j, y[j]*(δ(i,j) - p[i]))/tau", "(p[i] - y[i])/tau"], "Every step is right", True),
        (["", ""], "Line 1 is missing", False),
        (["", "(p[i] - y[i])/tau"], "Line 1 is missing, the others are right", False),
        (["-Σ(j, y[j]*(δ(i,j) - p[j]))/tau", ""], "Line 1 does not follow", False),
        (["-Σ(j, y[j]*(δ(i,j) - p[i]))/tau", "p[i] - y[i]"], "Line 3 does not follow", False),
        (["∂(L, z[i])", "(p[i] - y[i])/tau"], "Line 1 is true, but there is a ∂ left", False),
        (["(p[i]*Σ(k, y[k]) - y[i])/tau", ""], "Line 1 is true, but it is line 2 again", False),
        (["-Σ(j y[j])", ""], "Not well-formed", False),
        (["q", "p[i]"], "'q' is not declared", False),
    ],
)
def test_missing_lines(texts: list[str], said: str, solved: bool) -> None:
    answer = FILL.judge(*texts)
    assert said in answer.message
    assert answer.solved == solved


@pytest.mark.parametrize(
    ("text", "solved", "said"),
    [
        ("0.25", True, "Right"),
        ("1/4", True, "Right"),
        ("25 %", True, "Right"),
        ("2.5e-1", True, "Right"),
        (".2501", True, "Right"),
        ("−0.25", False, "Not −0.25"),
        ("0.2", False, "Not 0.2"),
        ("1/0", False, "no number"),
        ("0,25", False, "no number"),
        ("2^-2", False, "no number"),
        ("inf", False, "no number"),
        ("1e999", False, "Not"),
        ("", False, "Write a number"),
    ],
)
def test_numbers(text: str, solved: bool, said: str) -> None:
    answer = GiveNumber("How steep?", 0.25).judge(text)
    assert (answer.solved, said in answer.message) == (solved, True)


CODE = WriteNumPy(
    Theory("X: m×d\nf := Σ(n, i, X[n,i]^2)/2"),
    "∂(f, X[n,i])",
    "X[n,i]",
    {"X": [[1, 2, 3], [4, 5, 6]]},
    code="X",
)


@pytest.mark.parametrize(
    ("function", "solved", "said"),
    [
        (lambda X: X, True, "Right"),
        (lambda X: X * (1 + 1e-15), True, "Right"),
        (lambda X: 2 * X, False, "the largest difference is 6."),
        (lambda X: X.T, False, "the shape is (3, 2), and (2, 3) is expected"),
        (lambda X: X / 0, False, "the largest difference is ∞"),
        (lambda X: "X", False, "an array of real numbers is expected"),
        (lambda X: X + 5j, False, "an array of real numbers is expected"),
        (lambda X: X.astype(str), False, "an array of real numbers is expected"),
        (lambda X: np.ma.array(X, mask=True), False, "an array of real numbers is expected"),
        (lambda X: [10**400], False, "expected"),
        (lambda X: exit(), False, "raised SystemExit"),
        (lambda x: x, False, "called with X by name, and raised TypeError"),
        (lambda X: X.fill(0), False, "expected"),  # spoils a copy alone
        (lambda X: X, True, "Right"),
    ],
)
def test_functions(function: Any, solved: bool, said: str) -> None:
    answer = CODE.judge(function)
    assert said in answer.message
    assert answer.solved == solved


@pytest.mark.parametrize("asked", [MEND, PLAIN, FILL, GiveNumber("How steep?", 0.25)])
def test_what_is_stored_says_the_question_and_folds_the_answer(asked: Any) -> None:
    asked.check()
    stored = asked.twin()
    assert stored["text/plain"].startswith(asked.question)
    assert stored["text/html"].count("<details>") == stored["text/html"].count("</details>") >= 2
    assert "run the cells above first" in stored["text/html"]
    assert stored == asked.twin()


@pytest.mark.parametrize(
    ("wrong", "answer", "problem"), [("3*x^2", "3*x^2", "wrong is"), ("x", "2*x", "right is")]
)
def test_an_exercise_that_is_none_is_noticed(wrong: str, answer: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Exercise(Theory("x: real\nf := x^3"), "∂(f, x)", wrong, answer=answer).check()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"texts": ["p[i]"], "hints": 0}, "Not yet"),
        ({"texts": ["p[i]", "p[i]"], "hints": 0}, "could not be judged (ValueError)"),
        ({"texts": [3], "hints": 0}, "could not be judged (TypeError)"),
        ({}, "could not be judged (KeyError)"),
    ],
)
def test_every_question_of_a_page_is_answered(
    monkeypatch: pytest.MonkeyPatch, question: dict[str, Any], said: str
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(MEND, "send", sent.append)
    MEND._on_question(MEND, {"id": 7, "question": question}, [])
    assert [answer["id"] for answer in sent] == [7]
    assert said in sent[0]["answer"]["message"]


def test_hostile_texts_are_answered_and_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    number = GiveNumber("How steep?", 0.25)
    asked = Exercise(TAU, "∂(L, z[i])", answer=MEND.answer, effort=0.01)
    MEND.judge("p[i]"), number.judge("1")  # what is imported late has been

    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"called with {args}")

    for name in (
        "builtins.eval",
        "builtins.exec",
        "builtins.open",
        "os.system",
        "subprocess.Popen",
    ):
        monkeypatch.setattr(name, never)
    count = 0
    for text in hostile.texts():
        with limit() as meter:
            answer = asked.judge(text)
            assert isinstance(answer, Answer)
            assert answer.message
            assert meter.spent < steps_of(0.02)
        shown = answer.shown()
        assert "<script" not in "".join(shown["understood"])
        assert number.judge(text).message
        count += 1
    assert count >= 200
    assert MEND.judge(MEND.answer).verdict is not None
    assert MEND.judge(MEND.answer).verdict.status is Status.PROVED  # type: ignore[union-attr]


def test_the_axes_of_a_result_are_in_the_order_of_the_left_side() -> None:
    theory = Theory("v: H\nx: D\nW: H×D\nf := Σ(h, i, W[h,i]*v[h]*x[i])")
    asked = WriteNumPy(
        theory,
        "∂(f, W[h,i])",
        "x[i]*v[h]",
        {"v": [1.0, 2.0], "x": [3.0, 4.0, 5.0]},
        code="np.outer(v, x)",
    )
    assert asked.judge(lambda v, x: np.outer(v, x)).solved
    assert not asked.judge(lambda v, x: np.outer(x, v)).solved


def test_a_small_entry_beside_a_large_one_counts() -> None:
    theory = Theory("x: K\nf := Σ(k, exp(x[k]))")
    asked = WriteNumPy(theory, "∂(f, x[i])", "exp(x[i])", {"x": [30.0, 0.0]}, code="np.exp(x)")
    assert asked.judge(lambda x: np.exp(x)).solved
    assert not asked.judge(lambda x: [np.exp(30), -500]).solved
    far = WriteNumPy(theory, "∂(f, x[i])", "exp(x[i])", {"x": [1000.0, 0.0]}, code="np.exp(x)")
    assert far.judge(lambda x: np.exp(x)).solved


STEPS = Theory("x, y: real\nf := (x+1)^2")
PLACES = Theory("h: 0..T")


@pytest.mark.parametrize(
    ("theory", "text", "answer", "wrong"),
    [
        (STEPS, "f\n= …\n= (x+1)*(x+1)", "x*(x + 2) + 1", "(x^2+2*x+1)*y/y"),
        (STEPS, "f\n= …\n= (x+1)*(x+1)", "x*(x + 2) + 1", "exp(log(f))"),
        (STEPS, "f\n= …\n= x^2+2*x+1\n= (x+1)*(x+1)", "x*(x + 2) + 1", "(x+1)*(x+1)"),
        (PLACES, "2*h[t]\n= …", "h[t]+h[t]", "h[t]+h[t]+h[t-1]-h[t-1]"),
        (PLACES, "2*h[t]\n= …", "h[t]+h[t]", "h[t]+h[t]+0*h[9]"),
    ],
)
def test_a_filled_line_needs_no_more_than_the_authors(
    theory: Theory, text: str, answer: str, wrong: str
) -> None:
    asked = FillLines(theory, text, answer=[answer])
    assert asked.judge(answer).solved
    assert not asked.judge(wrong).solved


def test_a_right_side_holds_on_the_whole_range() -> None:
    asked = Exercise(PLACES, "2*h[t]", "h[t]", answer="h[t]+h[t]")
    assert asked.judge("h[t]+h[t]").solved
    narrow = asked.judge("h[t]+h[t]+h[t-1]-h[t-1]")
    assert not narrow.solved
    assert "Right only where" in narrow.message


@pytest.mark.parametrize("value", [0.25, 4.0, 3.14159, 123456.789, 1e-12, 2.5e7, 1e301, 5e-324])
def test_the_number_that_is_shown_is_accepted(value: float) -> None:
    asked = GiveNumber("How much?", value, tolerance=abs(value) * 1e-8)
    assert asked.judge(asked.judge("7").hints[-1].removeprefix("The answer: ")).solved


def test_hints_are_soon_there_however_many_indices_there_are() -> None:
    letters = "abcdefghklmnoqrstuvwx"
    asked = Exercise(Theory(theories.SOFTMAX), "∂(L, z[i])", "p[i] + y[i]", answer="p[i] - y[i]")
    answer = asked.judge("p[i] - " + "*".join(f"y[{letter}]" for letter in letters))
    assert answer.first_hints(1)
