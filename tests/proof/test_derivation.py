"""Chains of lines: each is judged against the one before, and a wrong one does not get through."""

import numpy as np
import pytest
import sympy

from derivlib.proof import Derivation, LanguageError, RefutedError, Status, Theory
from tests.support.theories import CROSS_ENTROPY, SOFTMAX


@pytest.fixture(scope="module")
def theory() -> Theory:
    return Theory(SOFTMAX)


@pytest.fixture(scope="module")
def gradient(theory: Theory) -> Derivation:
    return theory.derive(CROSS_ENTROPY)


def test_every_line_has_its_reason_and_its_verdict(gradient: Derivation) -> None:
    assert [line.reason for line in gradient.lines] == [
        "",
        "chain rule",
        "softmax Jacobian",
        "distribute",
        "δ picks j = i",
        "Σ y = 1",
    ]
    assert gradient.lines[0].verdict is None
    assert [verdict.status for verdict in gradient.verdicts] == ["PROVED"] * 5
    assert gradient.status is Status.PROVED


def test_the_ledger_says_which_line_needs_which_hypothesis(gradient: Derivation) -> None:
    used = [[*map(str, verdict.hypotheses)] for verdict in gradient.verdicts]
    assert used == [[], [], [], [], ["Σ(k, y[k]) = 1"]]
    assert gradient.hypotheses == gradient.theory.hypotheses
    assert gradient.conditions == ()


