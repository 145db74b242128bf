"""A verdict is a proof that survived cross-examination, a counterexample, or an honest UNKNOWN."""

import time

import pytest

from derivlib.proof import DisagreementError, Status, Theory
from derivlib.proof import judge as judge_module
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.refuter.examination import Examination

SOFTMAX = """
    z: K
    y: K, sum 1
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    L := -Σ(j, y[j]*log(p[j]))
"""


@pytest.fixture
def theory() -> Theory:
    return Theory(SOFTMAX)


def test_a_proof_names_the_hypotheses_that_it_cannot_do_without(theory: Theory) -> None:
    assert theory.prove("∂(L, z[i])", "p[i] - y[i]").hypotheses == ("Σ(k, y[k]) = 1",)
    assert theory.prove("∂(L, z[i])", "p[i]*Σ(j, y[j]) - y[i]").hypotheses == ()


def test_only_the_hypothesis_that_is_needed_is_named() -> None:
    theory = Theory("x: K, sum 1\ny: K, sum 1")
    assert theory.prove("Σ(i, 2*x[i])", "2").hypotheses == ("Σ(k, x[k]) = 1",)


def test_a_hypothesis_does_not_restrict_differentiation(theory: Theory) -> None:
    assert theory.prove("∂(Σ(j, y[j]), y[i])", "1").status == "PROVED"
    assert theory.prove("∂(Σ(j, y[j]), y[i])", "0").status == "REFUTED"


def test_sum_1_holds_along_the_last_axis_alone() -> None:
    theory = Theory("Y: m×K, sum 1")
    assert theory.prove("Σ(k, Y[n,k])", "1").status == "PROVED"
    assert theory.prove("Σ(n, Y[n,k])", "1").status == "REFUTED"


def test_conditions_are_named_and_those_that_hold_always_are_not(theory: Theory) -> None:
    assert theory.prove("p[i]/p[i]", "1").conditions == ()
    assert theory.prove("z[i]/z[i]", "1").conditions == ("z[i] != 0",)
    assert theory.prove("log(y[i]^2)*0", "0").conditions == ("y[i]^2 > 0",)
    assert theory.prove("p[2] - p[2]", "0").conditions == ("K >= 2",)


def test_a_counterexample_is_small(theory: Theory) -> None:
    found = theory.prove("∂(L, z[i])", "y[i] - p[i]").counterexample
    assert found is not None
    assert dict(found.sizes) == {"K": 2}
    assert float(found.left) == -float(found.right) != 0


def test_neither_proved_nor_refuted_is_unknown(theory: Theory) -> None:
    verdict = theory.prove("Max(z[i], 0) + Max(-z[i], 0)", "Max(z[i], -z[i])")
    assert verdict.status is Status.UNKNOWN
    assert verdict.reason


def test_what_is_defined_nowhere_is_not_proved(theory: Theory) -> None:
    assert theory.prove("1/(z[i] - z[i])", "1/(z[i] - z[i])").status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("left", "right"),
    [("∂(L, z[i])", "y[i] - p[i]"), ("p[i]", "p[j]"), ("L", "0"), ("Σ(j, p[j])", "2")],
)
def test_a_prover_that_proves_everything_is_found_out(
    theory: Theory, monkeypatch: pytest.MonkeyPatch, left: str, right: str
) -> None:
    monkeypatch.setattr(Prover, "zero", lambda *_: True)
    with pytest.raises(DisagreementError, match="bug in derivlib"):
        theory.prove(left, right)


def test_a_proof_that_could_not_be_checked_anywhere_is_not_said(
    theory: Theory, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Examination(None, 0, "no point")
    monkeypatch.setattr(judge_module, "examine", lambda *_, **__: silent)
    assert theory.prove("Σ(j, p[j])", "1").status is Status.UNKNOWN


def test_the_budget_is_kept() -> None:
    theory = Theory("x: K\ny: K\nz: K")
    start = time.monotonic()
    verdict = theory.prove("(Σ(i, x[i] + y[i]*z[i]) + 1)^40", "Σ(i, x[i])^41", budget=0.5)
    assert verdict.status in ("UNKNOWN", "REFUTED")
    assert time.monotonic() - start < 5  # half a second, and a loaded machine


@pytest.mark.parametrize("budget", [0, -1, float("nan")])
def test_a_budget_is_positive(theory: Theory, budget: float) -> None:
    with pytest.raises(ValueError, match="budget"):
        theory.prove("1", "1", budget=budget)
