"""Verdicts as a reader meets them."""

import copy
import pickle
from fractions import Fraction
from typing import Any

import pytest

from derivlib.proof import Counterexample, Status, Theory, Verdict
from derivlib.proof.language.frozen import FrozenDict
from derivlib.proof.language.parser import parse
from derivlib.proof.language.signature import Condition
from derivlib.proof.verdict import COLOURS
from derivlib.proof.views.latex import latex_stated
from derivlib.proof.views.markdown import typeset


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
    assert bundle["text/markdown"].endswith(
        '<span style="color: #00795a">✓ **PROVED**</span> for all real values, where $x \\ne 0$'
    )


def test_conditions_and_hypotheses_are_typeset() -> None:
    theory = Theory("a_b: K, sum 1\nz: K")
    verdict = theory.prove("Σ(k != i, z[k])/Σ(k != i, z[k])*Σ(j, a_b[j])*z[3]", "z[3]")
    assert verdict._repr_mimebundle_()["text/markdown"].endswith(
        r"✓ **PROVED**</span> for all K ≥ 3, where $\sum_{k \ne i} z_k \ne 0$, "
        r"using $\sum_{k=1}^{K} a_{b,k} = 1$"
    )


def test_markdown_does_not_read_words_as_emphasis() -> None:
    theory = Theory("a_b: K, sum 1")
    verdict = theory.prove("∂(Σ(k, a_b[k]), a_b[i])", "2")
    assert r"each entry of a\_b varied by itself" in verdict._repr_mimebundle_()["text/markdown"]


def test_a_counterexample_is_a_table_with_the_place_where_the_sides_part() -> None:
    theory = Theory("a_b: K\nf: 0..T")
    verdict = theory.prove("exp(a_b[i] - f[T])*2", "exp(a_b[i] + f[T])*2")
    *_, table = verdict._repr_mimebundle_()["text/markdown"].split("\n\n")
    assert table.splitlines() == [
        "| at | $K = 1$, $T = 1$, $i = 1$ |",
        "| --- | --- |",
        "| $a_b$ | (0) |",
        "| $f$ | (0, 1) |",
        "| left side | 0.735759 |",
        "| right side | 5.43656 |",
        "| they part at | $a_{b,i} - f_T$ (−1) against $a_{b,i} + f_T$ (1) |",
    ]


def test_the_line_of_a_derivation_and_a_verdict_say_the_same() -> None:
    theory = Theory("z: K\nx: 0..T\nc: real\nassume x[t] = c*x[t-1]")
    left, right = "z[i]/z[i]*x[t]", "c*x[t-1]"
    verdict = theory.prove(left, right)._repr_mimebundle_()["text/markdown"]
    derivation = theory.derive(f"{left}\n= {right}")._repr_mimebundle_()["text/markdown"]
    assert verdict.split("\n\n")[-1] == derivation.split("\n\n")[-1]
    assert "for all K ≥ 1, T ≥ 1, t in 1..T, where" in verdict


@pytest.mark.parametrize("colour", COLOURS.values())
def test_a_verdict_is_legible_on_a_light_and_on_a_dark_page(colour: str) -> None:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    light = sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (light + 0.05) >= 4.5
    assert (light + 0.05) / (0.0056 + 0.05) >= 3  # of #111, JupyterLab's dark page


@pytest.mark.parametrize(
    ("left", "relation", "right", "text", "formula"),
    [
        ("K", ">=", "2", "K >= 2", r"K \ge 2"),
        ("c", ">", "0", "c > 0", "c > 0"),
        ("p[i]-1", "!=", "0", "p[i] - 1 != 0", r"p_i - 1 \ne 0"),
        ("Σ(k != i, z[k])", "!=", "0", "Σ(k != i, z[k]) != 0", r"\sum_{k \ne i} z_k \ne 0"),
        ("Σ(k != i, z[k])", ">=", "c", "Σ(k != i, z[k]) >= c", r"\sum_{k \ne i} z_k \ge c"),
    ],
)
def test_a_condition(left: str, relation: str, right: str, text: str, formula: str) -> None:
    condition = Condition(parse(left), relation, parse(right))
    assert str(condition) == repr(condition) == text
    assert latex_stated(condition) == formula
    assert typeset(condition) == f"${formula}$"


