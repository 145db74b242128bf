"""A verdict is a proof that survived cross-examination, a counterexample, or an honest UNKNOWN."""

import re
from functools import partial
from math import nan
from typing import Any

import pytest

from derivlib.proof import DisagreementError, Status, Theory
from derivlib.proof import judge as judge_module
from derivlib.proof.algebra.polynomial import Poly
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.language.effort import STEPS, limit
from derivlib.proof.refuter.examination import Examination
from tests.support.effort import at_most
from tests.support.theories import BACK_PROPAGATION, RECURRENT, SOFTMAX


@pytest.fixture
def theory() -> Theory:
    return Theory(SOFTMAX)


def test_a_proof_names_the_hypotheses_that_it_cannot_do_without(theory: Theory) -> None:
    verdict = theory.prove("∂(L, z[i])", "p[i] - y[i]")
    assert verdict.hypotheses == theory.hypotheses
    assert [*map(str, verdict.hypotheses)] == ["Σ(k, y[k]) = 1"]
    assert theory.prove("∂(L, z[i])", "p[i]*Σ(j, y[j]) - y[i]").hypotheses == ()


def test_only_the_hypothesis_that_is_needed_is_named() -> None:
    theory = Theory("x: K, sum 1\ny: K, sum 1")
    assert theory.prove("Σ(i, 2*x[i])", "2").hypotheses == theory.hypotheses[:1]
    assert [*map(str, theory.hypotheses)] == ["Σ(k, x[k]) = 1", "Σ(k, y[k]) = 1"]


def test_a_hypothesis_goes_that_only_shortens_the_proof() -> None:
    theory = Theory("""
        W: H×H
        e: 1..T+1 × H
        f: 1..T × H
        hdot: 0..T × H
        lam: 1..T+1 × H
        assume hdot[t,a] = e[t,a]*(Σ(q, hdot[t-1,q]*W[q,a]) + f[t,a])
        assume hdot[0,a] = 0
        assume lam[T+1,a] = 0
        F[t] := Σ(q, a, hdot[t,q]*W[q,a]*e[t+1,a]*lam[t+1,a])
    """)
    verdict = theory.prove(
        "Σ(t in 1..T, Σ(a, lam[t,a]*hdot[t,a]) - F[t])",
        "Σ(t in 1..T, Σ(a, lam[t,a]*e[t,a]*f[t,a]) + F[t-1] - F[t])",
    )
    assert verdict.status == "PROVED"
    assert verdict.hypotheses == theory.hypotheses[:1]


@pytest.mark.parametrize(
    ("text", "left", "right", "reason"),
    [
        ("a, b: real", "a/(b - b)", "a", "defined nowhere: division by 0"),
        ("a, b: real\nassume a = b", "1/(a - b)", "a", "defined nowhere: division by 0"),
        ("x: K", "Σ(k, x[k]/(x[k] - x[k]))", "1", "not defined for all sizes: division by 0"),
        (
            "x: K",
            "Σ(k != i, x[k]/(x[k] - x[k]))",
            "Σ(k != i, x[k])",
            "not defined everywhere: division by 0",
        ),
        (
            "z: K\nw: N",
            "Σ(k, δ(k,N)*z[k]) + w[N]",
            "w[N] + Σ(k, z[k]*δ(k,N))",
            "beyond the prover: δ picks a place that may lie outside of the sum: N",
        ),
    ],
)
def test_a_reason_is_true_and_in_the_words_of_the_author(
    text: str, left: str, right: str, reason: str
) -> None:
    assert Theory(text).prove(left, right).reason == reason


def test_a_hypothesis_does_not_restrict_differentiation(theory: Theory) -> None:
    assert theory.prove("∂(Σ(j, y[j]), y[i])", "1").status == "PROVED"
    assert theory.prove("∂(Σ(j, y[j]), y[i])", "0").status == "REFUTED"


def test_sum_1_holds_along_the_last_axis_alone() -> None:
    theory = Theory("Y: m×K, sum 1")
    assert theory.prove("Σ(k, Y[n,k])", "1").status == "PROVED"
    assert theory.prove("Σ(n, Y[n,k])", "1").status == "REFUTED"


