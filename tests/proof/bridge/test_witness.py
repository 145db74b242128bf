"""The second witness: SymPy agrees where lines are equal, and never where they are not."""

import sys
import threading
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
import sympy

from derivlib.proof import Derivation, Theory
from derivlib.proof.bridge.witness import Finding, Opinion, Witness
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.verdict import Status, Verdict
from tests.support import theories
from tests.support.theories import CROSS_ENTROPY

SOFTMAX = Theory(theories.SOFTMAX)
SIGMOID = Theory(theories.SIGMOID)
LOGISTIC = Theory(theories.LOGISTIC)
BACK_IN_TIME = Theory("""
    a: real
    g, u: 1..T
    lam: 1..T+1
    h: 0..T
    assume lam[T+1] = 0
    assume lam[t] = g[t] + a*lam[t+1]
    assume h[0] = 0
    assume h[t] = a*h[t-1] + u[t]
""")


def derived(theory: Theory, *lines: str) -> Derivation:
    """A derivation whose lines nobody has judged, so that they may be wrong."""
    resolved = resolve([(parse(line), line) for line in lines], theory)
    honest = theory.derive("0\n = 0")
    verdict = Verdict(Status.PROVED)
    written = [
        replace(honest.lines[0], text=text, expression=expr, verdict=verdict if n else None)
        for n, (text, expr) in enumerate(zip(lines, resolved.expressions, strict=True))
    ]
    return Derivation(theory, tuple(written), resolved.free)


def opinions(witness: Witness) -> list[Opinion]:
    return [step.opinion for step in witness.steps]


# --- lines that are equal -------------------------------------------------------------------------


def test_cross_entropy_for_three_classes() -> None:
    witness = SOFTMAX.derive(CROSS_ENTROPY).witness(K=3)
    assert opinions(witness) == [Opinion.AGREES] * 5
    assert witness.opinion is Opinion.AGREES
    assert witness.sizes == {"K": 3}
    assert str(witness) == repr(witness)
    assert str(witness).splitlines() == [
        "∂(L, z[i])",
        "prover ✓ sympy ✓  = Σ(j, ∂(L, p[j]) * ∂(p[j], z[i]))",
        "prover ✓ sympy ✓  = Σ(j, -y[j]/p[j] * (p[j]*(δ(i,j) - p[i])))",
        "prover ✓ sympy ✓  = -Σ(j, y[j]*δ(i,j)) + p[i]*Σ(j, y[j])",
        "prover ✓ sympy ✓  = p[i]*Σ(j, y[j]) - y[i]",
        "prover ✓ sympy ✓  = p[i] - y[i]",
        "SymPy agrees with every step at K = 3",
    ]