# Every sign of the chain, turned around one at a time.
WRONG = [
    ("= -Σ(j, y[j]*δ(i,j)) + p[i]", "= Σ(j, y[j]*δ(i,j)) + p[i]"),
    ("y[j]*δ(i,j)) + p[i]*Σ", "y[j]*δ(i,j)) - p[i]*Σ"),
    ("p[i]*Σ(j, y[j]) - y[i]", "p[i]*Σ(j, y[j]) + y[i]"),
    ("= p[i] - y[i] ", "= p[i] + y[i] "),
    ("(δ(i,j) - p[i])", "(δ(i,j) + p[i])"),
    ("Σ(j, -y[j]/p[j]", "Σ(j, y[j]/p[j]"),
    ("∂(L, p[j]) * ∂(p[j], z[i])", "-∂(L, p[j]) * ∂(p[j], z[i])"),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_one_wrong_sign_stops_the_derivation(theory: Theory, right: str, wrong: str) -> None:
    assert right in CROSS_ENTROPY
    with pytest.raises(RefutedError):
        theory.derive(CROSS_ENTROPY.replace(right, wrong))


def test_a_wrong_line_is_shown_with_its_counterexample(theory: Theory) -> None:
    with pytest.raises(RefutedError) as caught:
        theory.derive("∂(L, z[i])\n = p[i] - y[i] -- right\n = y[i] - p[i] -- wrong")
    message = str(caught.value)
    assert "line 2" in message
    assert "p[i] - y[i]" in message
    assert "≠ y[i] - p[i]" in message
    assert "K = 2" in message
    assert "-0.5" in message
    assert "0.5" in message.replace("-0.5", "")


def test_a_line_that_is_not_known_is_marked_and_not_passed_off_as_proved(theory: Theory) -> None:
    derivation = theory.derive("sqrt(z[i]^2)\n = Max(z[i], -z[i]) -- true")
    assert derivation.status is Status.UNKNOWN
    assert "? =" in str(derivation)
    assert "PROVED" not in str(derivation)
    assert r"\checkmark" not in derivation.latex()


def test_lines_may_go_on_and_comments_are_left_out(theory: Theory) -> None:
    derivation = theory.derive("""
        Σ(i, p[i]) +   # a comment
          1
        = 2   -- two in all
    """)
    assert [line.text for line in derivation.lines] == ["Σ(i, p[i]) + 1", "2"]


@pytest.mark.parametrize("text", ["", "p[i]", "p[i]\n= ", "p[i]\n= q[i]", "p[i] = p[i]"])
def test_what_is_no_derivation_is_refused(theory: Theory, text: str) -> None:
    with pytest.raises(LanguageError):
        theory.derive(text)


def test_a_derivation_is_text(theory: Theory) -> None:
    with pytest.raises(TypeError, match="int"):
        theory.derive(3)  # type: ignore[arg-type]


def test_plain_text(gradient: Derivation) -> None:
    first, *rest, summary = str(gradient).splitlines()
    assert first == "∂(L, z[i])"
    assert all(row.startswith("✓ = ") and " -- " in row for row in rest)
    assert summary == "PROVED for all K ≥ 1, using Σ(k, y[k]) = 1"
    assert repr(gradient) == str(gradient)


def test_latex_is_aligned_with_a_reason_and_a_mark_on_each_line(gradient: Derivation) -> None:
    latex = gradient.latex()
    assert latex.startswith(r"\begin{aligned}")
    assert latex.endswith(r"\end{aligned}")
    assert latex.count(r"\checkmark") == latex.count("&=") == 5
    assert r"\frac{\partial L}{\partial z_i} &= \sum_{j=1}^{K}" in latex
    assert r"\text{chain rule}" in latex


def test_reasons_are_words_not_latex(theory: Theory) -> None:
    latex = theory.derive(r"z[i] = 0 + z[i]".replace(" = ", "\n= ") + r" -- 100 % {a_b} \x").latex()
    assert r"\text{100 \% \{a\_b\} x}" in latex


def test_a_notebook_shows_markdown_and_compares_text(gradient: Derivation) -> None:
    bundle = gradient._repr_mimebundle_()
    assert bundle["text/plain"] == str(gradient)
    assert bundle["text/markdown"].startswith("$$\n\\begin{aligned}")
    assert bundle["text/markdown"].endswith(
        "✓ **PROVED**</span> for all K ≥ 1, using "
        r"$\sum_{k=1}^{K} y_k = 1$"
    )


def test_markdown_does_not_read_products_as_emphasis() -> None:
    theory = Theory("a, b, c_1, d_1: real\nassume a*b*a = c_1*d_1*c_1")
    bundle = theory.derive("a*b*a/d_1\n= c_1*c_1")._repr_mimebundle_()
    assert bundle["text/markdown"].endswith(r"where $d_1 \ne 0$, using $a b a = c_1 d_1 c_1$")
    unknown = Theory("a, b: real\nassume a*b*a = a*a*b").derive("log(-a^2)*b*a\n= a")
    markdown = unknown._repr_mimebundle_()["text/markdown"]
    assert "**UNKNOWN**</span> at `= a`: at no sampled point" in markdown
    assert markdown.endswith(
        r"the hypothesis a\*b\*a = a\*a\*b is of no use: "
        + ("both sides have the same normal form")
    )


def test_sympy_confirms_each_line_by_itself(gradient: Derivation) -> None:
    y = sympy.symbols("y_1:4", real=True)
    first, *rest = gradient.sympy(K=3, i=2)
    assert first.has(sympy.Derivative)
    for line in rest:
        difference = (first.doit() - line.doit()).subs(y[2], 1 - y[0] - y[1])
        assert sympy.simplify(difference) == 0


def test_sympy_gives_arrays_over_the_free_indices(gradient: Derivation) -> None:
    assert gradient.sympy(K=4)[-1].shape == (4,)


@pytest.mark.parametrize("at", [{}, {"i": 1}, {"K": 3, "j": 1}, {"K": 3, "i": 4}, {"K": 0}])
def test_sympy_needs_all_sizes_and_no_others(gradient: Derivation, at: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        gradient.sympy(**at)


def test_numpy_evaluates_any_line_that_has_no_derivative_left(gradient: Derivation) -> None:
    z, y = np.array([0.5, -1.0, 2.0]), np.array([0.2, 0.3, 0.5])
    p = np.exp(z) / np.exp(z).sum()
    for line in (-1, -2, -3, -4):
        np.testing.assert_allclose(gradient.numpy(line)(z=z, y=y), p - y, rtol=1e-14)
    with pytest.raises(ValueError, match="∂"):
        gradient.numpy(0)
