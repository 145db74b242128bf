"""Predictions: the answer is in a fold, whatever it is, and in the text that is compared."""

import numpy as np
import pytest
import sympy

from derivlib.display import Predict, Table, bar_plot
from derivlib.display.exhibits import SigmoidTangent
from derivlib.proof import Theory

THEORY = Theory("x: real")
FIGURE = bar_plot(["a"], {"p": [0.25]}, xlabel="class", ylabel="value")
ANSWERS = {
    "an expression": (sympy.Symbol("x") ** 2, r"$\displaystyle x^{2}$", "x**2"),
    "a verdict": (THEORY.prove("x", "2*x"), "✗ **REFUTED**</span>", "REFUTED at x = 1: 1 ≠ 2"),
    "a derivation": (THEORY.derive("x\n = 2*x/2"), r"\begin{aligned}", "✓ = 2*x/2"),
    "a figure": (FIGURE, '<img alt="Bars: value for class a:', "p: 0.25."),
    "a table": (Table(["n"], [[4]]), "| n |\n| --- |\n| 4 |", "n\n4"),
    "an exhibit": (SigmoidTangent(), '<img alt="The sigmoid', "The sigmoid and its tangent"),
    "words": ("It is $p_i$.", "It is $p_i$.", "It is $p_i$."),
    "a number": (0.25, "0.25", "0.25"),
    "what is no Markdown": (np.float64, r"\<class", "<class"),
    "an array": (np.eye(2), "```text\n[[1. 0.]\n [0. 1.]]\n```", "[[1. 0.]\n [0. 1.]]"),
    "several": (("first", 2), "first\n\n2", "first\n2"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_folded_and_compared(name: str) -> None:
    answer, markdown, plain = ANSWERS[name]
    bundle = Predict("What is it?", answer)._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "text/markdown"}
    question, folded = bundle["text/markdown"].split("\n\n<details><summary>The answer</summary>")
    assert question == "What is it?"
    # Blank lines around, or Markdown is not read inside of HTML.
    assert folded.startswith("\n\n")
    assert folded.endswith("\n\n</details>")
    assert markdown in folded
    assert bundle["text/plain"].startswith("What is it?\nThe answer:")
    assert plain in bundle["text/plain"]


def test_a_fold_says_what_is_in_it() -> None:
    bundle = Predict("Which?", 1, summary="p & q < 1")._repr_mimebundle_()
    assert "<summary>p &amp; q &lt; 1</summary>" in bundle["text/markdown"]


@pytest.mark.parametrize(
    ("question", "answer", "summary", "kind", "message"),
    [
        (3, 1, "open", TypeError, "question: a string"),
        (" ", 1, "open", ValueError, "question: some words"),
        ("Which?", 1, "", ValueError, "summary: some words"),
        ("Which?", None, "open", TypeError, "answer: something to show"),
        ("Which?", (), "open", TypeError, "answer: something to show"),
        ("Which?", (1, None), "open", TypeError, "answer: something to show"),
    ],
)
def test_what_is_no_prediction_is_refused(
    question: str, answer: object, summary: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Predict(question, answer, summary=summary)