def test_conditions_are_named_and_those_that_hold_always_are_not(theory: Theory) -> None:
    def conditions(left: str, right: str) -> list[str]:
        return [*map(str, theory.prove(left, right).conditions)]

    assert conditions("p[i]/p[i]", "1") == []
    assert conditions("z[i]/z[i]", "1") == ["z[i] != 0"]
    assert conditions("log(y[i]^2)*0", "0") == ["y[i]^2 > 0"]
    assert conditions("p[2] - p[2]", "0") == ["K >= 2"]


@pytest.mark.parametrize(
    ("text", "left", "right", "verdict"),
    [
        ("x: K\nK >= 3", "Σ(k, δ(k,3)*x[k])", "x[3]", "PROVED"),
        ("x: K\nK >= 2", "Σ(k, δ(k,3)*x[k])", "x[3]", "PROVED where K >= 3"),
        ("x: K", "∂(Σ(k, x[k]), x[3])", "1", "PROVED where K >= 3"),
        ("x: K\nd[k] := x[k]*x[3]", "∂(Σ(k, d[k]), x[1])", "x[3]", "PROVED where K >= 3"),
        ("x: K\nK >= 3", "Σ(k in 3..K, x[k])", "x[3] + Σ(k in 4..K, x[k])", "PROVED"),
        (
            "x: K\nK >= 3",
            "δ(3,K)*x[3]",
            "δ(3,K)*x[K]",
            "UNKNOWN: beyond the prover: whether 3 is K",
        ),
        ("x: K\nK >= 4", "δ(3,K)*x[3]", "0", "PROVED"),
    ],
)
def test_a_bound_licenses_the_places_up_to_it(
    text: str, left: str, right: str, verdict: str
) -> None:
    assert str(Theory(text).prove(left, right)) == verdict


LAST = "x: T\na: real\np[t] := x[t]/(1 - δ(t,T)*a)"


@pytest.mark.parametrize(
    ("text", "left", "right", "conditions"),
    [
        # a definition is asked anew where an index of the same letter runs further
        (
            LAST,
            "Σ(t in 1..T-1, p[t]) + Σ(t, p[t])",
            "Σ(t, p[t]) + Σ(t in 1..T-1, x[t])",
            ["1 - δ(t,T)*a != 0 for all t"],
        ),
        (
            "h: 0..T\na: real\ng[t] := h[t]/(1 - δ(t,0)*a)",
            "Σ(t in 1..T, g[t]) + Σ(t in 0..T, g[t])",
            "Σ(t in 1..T, h[t]) + Σ(t in 0..T, g[t])",
            ["1 - δ(t,0)*a != 0 for all t in 0..T"],
        ),
        # two places whose texts were the same
        (
            "h: 0..T+1\nT >= 2",
            "Σ(t in 0..T, h[t+1]/h[t+1])*(h[s]^2/h[s])",
            "h[s]*Σ(t in 0..T, h[t+1]/h[t+1])",
            ["h[t+1] != 0 for all t in 0..T", "h[s] != 0"],
        ),
        # a sum up to a free index
        (
            "x: T",
            "x[s] + Σ(t in 1..s, 1/x[t])",
            "Σ(t in 1..s, 1/x[t]) + x[s]",
            ["x[t] != 0 for all t in 1..s"],
        ),
        # of two ranges of one letter, the wider is said, or else both
        (
            "x: 0..T",
            "Σ(t in 0..T, 1/x[t]) + Σ(t in 1..T, 1/x[t])",
            "Σ(t in 1..T, 1/x[t]) + Σ(t in 0..T, 1/x[t])",
            ["x[t] != 0 for all t in 0..T"],
        ),
        (
            "x: 0..T",
            "Σ(t in 0..T, 1/x[t]) + Σ(t in 1..T, log(x[t]))",
            "Σ(t in 1..T, log(x[t])) + Σ(t in 0..T, 1/x[t])",
            ["x[t] != 0 for all t in 0..T", "x[t] > 0 for all t"],
        ),
        (
            "x: 0..T+1\nT >= 2",
            "Σ(t in 0..T, 1/x[t])*Σ(t in 1..T+1, 1/x[t])",
            "Σ(t in 1..T+1, 1/x[t])*Σ(t in 0..T, 1/x[t])",
            ["x[t] != 0 for all t in 0..T", "x[t] != 0 for all t in 1..T+1"],
        ),
        # an exponent that is a name, or comes to a number, asks for more than one that is written
        ("x: real\nn := 2", "x^n", "x*x", ["x > 0"]),
        ("x: real\na: real", "x^(a-a)", "1", ["x > 0"]),
        ("x: real", "x^(1 + 1)", "x*x", []),
    ],
)
def test_conditions_suffice(text: str, left: str, right: str, conditions: list[str]) -> None:
    for sides in ((left, right), (right, left)):
        verdict = Theory(text).prove(*sides)
        assert verdict.status is Status.PROVED
        assert sorted(map(str, verdict.conditions)) == sorted(conditions)