@pytest.mark.parametrize(
    ("text", "left", "condition", "formula"),
    [
        ("x: T", "Σ(t, 1/x[t])", "x[t] != 0 for all t", r"x_t \ne 0 \text{ for all } t"),
        (
            "x: 0..T",
            "Σ(t in 0..T, 1/x[t])",
            "x[t] != 0 for all t in 0..T",
            r"x_t \ne 0 \text{ for all } t = 0, \dots, T",
        ),
        (
            "x: 0..T+2\ny: 0..T+1",
            "Σ(t in 1..s+1, 1/x[t]) + 0*y[s]",
            "x[t] != 0 for all t in 1..s+1",
            r"x_t \ne 0 \text{ for all } t = 1, \dots, s+1",
        ),
        (
            "x: 0..T\ny: K",
            "Σ(t in 0..T, k, 1/(x[t] - y[k]))",
            "x[t] - y[k] != 0 for all k, t in 0..T",
            r"x_t - y_k \ne 0 \text{ for all } k; t = 0, \dots, T",
        ),
    ],
)
def test_for_which_places_a_condition_is_meant(
    text: str, left: str, condition: str, formula: str
) -> None:
    (found,) = Theory(text).prove(left, left).conditions
    assert str(found) == condition
    assert latex_stated(found) == formula


def test_a_hypothesis() -> None:
    theory = Theory("y: m×K, sum 1\nx: 0..T\nassume x[t] = x[t-1]^2")
    first, second = theory.hypotheses
    assert str(first) == repr(first) == "Σ(k, y[j,k]) = 1"
    assert latex_stated(first) == r"\sum_{k=1}^{K} y_{jk} = 1"
    assert str(second) == repr(second) == "x[t] = x[t-1]^2"
    assert typeset(second) == "$x_t = x_{t-1}^2$"


def test_conditions_are_equal_if_they_say_the_same() -> None:
    """Wherever they stood in the line."""
    theory = Theory("x, z: K")
    (one,) = theory.prove("z[i]/x[i]*x[i]", "z[i]").conditions
    (other,) = theory.prove("0 + 0*z[j] + 1/ x[i]", "1/x[i] + 0*z[j]").conditions
    (third,) = theory.prove("1/x[j]", "1/x[j]").conditions
    assert one == other != third
    assert len({one, other, third}) == 2


# --- kept, sent to another process, looked up -----------------------------------------------------

STATED = Theory("""
    y: K, sum 1
    z: K
    x: 0..T
    f: T
    c: real
    assume x[t] = f[t]*x[t-1]
""")
SIDES = {
    "PROVED": ("Σ(k, c*y[k])/z[i]*z[i] + 0*Σ(s in 1..t, f[s])", "c + 0*f[t]"),
    "a recurrence": ("x[t]/f[t]", "x[t-1]"),
    "REFUTED": ("Σ(k, z[k]) + x[T] - c", "Σ(k, z[k]*y[k])"),
    "UNKNOWN": ("sqrt(z[i]^2)", "Max(z[i], -z[i])"),
}


def things() -> dict[str, Any]:
    found: dict[str, Any] = {
        f"hypothesis {n}": hypothesis for n, hypothesis in enumerate(STATED.hypotheses)
    }
    for name, sides in SIDES.items():
        found[f"statement: {name}"] = STATED.statement(*sides)
        found[f"verdict: {name}"] = verdict = STATED.prove(*sides)
        found |= {f"condition: {name}: {condition}": condition for condition in verdict.conditions}
        if verdict.counterexample:
            found["counterexample"] = verdict.counterexample
    found["theory"] = STATED
    found["definition"] = Theory("z: K\np[j] := z[j]*Σ(s in 1..j, z[s])").definitions["p"]
    found["variable"] = STATED.variables["x"]
    found["derivation"] = STATED.derive("x[t]\n= f[t]*x[t-1]\n= 2*x[t]/2")
    return found


THINGS = things()


def test_there_are_verdicts_of_every_kind() -> None:
    verdicts = [thing for thing in THINGS.values() if isinstance(thing, Verdict)]
    assert {verdict.status for verdict in verdicts} == {*Status}
    assert any(verdict.conditions and verdict.hypotheses for verdict in verdicts)


@pytest.mark.parametrize("name", THINGS)
def test_what_is_pickled_and_read_again_is_the_same(name: str) -> None:
    thing = THINGS[name]
    for again in (pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing)):
        assert again is not thing
        assert again == thing
        assert str(again) == str(thing)
        assert hash(again) == hash(thing)
        assert {thing: 1}[again] == 1
        if isinstance(thing, Verdict):
            assert again.statement == thing.statement


def test_the_maps_of_a_counterexample_cannot_be_changed() -> None:
    found = THINGS["counterexample"]
    for mapping in (found.sizes, found.indices, found.entries):
        assert isinstance(mapping, FrozenDict)
    with pytest.raises(TypeError):
        found.sizes["K"] = 7
