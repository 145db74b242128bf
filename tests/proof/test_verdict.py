"""Verdicts as a reader meets them."""

from fractions import Fraction

import pytest

from derivlib.proof import Counterexample, Status, Theory, Verdict
from derivlib.proof.language.parser import parse
from derivlib.proof.language.signature import Condition


def test_a_verdict_has_three_values_and_so_no_truth_value() -> None:
    with pytest.raises(TypeError, match="PROVED"):
        bool(Verdict(Status.PROVED))


def test_a_status_is_its_own_text() -> None:
    assert Verdict(Status.PROVED).status == "PROVED"
    assert [str(status) for status in Status] == ["PROVED", "REFUTED", "UNKNOWN"]


def test_the_text_says_what_the_verdict_rests_on() -> None:
    conditions = tuple(
        Condition(parse(left), relation, parse(right))
        for left, relation, right in (("x", "!=", "0"), ("K", ">=", "2"))
    )
    verdict = Verdict(Status.PROVED, conditions, hypotheses=Theory("y: K, sum 1").hypotheses)
    assert str(verdict) == repr(verdict) == "PROVED where x != 0, K >= 2, using Σ(k, y[k]) = 1"


def test_a_counterexample_can_be_read() -> None:
    entries = {"c": Fraction(1, 2), "z": (Fraction(0), Fraction(-3)), "X": ((Fraction(1),),)}
    found = Counterexample({"K": 2}, {"i": 1}, entries, "0.5", "-2")
    assert str(found) == "at K = 2, i = 1, c = 1/2, z = (0, -3), X = ((1)): 0.5 ≠ -2"
    assert str(Verdict(Status.REFUTED, counterexample=found)) == f"REFUTED {found}"


def test_a_notebook_shows_the_statement_in_latex_and_the_verdict_in_words() -> None:
    verdict = Theory("x: real").prove("x/x", "1")
    bundle = verdict._repr_mimebundle_()
    assert bundle["text/plain"] == "PROVED where x != 0"
    assert bundle["text/markdown"].startswith(r"$\displaystyle \frac{x}{x} = 1$")
    assert r"✓ **PROVED** where $x \ne 0$" in bundle["text/markdown"]


def test_conditions_and_hypotheses_are_typeset() -> None:
    theory = Theory("a_b: K, sum 1\nz: K")
    verdict = theory.prove("Σ(k != i, z[k])/Σ(k != i, z[k])*Σ(j, a_b[j])*z[3]", "z[3]")
    assert verdict._repr_mimebundle_()["text/markdown"].endswith(
        r"✓ **PROVED** where $K \ge 3$, $\sum_{k \ne i} z_k \ne 0$, "
        r"using $\sum_{k=1}^{K} a_{b,k} = 1$"
    )


def test_markdown_does_not_read_words_as_emphasis() -> None:
    theory = Theory("a_b, c_d: K")
    bundle = theory.prove("∂(Max(a_b[i], c_d[i]), a_b[i])", "1/2*a_b[i]")._repr_mimebundle_()
    assert r"a\_b = (" in bundle["text/markdown"]