def test_a_counterexample_is_small(theory: Theory) -> None:
    found = theory.prove("∂(L, z[i])", "y[i] - p[i]").counterexample
    assert found is not None
    assert dict(found.sizes) == {"K": 2}
    assert float(found.left) == -float(found.right) != 0


def test_neither_proved_nor_refuted_is_unknown(theory: Theory) -> None:
    verdict = theory.prove("sqrt(z[i]^2)", "Max(z[i], -z[i])")
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


@pytest.mark.parametrize("effort", [1e-3, 0.05, 1])
def test_the_effort_is_kept(effort: float) -> None:
    theory = Theory("x: K\ny: K\nz: K")
    with limit() as meter:
        verdict = theory.prove("(Σ(i, x[i] + y[i]*z[i]) + 1)^40", "Σ(i, x[i])^41", effort=effort)
    assert verdict.status in ("UNKNOWN", "REFUTED")
    assert meter.spent < 1.1 * effort * STEPS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "a, b: real\nassume b + a = a + b",
            "b + a = a + b is of no use: both sides",
        ),
        ("a, b: real\nassume 0 = 1", "0 = 1 is of no use: it never holds"),
        ("a, b: real\nassume 1/(a - a) = b", "1/(a - a) = b is of no use: division by 0"),
    ],
)
def test_a_hypothesis_that_could_not_be_used_is_named(text: str, reason: str) -> None:
    verdict = Theory(text).prove("sqrt(a^2)", "Max(a, -a)")
    assert verdict.status is Status.UNKNOWN
    assert reason in verdict.reason


def test_a_hypothesis_of_no_use_does_not_stand_in_the_way() -> None:
    theory = Theory("a, b: real\nassume ((a + b)^60 + 1)^60 = a\nassume a = 2*b")
    assert theory.prove("a - b", "b").status in (Status.PROVED, Status.UNKNOWN)
    theory = Theory("a, b: real\nassume b + a = a + b\nassume a = 2*b")
    assert theory.prove("a - b", "b").hypotheses == theory.hypotheses[1:]


def test_dropping_hypotheses_takes_no_longer_than_a_few_proofs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spent = []
    plain = Prover.zero

    def counted(self: Prover, poly: Poly, depth: int = 0) -> bool:
        if depth or not self.rules:
            return plain(self, poly, depth)
        with limit() as meter:
            try:
                return plain(self, poly)
            finally:
                spent.append(meter.spent)

    monkeypatch.setattr(Prover, "zero", counted)
    verdict = Theory(RECURRENT).prove(*BACK_PROPAGATION)
    assert verdict.status is Status.PROVED
    assert len(verdict.hypotheses) == 3
    *_, proof, one, two, three = spent
    assert max(one, two, three) < 1.1 * (judge_module.TIMES * proof + judge_module.SPARE)


