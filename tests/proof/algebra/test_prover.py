"""The prover against statements of known verdict, and against the numbers."""

import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from derivlib.proof.algebra.functions import FUNCTIONS, Rules, _cosh
from derivlib.proof.algebra.polynomial import ONE, ZERO, Poly
from derivlib.proof.algebra.prover import Prover, openings
from derivlib.proof.algebra.sums import rename, summation
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.functions import FUNCTIONS as WORDS
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import free, fresh
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.answers import At, decide, decide_text, meaning, proved, read
from tests.support.letters import FREE, places, points
from tests.support.numeric import Point, equal
from tests.support.spans import span
from tests.support.strategies import choose_by, few, polys
from tests.support.writing import Writer, well_typed

CASES = tomllib.loads((Path(__file__).parents[1] / "cases.toml").read_text("utf-8"))["theory"]


def rows(verdict: str) -> list[Any]:
    """The statements of one verdict, each with its theory."""
    return [
        pytest.param(theory["text"], left, right, id=f"{theory['name']}: {left} = {right}")
        for theory in CASES
        for left, right, _ in theory.get(verdict, [])
    ]


@pytest.mark.parametrize(("text", "left", "right"), rows("true"))
def test_what_is_true_is_proved(text: str, left: str, right: str) -> None:
    theory = Theory(text)
    answer = decide_text(theory, left, right)
    assert answer.proved, answer.reason or "no proof, with functions closed or opened"
    assert answer.conditions == ()
    assert decide_text(theory, right, left).proved
    assert decide_text(theory, f"({left}) - ({right})", "0").proved


def test_functions_are_closed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """With cosh in the place of sinh: a square's logarithm needs it closed, where it is seen to be
    positive."""
    sinh, positive = FUNCTIONS["sinh"], replace(WORDS["sinh"], sign=">")
    monkeypatch.setitem(
        FUNCTIONS, "sinh", Rules(parity=1, derivative=sinh.derivative, opened=_cosh)
    )
    monkeypatch.setitem(WORDS, "sinh", positive)
    theory = Theory("c: real")
    for left, right in [
        ("log(sinh(c)^2)", "2*log(sinh(c))"),
        ("sinh(c)", "(exp(c) + exp(-c))/2"),
    ]:
        assert decide_text(theory, left, right).proved


@pytest.mark.parametrize(("text", "left", "right"), rows("false"))
def test_what_is_false_is_not(text: str, left: str, right: str) -> None:
    theory = Theory(text)
    assert not decide_text(theory, left, right).proved
    assert not decide_text(theory, right, left).proved
    assert not decide_text(theory, f"({left}) - ({right})", "0").proved
    assert not decide_text(theory, f"exp({left})", f"exp({right})").proved


@pytest.mark.parametrize(("text", "left", "right"), rows("conditional"))
def test_what_is_true_on_a_condition_is_proved_with_it_or_not_at_all(
    text: str, left: str, right: str
) -> None:
    answer = decide_text(Theory(text), left, right)
    assert not answer.proved or answer.conditions


@pytest.mark.parametrize(("text", "left", "right"), rows("ill_typed"))
def test_what_is_ill_typed_is_refused(text: str, left: str, right: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Theory(text).statement(left, right)
    assert caught.value.column is not None


# --- the moves ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(k, x[k]/(1 + exp(z[k])))", "Σ(k, x[k]) - Σ(k, x[k]*exp(z[k])/(1 + exp(z[k])))"),
        ("Σ(n, s[n]^2/(1 + s[n]^2) + 1/(1 + s[n]^2))", "d"),
        ("Σ(k, l, S[k,l]/(1 + x[k]^2) + S[k,l]*x[k]^2/(1 + x[k]^2))", "Σ(k, l, S[k,l])"),
        ("Σ(k, p[k]*(1 - p[k])/(p[k]*(1 - p[k]) + 1))", "K - Σ(k, 1/(p[k]*(1 - p[k]) + 1))"),
        ("Σ(k, l, (x[k] - x[l])^2/(1 + x[k]^2))", "Σ(l, k, (x[l] - x[k])^2/(1 + x[k]^2))"),
    ],
)
def test_opening_a_sum(left: str, right: str) -> None:
    assert proved(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(k, x[k]/(1 + exp(z[k])))", "Σ(k, x[k])/Σ(k, 1 + exp(z[k]))"),
        ("Σ(k, x[k])", "Σ(k, z[k])"),
        ("Σ(k, x[k])*Σ(k, z[k])", "Σ(k, x[k]*z[k])"),
        ("Σ(n, s[n])", "d*s[n]"),
        ("Σ(k, l, S[k,l]/(1 + x[k]^2))", "Σ(k, l, S[k,l]/(1 + x[l]^2))"),
    ],
)
def test_a_sum_that_does_not_open(left: str, right: str) -> None:
    assert not proved(left, right)


