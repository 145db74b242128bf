"""Proofs over time: hypotheses within their ranges, recurrences, conditions, no wrong proof."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derivlib.proof import Status
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.signs import non_negative, positive
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.syntax import Expr
from derivlib.proof.slips import mutations
from derivlib.proof.theory import Theory
from tests.support.answers import decide, decide_text, meaning, rules
from tests.support.numeric import equal
from tests.support.strategies import choose_by, few
from tests.support.theories import ASSUMED, BACK_PROPAGATION, RECURRENT, recurrent
from tests.support.timely import (
    TIME,
    TIMES,
    chronicles,
    read_time,
    reread,
    time_form,
    time_places,
    time_points,
)

FOUR_TIMES_THE_PROOF = 600_000  # steps


def test_back_propagation_through_time() -> None:
    verdict = Theory(RECURRENT).prove(*BACK_PROPAGATION, effort=3)
    assert verdict.status is Status.PROVED
    assert verdict.conditions == ()
    assert tuple(map(str, verdict.hypotheses)) == ASSUMED


@pytest.mark.parametrize("dropped", range(3))
def test_back_propagation_needs_each_of_its_hypotheses(dropped: int) -> None:
    kept = tuple(text for n, text in enumerate(ASSUMED) if n != dropped)
    theory = Theory(recurrent(kept))
    assert not decide_text(theory, *BACK_PROPAGATION, FOUR_TIMES_THE_PROOF).proved
    assert theory.prove(*BACK_PROPAGATION).status is Status.REFUTED


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            "Σ(t in 1..T, a, g[t,a]*hdot[t,a])",
            "Σ(t in 1..T, a, b, lam[t,a]*e[t,a]*V[b,a]*h[t-1,b])",
        ),
        ("Σ(t in 1..T, a, g[t,a]*hdot[t,a])", "Σ(t in 1..T, a, b, lam[t,a]*e[t,a]*V[a,b]*h[t,b])"),
        ("Σ(t in 0..T-1, a, g[t+1,a]*hdot[t,a])", BACK_PROPAGATION[1]),
        ("Σ(t in 2..T, a, g[t,a]*hdot[t,a])", BACK_PROPAGATION[1]),
    ],
)
def test_near_misses_of_back_propagation(left: str, right: str) -> None:
    assert not decide_text(Theory(RECURRENT), left, right, FOUR_TIMES_THE_PROOF).proved


# --- rules within their ranges --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("r[o]", "c*f[o]"),  # assumed for 1..T
        ("r[1]", "c*f[1]"),
        ("r[T]", "c*f[T]"),
        ("Σ(s in 1..T, r[s])", "c*Σ(s in 1..T, f[s])"),
        ("Σ(s in 0..T, r[s])", "r[0] + c*Σ(s in 1..T, f[s])"),
        ("Σ(s in 1..t, r[s])", "c*Σ(s in 1..t, f[s])"),
        ("Σ(s in 2..T+1, r[s-1])", "c*Σ(s in 1..T, f[s])"),
        ("v[T+1]", "0"),
        ("Σ(s in 1..T+1, v[s])", "Σ(s in 1..T, v[s])"),
        ("δ(t,T)*v[t+1]", "0"),
        ("(1 - δ(t,0))*r[t]", "(1 - δ(t,0))*c*f[t]"),
        ("q[1]", "q[0]*x[1] + c"),
        ("q[o]", "q[o-1]*x[o] + c"),
        ("Σ(s in 1..T, q[s] - q[s-1]*x[s])", "T*c"),
    ],
)
def test_a_rule_is_used_within_its_range(left: str, right: str) -> None:
    answer = decide(read_time(left), read_time(right), TIME, TIMES)
    if "δ(t,0)" in left:  # t is 1 or more in the second case, which no range says
        assert not answer.proved
    else:
        assert answer.proved, answer.reason


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("r[t]", "c*f[t]"),
        ("r[0]", "c*f[0]"),
        ("r[T+1]", "c*f[T]"),
        ("r[T+1]", "0"),
        ("r[o+1]", "c*f[o]"),
        ("r[o-1]", "c*f[o-1]"),
        ("Σ(s in 0..T, r[s])", "c*Σ(s in 0..T, f[s])"),
        ("Σ(s in 1..T+1, r[s])", "c*Σ(s in 1..T, f[s])"),
        ("Σ(s in 0..t, r[s])", "c*Σ(s in 0..t, f[s])"),
        ("δ(t,0)*r[t]", "δ(t,0)*c*f[t]"),
        ("v[T]", "0"),
        ("v[o]", "0"),
        ("Σ(s in 1..T, v[s])", "0"),
        ("q[0]", "c"),
        ("q[t]", "c"),
        ("q[o]", "q[o-1]*x[o]"),
        ("Σ(s in 0..T, q[s])", "T*c"),
    ],
)
def test_a_rule_is_not_used_beyond(left: str, right: str) -> None:
    assert not decide(read_time(left), read_time(right), TIME, TIMES).proved


def test_which_hypotheses_are_recurrences() -> None:
    assert [rule.recurrence for rule in rules(TIME)] == [False, False, True]


# --- conditions and signs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("Σ(s in 1..T, u[s])", ()),
        ("Σ(s in 0..T, u[s])", ()),
        ("Σ(s in 0..T-1, u[s])", ()),
        ("Σ(s, u[s])", ()),
        ("1 + Σ(s in 1..t, u[s])", ()),
        ("Σ(s in 1..t, u[s])", ("Σ(s in 1..t, u[s]) != 0",)),
        ("Σ(s in 1..o-1, u[s])", ("Σ(s in 1..o-1, u[s]) != 0",)),
        ("Σ(s in t+1..T, u[s])", ("Σ(s in t+1..T, u[s]) != 0",)),
        ("Σ(s in 1..T-1, u[s])", ("T >= 2",)),
        ("Σ(s in 1..T, u[s]) - u[0]", ("Σ(s in 1..T, u[s]) - u[0] != 0",)),
        ("Σ(s in 1..T, u[s]) - u[t]", ("Σ(s in 1..T, u[s]) - u[t] != 0",)),
        ("Σ(s in 1..T, u[s]) - u[1]", ("T >= 2",)),
        ("Σ(s in 1..T, u[s]) - u[T]", ("T >= 2",)),
    ],
)
def test_a_sum_that_may_be_empty_may_be_0(text: str, needed: tuple[str, ...]) -> None:
    line = read_time(f"c/({text})")
    answer = decide(line, line, TIME, TIMES)
    assert answer.proved
    assert tuple(dict.fromkeys(answer.conditions)) == needed


@pytest.mark.parametrize(
    ("text", "is_positive", "is_non_negative"),
    [
        ("Σ(s in 1..T, u[s])", True, True),
        ("Σ(s in 1..t, u[s])", False, True),
        ("Σ(s in 1..t, f[s]^2)", False, True),
        ("1 + Σ(s in 1..t, u[s])", True, True),
        ("Σ(s in t+1..T, u[s])", False, False),
        ("Σ(s in 1..t, f[s])", False, False),
    ],
)
def test_signs_of_sums_that_may_be_empty(
    text: str, is_positive: bool, is_non_negative: bool
) -> None:
    p = time_form(text)
    assert positive(p) is is_positive
    assert non_negative(p) is is_non_negative


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("log(c*Σ(s in 1..t, u[s]))", "log(c) + log(Σ(s in 1..t, u[s]))"),
        ("sqrt(Σ(s in 1..t, u[s])^2)*f[t]/Σ(s in 1..t, u[s])", "f[t]*c/c"),
    ],
)
def test_an_empty_sum_is_no_positive_factor(left: str, right: str) -> None:
    answer = decide(read_time(left), read_time(right), TIME, TIMES)
    assert not answer.proved or any("Σ(s in 1..t" in text for text in answer.conditions)


# --- sigmoid and tanh, closed and opened ----------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "closed", "opened"),
    [
        ("sigmoid(c)", "sigmoid(c)", True, True),
        ("∂(sigmoid(x[o]), x[o])", "sigmoid(x[o])*(1 - sigmoid(x[o]))", True, True),
        ("∂(tanh(x[o]), x[o])", "1 - tanh(x[o])^2", True, True),
        ("∂(Σ(s in 1..T, tanh(x[s])), x[o])", "1 - tanh(x[o])^2", True, True),
        ("tanh(c)", "2*sigmoid(2*c) - 1", False, True),
        ("sigmoid(-c)", "1 - sigmoid(c)", False, True),
        ("sigmoid(c)", "1/(1 + exp(-c))", False, True),
        ("sigmoid(c)", "tanh(c)", False, False),
        ("∂(tanh(x[o]), x[o])", "1 - tanh(x[o])", False, False),
        ("∂(sigmoid(x[o]), x[o])", "sigmoid(x[o])", False, False),
        ("sigmoid(c)", "sigmoid(x[o])", False, False),
        ("tanh(0*c)", "sigmoid(0*c)", False, False),
    ],
)
def test_functions_closed_and_opened(left: str, right: str, closed: bool, opened: bool) -> None:
    one, other = read_time(left), read_time(right)
    for open_functions, expected in ((False, closed), (True, opened)):
        asked = Normalizer(TIME, open_functions=open_functions)
        answer = decide(one, other, TIME, TIMES, normalizer=asked)
        assert answer.proved is expected
    expected_status = Status.PROVED if opened else Status.REFUTED
    assert TIME.prove(left, right).status is expected_status


# --- searching for a wrong proof ------------------------------------------------------------------


@settings(few, max_examples=100, derandomize=True)
@given(chronicles(depth=2), st.data(), st.booleans())
@example(read_time("Σ(s in 1..t, u[s])"), None, True)
def test_no_mutant_that_differs_anywhere_is_proved(
    expr: Expr, data: st.DataObject | None, open_functions: bool
) -> None:
    found = [m.expression for m in mutations(TIME, expr, TIMES)]
    if data is None:
        assert found
        return
    choose = choose_by(data.draw)
    mutant = reread(choose(found))
    normalizer = Normalizer(TIME, open_functions=open_functions)
    answer = decide(expr, mutant, TIME, TIMES, steps=120_000, normalizer=normalizer)
    for _ in range(3 if answer.proved else 0):
        point = time_points(choose)
        at = point, time_places(choose, point)
        a, b = (meaning(side, at, TIME) for side in (expr, mutant))
        if a is not None and b is not None:
            assert equal(a, b), f"{to_text(expr)} = {to_text(mutant)}"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(s in 0..m, δ(s,0)*e[s])", "e[0]"),
        ("Σ(s in 0..m, δ(s,0)*e[s])", "e[0] - δ(m,-1)*e[0]"),
        ("Σ(s in 0..t, f[s])", "Σ(s in 1..t, f[s])"),
        ("δ(t,T)", "δ(t,1)"),
        ("δ(o,T)", "δ(o,1)"),
        ("δ(o,T)*f[o]", "δ(o,T)*f[1]"),
        ("δ(t,o-1)*f[t]", "δ(t,o-1)*f[o]"),
        ("δ(t,0)*Σ(s in 1..t, f[s])", "δ(t,0)*f[1]"),
        ("(1 - δ(t,0))*Σ(s in 1..t, f[s])", "(1 - δ(t,0))*f[1]"),
        ("δ(t,o)*Σ(s in 1..t, f[s])", "δ(t,o)*Σ(s in 1..o-1, f[s])"),
        ("Σ(s in 1..T, δ(s,t+1)*f[s])", "Σ(s in 0..T, δ(s,t)*f[s])"),
    ],
)
def test_what_is_false_for_some_size_or_place(left: str, right: str) -> None:
    answer = decide(read_time(left), read_time(right), TIME, TIMES)
    if right == "e[0] - δ(m,-1)*e[0]":
        assert "negative" in answer.reason  # true, but beyond the normal form
    assert not answer.proved


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("δ(t,o-1)*f[t]", "δ(t,o-1)*f[o-1]"),
        ("δ(t,0)*Σ(s in 1..t, f[s])", "0"),
        ("δ(t,T)*Σ(s in 1..t, f[s])", "δ(t,T)*Σ(s in 1..T, f[s])"),
        ("δ(t,o)*Σ(s in 1..t, f[s])", "δ(t,o)*Σ(s in 1..o, f[s])"),
        ("δ(t,o-1)*Σ(s in 1..t, f[s])", "δ(t,o-1)*(Σ(s in 1..o, f[s]) - f[o])"),
        ("exp(δ(t,T)*c)", "1 + δ(t,T)*(exp(c) - 1)"),
        ("Σ(s in 1..t, x[s]/(1 + x[s]^2) + x[s]^3/(1 + x[s]^2))*f[t]", "f[t]*Σ(s in 1..t, x[s])"),
    ],
)
def test_the_cases_of_a_delta_of_times(left: str, right: str) -> None:
    assert decide(read_time(left), read_time(right), TIME, TIMES).proved