def test_a_proof_that_leaves_no_effort_to_drop_hypotheses_is_a_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theory = Theory("x: K, sum 1\ny: K, sum 1")
    monkeypatch.setattr(judge_module, "TIMES", 0)
    monkeypatch.setattr(judge_module, "SPARE", 0)
    verdict = theory.prove("Σ(i, 2*x[i])", "2")
    assert verdict.status is Status.PROVED
    assert verdict.hypotheses == theory.hypotheses


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("((((2^64)^64)^64)^64)^64", "1"),
        ("(((2^64)^64)^64)^64", "(((2^64)^64)^64)^64"),
        ("((3/7)^60)^60 * a^2", "((3/7)^60)^60 * a"),
        ("2^(64^64)", "3"),
        ("sqrt(2)^(64^64)", "3"),
        ("(((a + 2^64)^2 - a)^64)^64", "3"),
        ("b59", "b59 + 1"),
    ],
)
def test_large_numbers_are_refused_before_they_are_computed(left: str, right: str) -> None:
    squares = "\n".join(f"b{n} := b{n - 1}*b{n - 1}" for n in range(1, 60))
    theory = Theory(f"a: real\nb0 := 3\n{squares}")
    with at_most(lines=3_000_000):
        assert theory.prove(left, right).status is not Status.PROVED


@pytest.mark.parametrize("name", ["effort", "timeout"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(0, ValueError), (-1, ValueError), (nan, ValueError), ("x", TypeError), ([1], TypeError)],
)
def test_effort_and_timeout_are_positive_numbers(
    theory: Theory, name: str, value: Any, error: type[Exception]
) -> None:
    derivation = theory.derive("1\n = 1")
    for ask in (
        partial(theory.prove, "1", "1"),
        partial(theory.derive, "1\n = 1"),
        derivation.witness,
        lambda **options: list(derivation.mutants(**options)),
    ):
        with pytest.raises(
            error, match=f"{name} must be a positive number.*{re.escape(str(value))}"
        ):
            ask(**{name: value})


@pytest.mark.parametrize(
    ("text", "left", "right", "said"),
    [
        ("x: K", "Σ(k, x[k]/x[k])", "K", "PROVED where x[k] != 0 for all k"),
        ("x, y: K", "x[i]/x[i]", "Σ(k, y[k]/y[k])/K", "x[i] != 0, y[k] != 0 for all k"),
        ("x: K", "Σ(k, 1/(x[i] - x[k] + 3))", "Σ(k, 1/(3 + x[i] - x[k]))", "!= 0 for all k"),
        ("b, a: real", "∂(sqrt(b)*a, a)", "sqrt(b)", "PROVED where b >= 0"),
        # a hypothesis is there from a size on
        ("x: K\na: real\nassume x[1] + x[3] = a + x[3]", "x[1]", "a", "PROVED where K >= 3, using"),
        ("x: K\na: real\nassume x[1] + x[3] = a + x[3]", "x[1] + a", "a + x[1]", "PROVED"),
        # what it says by having a value need not be said again
        ("x, g: K\nassume g[k] = log(x[k])", "log(x[i])*x[i]", "g[i]*x[i]", "PROVED, using"),
        ("x, g: K\nassume g[k] = log(x[k])", "log(x[i])", "log(x[i])", "PROVED where x[i] > 0"),
        (
            "x, g: K\nassume g[k] = 1/x[k]",
            "log(x[i])*g[i]",
            "log(x[i])/x[i]",
            "where x[i] > 0, using",
        ),
    ],
)
def test_grounds_say_what_they_are_for_and_nothing_twice(
    text: str, left: str, right: str, said: str
) -> None:
    found = str(Theory(text).prove(left, right))
    assert said in found
    assert found.startswith("PROVED")
    assert (" where " in found) == ("where" in said or "!=" in said)


def test_a_least_size_is_said_once() -> None:
    derivation = Theory("x: K").derive("0*x[3]\n = x[3]*0\n = 0*x[2]")
    assert derivation.summary() == "PROVED for all K ≥ 3"
    assert derivation.witness().sizes == {"K": 3}
    with pytest.raises(ValueError, match="'K' is 2; expected an integer >= 3"):
        derivation.witness(K=2)