@few
@given(polys(depth=3), st.sampled_from("Kd"))
@example(read("c*Σ(k, l, S[k,l]*x[k])*Σ(k, z[k])^3"), "K")
@example(read("x[i]*Σ(k, x[k])^2/Σ(k, u[k])"), "K")
def test_openings_sum_to_the_monomial(p: Poly, size: str) -> None:
    index, bound = free("o:", span(size)), fresh(span(size))
    for mono in p.terms:
        for times, _, opened in openings(mono, index):
            again = summation([bound], rename(opened, {index: (bound, 0)}))
            assert times * again == Poly({mono: 1})


def test_openings() -> None:
    ((mono, _),) = read("c*Σ(k, l, S[k,l]*x[k])*Σ(k, z[k])^2/Σ(k, u[k])").terms.items()
    index = free("o:", span("K"))
    assert [index in poly.bases for _, _, poly in openings(mono, index)] == [True] * 3
    assert list(openings(mono, free("o:", span("d")))) == []


def test_zero() -> None:
    assert Prover().zero(ZERO)
    assert not Prover().zero(ONE)
    assert not Prover().zero(read("0.0000001"))


# --- searching for a wrong proof ------------------------------------------------------------------


@st.composite
def claims(draw: st.DrawFn, mistake: bool) -> tuple[Expr, Expr]:
    """An expression and a rewriting of it, with one mistake on request."""
    writer = Writer(choose_by(draw))
    left = right = writer.expression(3)
    for _ in range(draw(st.integers(1, 4))):
        right = writer.rewritten(right)
    if mistake:
        right = writer.mistaken(right)
    assume(left != right and well_typed(left) and well_typed(right))
    return left, right


def differs(left: Expr, right: Expr, at: At) -> bool:
    """Whether both sides are defined at the point, and differ there."""
    a, b = meaning(left, at), meaning(right, at)
    return a is not None and b is not None and not equal(a, b)


# The same claims in every run: a longer search is for a quiet hour, not for whoever tests next.
@settings(few, max_examples=150, derandomize=True)
@given(claims(mistake=True), st.data())
def test_nothing_that_differs_anywhere_is_proved(
    claim: tuple[Expr, Expr], data: st.DataObject
) -> None:
    left, right = claim
    if decide(left, right, steps=120_000).proved:
        choose = choose_by(data.draw)
        for _ in range(4):
            point = points(choose)
            at = point, places(choose, point, FREE)
            assert not differs(left, right, at), f"{to_text(left)} = {to_text(right)}"


def test_most_rewritings_are_proved() -> None:
    """A prover that proves nothing makes no mistakes either."""
    writer = Writer(Random(1).choice)
    proved = unproved = 0
    for _ in range(150):
        left = right = writer.expression(3)
        for _ in range(3):
            right = writer.rewritten(right)
        if left != right and well_typed(left) and well_typed(right):
            answer = decide(left, right, steps=120_000)
            proved += answer.proved
            unproved += not answer.proved and not answer.reason
    assert proved > 60
    assert unproved <= 3