@pytest.mark.parametrize(
    ("theory", "lines"),
    [
        (SOFTMAX, ["∂(L, z[i], z[j])", "∂(p[i] - y[i], z[j])", "p[i]*(δ(i,j) - p[j])"]),
        (SOFTMAX, ["L", "log(Σ(k, exp(z[k]))) - Σ(j, y[j]*z[j])"]),
        (SOFTMAX, ["Σ(k != i, p[k])", "1 - p[i]"]),
        (SOFTMAX, ["∂(L, y[i])", "-log(p[i])"]),  # ∂ first, then Σ y = 1
        (SIGMOID, ["∂(s, x)", "exp(-x)/(1 + exp(-x))^2", "s*(1 - s)"]),
        (SIGMOID, ["∂(B, x)", "-(t/s - (1 - t)/(1 - s))*s*(1 - s)", "s - t"]),
        (SIGMOID, ["B", "log(1 + exp(x)) - t*x"]),
        (SIGMOID, ["tanh(x)", "2*sigmoid(2*x) - 1"]),
        (LOGISTIC, ["∂(L, w[r])", "1/m * Σ(n, X[n,r]*(a[n] - t[n]))"]),
        (
            BACK_IN_TIME,
            [
                "Σ(t in 1..T, g[t]*h[t])",
                "Σ(t in 1..T, (lam[t] - a*lam[t+1])*h[t])",
                "Σ(t in 1..T, lam[t]*u[t])",
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_sympy_agrees(theory: Theory, lines: list[str]) -> None:
    witness = theory.derive("\n = ".join(lines)).witness()
    assert opinions(witness) == [Opinion.AGREES] * (len(lines) - 1)
    assert witness.summary().startswith("SymPy agrees with every step")


def test_the_hessian_of_logistic_regression() -> None:
    lines = "∂(L, w[r], w[q])\n = 1/m * Σ(n, X[n,r]*a[n]*(1 - a[n])*X[n,q])"
    assert opinions(LOGISTIC.derive(lines).witness(m=1, d=2)) == [Opinion.AGREES]


# --- lines that are not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "left", "right"),
    [
        (SOFTMAX, "∂(L, z[i])", "y[i] - p[i]"),
        (SOFTMAX, "∂(L, p[i])", "p[i] - y[i]"),
        (SOFTMAX, "p[i] - y[i]", "p[i] - y[1]"),
        (SOFTMAX, "∂(p[j], z[i])", "-p[i]*p[j]"),
        (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])"),
        (SOFTMAX, "∂(p[j], z[i])", "δ(i,j)*p[j] - p[j]*p[j]"),
        (SOFTMAX, "Σ(k, y[k])", "1 + 1/10^40"),
        (Theory("y: K"), "Σ(k, y[k])", "1"),
        (Theory("y: K\nassume y[1] = 0"), "y[i]", "0"),
        (Theory("y: K, positive"), "log(y[i]^2)", "log(y[i])"),
        (SIGMOID, "∂(t*log(s) + (1 - t)*log(1 - s), x)", "s - t"),
        (LOGISTIC, "∂(L, w[r])", "Σ(n, X[n,r]*(a[n] - t[n]))"),
        (BACK_IN_TIME, "Σ(t in 1..T, g[t]*h[t])", "Σ(t in 1..T, lam[t]*h[t])"),
        (Theory("x: real"), "1/3", "0.3333333333333333333333333333"),
        (Theory("x: real"), "sqrt(x^2)", "x"),
    ],
)
def test_sympy_disagrees_whatever_the_verdict_says(theory: Theory, left: str, right: str) -> None:
    derivation = derived(theory, left, right)
    assert derivation.status is Status.PROVED
    witness = derivation.witness()
    assert opinions(witness) == [Opinion.DISAGREES]
    assert str(witness).splitlines()[1].startswith("prover ✓ sympy ✗  = ")
    assert "≠" in witness.steps[0].detail or "apart by" in witness.steps[0].detail
    assert witness.summary().startswith("SymPy disagrees on line 1")


def test_a_line_put_into_a_proved_derivation() -> None:
    honest = SOFTMAX.derive(CROSS_ENTROPY)
    wrong = SOFTMAX.derive("y[i] - p[i]\n = y[i] - p[i]").lines[0].expression
    lines = (*honest.lines[:4], replace(honest.lines[4], expression=wrong), honest.lines[5])
    witness = replace(honest, lines=lines).witness(K=3)
    good, bad = Opinion.AGREES, Opinion.DISAGREES
    assert opinions(witness) == [good, good, good, bad, bad]
    assert witness.opinion is bad
    assert witness.summary() == "SymPy disagrees on lines 4, 5 at K = 3"


def test_the_values_are_those_of_the_point_shown() -> None:
    witness = derived(SOFTMAX, "2*z[i]", "z[i] + 1").witness(K=1)
    shown, _, values = witness.steps[0].detail.removeprefix("at i = 1: ").partition(": ")
    z = sympy.Rational(shown.removeprefix("z_1 = "))
    assert values == f"{(2 * z).evalf(12)} ≠ {(z + 1).evalf(12)}"


def test_a_slip_of_simplify_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sympy, "simplify", lambda _: sympy.S.Zero)
    monkeypatch.setattr(sympy, "expand", lambda _: sympy.S.Zero)
    assert opinions(derived(SIGMOID, "∂(s, x)", "s").witness()) == [Opinion.DISAGREES]


# --- where SymPy comes no further -----------------------------------------------------------------


@pytest.mark.parametrize("error", [StopIteration, TypeError, RecursionError, AttributeError])
def test_simplify_may_raise(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(sympy, "expand_log", fail)
    derivation = SIGMOID.derive("∂(s, x)\n = s*(1 - s)\n = s - s^2")
    witness = derivation.witness()
    assert opinions(witness) == [Opinion.AGREES_NUMERICALLY] * 2
    assert witness.steps[0].detail == (
        f"simplify raised {error.__name__}; equal to 60 digits at 3 points"
    )
    assert witness.summary() == "SymPy agrees in numbers only on lines 1, 2"
    assert str(witness).splitlines()[1:3] == [
        "prover ✓ sympy ≈  = s*(1 - s)",
        f"    {witness.steps[0].detail}",
    ]


def test_without_numbers_it_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StopIteration

    monkeypatch.setattr(sympy, "expand_log", fail)
    monkeypatch.setattr("derivlib.proof.bridge.witness.ATTEMPTS", 0)
    witness = SIGMOID.derive("∂(s, x)\n = s*(1 - s)").witness()
    assert witness.steps == (Finding(Opinion.UNDECIDED, "simplify raised StopIteration"),)
    assert witness.summary() == "SymPy is undecided on line 1"


def test_the_derivative_may_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TypeError

    monkeypatch.setattr(sympy.Derivative, "doit", fail)
    witness = SIGMOID.derive("∂(s, x)\n = s*(1 - s)\n = s - s^2").witness()
    assert witness.steps[0] == Finding(Opinion.UNDECIDED, "SymPy raised TypeError")
    assert witness.steps[1].opinion is Opinion.AGREES


def test_numbers_alone() -> None:
    """Max of three is beyond simplify, and equal where both sides are defined."""
    theory = Theory("a, b, c: real")
    lines = ["Max(a, b)*exp(c)", "exp(c)*(a + b + sqrt((a - b)^2))/2"]
    witness = derived(theory, *lines).witness()
    assert opinions(witness) == [Opinion.AGREES_NUMERICALLY]


def test_hypotheses_that_sympy_is_not_told() -> None:
    theory = Theory("x, c: real\nassume x*c = 1")
    witness = derived(theory, "x*c + x", "1 + x", "x + 1").witness()
    assert opinions(witness) == [Opinion.UNDECIDED, Opinion.AGREES]
    assert witness.steps[0].detail == "SymPy was not told that x*c = 1"


def test_places_where_a_line_is_undefined_are_left_out() -> None:
    theory = Theory("z: K")
    quotient = derived(theory, "δ(i,j)/(z[i] - z[j])", "0")
    assert opinions(quotient.witness(K=2)) == [Opinion.AGREES]
    assert quotient.witness(K=1).steps == (Finding(Opinion.UNDECIDED, "undefined at these sizes"),)


def test_roots_and_logs_stay_real() -> None:
    theory = Theory("x, c: real")
    for lines in (
        ["sqrt(x)*sqrt(c)", "sqrt(x*c)"],
        ["log(x) + log(c)", "log(x*c)"],
        ["x^(1/3)*x^(1/3)", "x^(2/3)"],
    ):
        assert derived(theory, *lines).witness().opinion is not Opinion.DISAGREES


def test_positive_entries_stay_positive() -> None:
    theory = Theory("y: K, positive, sum 1")
    others = derived(theory, "Max(Σ(k != i, y[k]), 1)", "1")  # also the one that is solved for
    assert others.witness(K=3).opinion is Opinion.AGREES_NUMERICALLY


# --- effort ---------------------------------------------------------------------------------------


def slow(*_: Any) -> None:
    """For ever, but for whoever counts the calls."""
    while True:
        str.upper("a")
        (lambda: None)()


def test_simplify_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sympy, "expand_log", slow)
    derivation = SIGMOID.derive("∂(s, x)\n = s*(1 - s)\n = s - s^2")
    witness = derivation.witness(effort=0.1)
    assert opinions(witness) == [Opinion.AGREES_NUMERICALLY] * 2
    assert witness.steps[0].detail.startswith("simplify takes too long; equal to 60 digits")


def test_a_timeout_is_no_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = SIGMOID.derive("∂(s, x)\n = s*(1 - s)\n = s - s^2")
    monkeypatch.setattr(sympy, "expand_log", slow)
    with pytest.raises(TimeoutError):
        derivation.witness(timeout=0.1)
    monkeypatch.undo()
    assert sys.getprofile() is None
    assert derivation.witness().opinion is Opinion.AGREES


def test_no_effort_at_all() -> None:
    witness = SOFTMAX.derive(CROSS_ENTROPY).witness(effort=1e-9)
    assert opinions(witness) == [Opinion.UNDECIDED] * 5
    assert witness.steps[0].detail == "at i = 1: no effort left"


def test_the_profile_of_others_is_left_alone() -> None:
    seen = []

    def called(frame: FrameType, event: str, argument: Any) -> None:
        seen.append(event)

    derivation = SIGMOID.derive("∂(s, x)\n = s*(1 - s)")
    sys.setprofile(called)
    try:
        assert derivation.witness().opinion is Opinion.AGREES
        assert sys.getprofile() is called
    finally:
        sys.setprofile(None)
    assert seen


def test_in_a_thread_of_its_own() -> None:
    found: list[Witness] = []
    derivation = SIGMOID.derive("∂(s, x)\n = s*(1 - s)")
    thread = threading.Thread(target=lambda: found.append(derivation.witness()))
    thread.start()
    thread.join()
    assert found[0].opinion is Opinion.AGREES


# --- shown ----------------------------------------------------------------------------------------


def test_in_a_notebook_both_witnesses_stand_beside_each_line() -> None:
    witness = derived(SOFTMAX, "p[i]", "exp(z[i])/Σ(k, exp(z[k]))", "y[i]").witness(K=2)
    bundle = witness._repr_mimebundle_()
    assert bundle["text/plain"] == str(witness)
    rows = bundle["text/markdown"].splitlines()
    assert r"\text{prover} && \text{SymPy}" in rows[2]
    assert rows[3].endswith(r"&& \checkmark && \checkmark \\[4pt]")
    assert rows[4].endswith(r"&& \checkmark && \times")
    assert f"* line 2: `{witness.steps[1].detail}`" in rows
    assert rows[-1] == "**SymPy disagrees on line 2 at K = 2**"


def test_the_same_words_each_time() -> None:
    derivation = derived(SOFTMAX, "∂(L, z[i])", "p[i]", "p[i] - y[i]")
    assert str(derivation.witness(K=3)) == str(derivation.witness(K=3))


def test_a_free_index_is_no_size() -> None:
    with pytest.raises(ValueError, match="'i' is not a size of this derivation"):
        SOFTMAX.derive(CROSS_ENTROPY).witness(i=1)