@pytest.mark.parametrize(
    ("left", "right", "sizes", "indices", "entries"),
    [
        ("δ(i,j)*Σ(k != i, 1/(x[k] - x[j]))", "0", {"K": 2}, {"i": 1, "j": 1}, {"x": [0, 1]}),
        ("δ(i,j)*Σ(k != i, log(x[k] - x[j]))", "0", {"K": 2}, {"i": 1, "j": 1}, {"x": [0, 2]}),
        ("Σ(k != i, δ(i,j)/(x[k] - x[j]))", "c*0", {"K": 2}, {"i": 1, "j": 1}, {"x": [0, 1]}),
        ("Σ(k != i, x[k]/x[k]/(K - 1))", "1", {"K": 1}, {"i": 1}, {"x": [1]}),
        (
            "sqrt((exp(Σ(k != i, log(x[k])))*x[i])^2)",
            "exp(Σ(k != i, log(x[k])))*x[i]",
            {"K": 2},
            {"i": 1},
            {"x": [-1, 1]},
        ),
        (
            "sqrt(exp(Σ(k != i, log(c) + 0*x[k]))^2*c^2)",
            "exp(Σ(k != i, log(c) + 0*x[k]))*c",
            {"K": 1},
            {"i": 1},
            {"x": [1], "c": -1},
        ),
    ],
)
def test_the_term_that_a_sum_leaves_out_need_not_be_defined(
    left: str, right: str, sizes: dict[str, int], indices: dict[str, int], entries: dict[str, Any]
) -> None:
    theory = Theory("x: K\nc: real")
    statement = theory.statement(left, right)
    point = Point(
        sizes,
        {
            name: {(n + 1,): Fraction(v) for n, v in enumerate(values)}
            if isinstance(values, list)
            else {(): Fraction(values)}
            for name, values in {"c": 1, **entries}.items()
        },
    )
    a, b = (meaning(side, (point, indices), theory) for side in (statement.left, statement.right))
    assert a is not None and b is not None and not equal(a, b), "both sides are defined, and differ"
    assert not decide_text(theory, left, right).proved


TIME = """
    a: 0..T
    b: T
    T >= 2
    r[t,s] := 1/(a[t] - a[s])
    l[t] := log(b[t])
"""


@pytest.mark.parametrize(
    ("left", "right", "indices", "a"),
    [
        ("δ(s,T)*Σ(t in 1..T, b[t]/(a[t-1] - a[s]))", "0", {"s": 2}, [0, 1, 2]),
        ("δ(s,T)*Σ(t in 1..T, b[t]*log(a[s] - a[t-1]))", "0", {"s": 2}, [0, 1, 3]),
        ("δ(s,1)*Σ(t in 2..T, b[t]/(a[t] - a[s]))", "0", {"s": 1}, [0, 1, 2]),
        (
            "exp(Σ(t in 2..T, log(a[t])))*a[1]",
            "sqrt((exp(Σ(t in 2..T, log(a[t])))*a[1])^2)",
            {},
            [1, -1, 1],
        ),
        # The definition is met once before, outside of the sum.
        ("0*r[t,0] + δ(s,t)*Σ(k != t, r[k,s])", "0", {"s": 1, "t": 1}, [0, 1, 3]),
        (
            "0*l[s] + exp(Σ(k != t, l[k]))*b[t]",
            "0*l[s] + sqrt((exp(Σ(k != t, l[k]))*b[t])^2)",
            {"s": 2, "t": 1},
            [0, 0, 0],
        ),
    ],
)
def test_nor_does_a_term_that_is_peeled_off(
    left: str, right: str, indices: dict[str, int], a: list[int]
) -> None:
    theory = Theory(TIME)
    statement = theory.statement(left, right)
    tables = {"a": dict(enumerate(a)), "b": {1: -1, 2: 1}}
    entries = {name: {(n,): Fraction(v) for n, v in tables[name].items()} for name in tables}
    point = Point({"T": 2}, entries)  # type: ignore[arg-type]
    one, other = (
        meaning(side, (point, indices), theory) for side in (statement.left, statement.right)
    )
    assert one is not None and other is not None and not equal(one, other), "defined, and different"
    assert not decide_text(theory, left, right).proved
