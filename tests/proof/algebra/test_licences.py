"""What may be taken as given: what the statement or a hypothesis asks for, where it asks for it."""

from __future__ import annotations

import pytest

from derivlib.proof.algebra.conditions import needs
from derivlib.proof.algebra.licences import Licence, Licences, contradicts, instances
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import ZERO, Var, atom_poly
from derivlib.proof.algebra.signs import defined_everywhere
from derivlib.proof.algebra.sums import Substitution
from derivlib.proof.judge import judge
from derivlib.proof.language.ranges import CONSTANT, Base, Place, bound, free, last
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status
from tests.support.answers import decide_text, read, scope_of
from tests.support.spans import span

TIME = Theory("h: 0..T\ng: T\na, b, c: real")
T = span("T")


def given(theory: Theory, text: str) -> Licences:
    """The licences of a text."""
    statement = theory.statement(text, "0")
    asked = needs(theory, [statement.left], scope_of(statement.free), Normalizer(theory))
    return Licences(lambda: [Licence(each, "the statement") for each in asked.requirements])


def entry(place: Place) -> Var:
    return Var("h", (place,))


# --- places within the range of what is asked for -------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "licensed"),
    [
        ("Σ(t in 1..T, log(h[t-1]))", (CONSTANT, 0), True),
        ("Σ(t in 1..T, log(h[t-1]))", (last("T"), -1), True),
        ("Σ(t in 1..T, log(h[t-1]))", (last("T"), 0), False),
        ("Σ(t in 1..T, log(h[t]))", (last("T"), 0), True),
        ("Σ(t in 1..T, log(h[t]))", (CONSTANT, 0), False),
        ("Σ(t in 1..T, log(h[t]))", (free("s", T), 0), True),
        ("Σ(t in 1..T, log(h[t]))", (free("s", span("0..T")), 0), False),
        ("Σ(t in 1..T, log(h[t]))", (free("s", T), -1), False),
        ("Σ(t in 1..T, Σ(s in 0..t-1, log(h[s])))", (last("T"), 0), False),
        ("log(h[0])", (CONSTANT, 0), True),
        ("log(h[0])", (CONSTANT, 1), False),
        ("log(2*h[0])", (CONSTANT, 0), True),
        ("log(-h[0])", (CONSTANT, 0), False),
        ("sqrt(h[0])", (CONSTANT, 0), False),  # h[0] may be 0
        ("1/h[0]", (CONSTANT, 0), False),
    ],
)
def test_an_entry_is_positive_where_that_is_asked_for(
    text: str, place: Place, licensed: bool
) -> None:
    licences = given(TIME, text)
    assert licences.positive(entry(place)) is licensed
    assert bool(licences.used) is licensed


def test_a_licence_that_was_used_names_its_origin() -> None:
    licences = given(TIME, "log(h[0])")
    assert licences.positive(entry((CONSTANT, 0)))
    assert [str(each) for each in licences.used] == ["h[0] > 0, which the statement asks for"]


# --- cases that cannot be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left", "right", "impossible"),
    [
        ("1/(h[s] - h[r])", free("s", span("0..T")), (free("r", span("0..T")), 0), True),
        ("1/(h[s] + h[r])", free("s", span("0..T")), (free("r", span("0..T")), 0), False),
        ("Σ(t in 1..T, 1/(h[t] - h[s]))", free("s", span("0..T")), (last("T"), 0), True),
        ("Σ(t in 1..T, 1/(h[t-1] - h[s]))", free("s", span("0..T")), (last("T"), 0), False),
        ("Σ(t in 1..T, 1/(h[t-1] - h[s]))", free("s", span("0..T")), (CONSTANT, 0), True),
        ("Σ(t in 1..T, 1/(h[t] - h[s]))", free("s", span("0..T")), (CONSTANT, 0), False),
    ],
)
def test_a_case_is_impossible_if_it_breaks_what_is_asked_for(
    text: str, left: Base, right: Place, impossible: bool
) -> None:
    case = Substitution({left: right})
    licences = given(TIME, text)
    assert licences.impossible(case, [right]) is impossible
    assert bool(licences.used) is impossible


@pytest.mark.parametrize(
    ("value", "relation", "contradicted"),
    [
        ("0", "!=", True),
        ("0", ">", True),
        ("0", ">=", False),
        ("c", "!=", False),
        ("c", ">", False),
        ("c", ">=", False),
        ("-c^2", ">", True),
        ("-c^2", ">=", False),  # c may be 0
        ("-exp(c)", ">=", True),
        ("-exp(c)", "!=", False),
        ("c^2", ">", False),
    ],
)
def test_what_contradicts_a_requirement(value: str, relation: str, contradicted: bool) -> None:
    poly = read(value) if value != "0" else ZERO
    assert contradicts(poly, relation) is contradicted


def test_bound_indices_stand_for_places_in_their_range_alone() -> None:
    poly = atom_poly(entry((bound(0, T), -1)))
    seen = [(CONSTANT, 0), (CONSTANT, 5), (last("T"), -1), (last("T"), 0), (free("s", T), -1)]
    found = {each.text for each in instances(poly, seen)}
    assert found == {f"1·{entry(place).text}" for place in (seen[0], seen[2], seen[4])}


# --- from statements to verdicts ------------------------------------------------------------------


HIDDEN = [
    # a term that a shift puts on, in a sum, behind a definition and behind a hypothesis
    ("h: 0..T", "Σ(t, log(h[t-1]))*sqrt(h[T]^2)", "Σ(t, log(h[t-1]))*h[T]"),
    (
        "h: 0..T\nl[t] := log(h[t-1])\nm[t] := l[t] + 1",
        "Σ(t in 1..T, m[t])*sqrt(h[T]^2)",
        "Σ(t in 1..T, m[t])*h[T]",
    ),
    (
        "h: 0..T\ng: T\nassume g[t] = log(h[t-1])",
        "Σ(t, g[t])*sqrt(h[T]^2)",
        "Σ(t, g[t])*h[T]",
    ),
    ("x: K\nb: real\nassume b = Σ(k in 2..K, log(x[k]))", "b*sqrt(x[1]^2)", "b*x[1]"),
    # a case that is undefined for the terms put on alone
    ("h: 0..T\ng: T\nd[t,s] := g[t]/(h[t-1] - h[s])", "δ(s,T)*Σ(t, d[t,s])", "0"),
    (
        "h: 0..T\ng: T\nb: real\nd[t] := g[t]/(Max(h[t-1],b) - b)",
        "Σ(t, d[t])*(Max(h[T],b) - h[T])",
        "0",
    ),
    ("h: 0..T", "δ(r,0)*Σ(t in 1..T, δ(t,s)/(h[t] - h[r]))", "0*h[s]*h[r]"),
    # a term that is put on, and would cancel where it has no value
    ("h: 0..T\nassume h[T] = 0", "h[T]*Σ(t in 1..T, 1/h[t-1])", "-1"),
    ("h: 0..T\nassume h[0] = 0", "h[0]*Σ(t in 1..T, δ(t,s)/h[t])", "0*h[s] - δ(s,0)"),
    # a shifted index keeps the range that it really runs over
    (
        "h: 0..T\nL := Σ(u in 1..T, h[u]^2)",
        "Σ(t in 1..T, ∂(L, h[t-1])*h[t-1])",
        "2*Σ(t in 1..T, h[t-1]^2)",
    ),
    ("f, h: 0..T", "Σ(t in 1..T, δ(t,1)*f[t]*h[t-1])", "0"),
]


@pytest.mark.parametrize(("theory", "left", "right"), HIDDEN)
def test_the_prover_alone_does_not_prove_what_is_false(theory: str, left: str, right: str) -> None:
    assert not decide_text(Theory(theory), left, right).proved


@pytest.mark.parametrize(
    ("theory", "left", "right"),
    [
        ("h: 0..T", "log(h[T])*sqrt(h[T]^2)", "log(h[T])*h[T]"),
        (
            "h: 0..T",
            "Σ(t in 1..T, log(h[t]))*log(h[T])*sqrt(h[T]^2)",
            "Σ(t in 1..T, log(h[t]))*log(h[T])*h[T]",
        ),
        ("h: 0..T", "Σ(t in 0..T, log(h[t]))", "log(h[0]) + Σ(t in 1..T, log(h[t]))"),
        ("h: 0..T", "δ(s,r)/(h[s] - h[r])", "0"),
        ("x: K\nb: real", "(x[i] - b)/(Max(x[i],b) - b)", "1"),
        ("x, y: real\nassume y = log(x)", "y*sqrt(x^2)", "y*x"),
        (
            "h: 0..T\nL := Σ(u in 1..T, h[u]^2)",
            "Σ(t in 1..T, ∂(L, h[t-1])*h[t-1])",
            "2*Σ(t in 1..T-1, h[t]^2)",
        ),
        ("f, h: 0..T", "Σ(t in 1..T, δ(t,1)*f[t]*h[t-1])", "f[1]*h[0]"),
    ],
)
def test_what_is_licensed_is_proved(theory: str, left: str, right: str) -> None:
    assert decide_text(Theory(theory), left, right).proved


def test_a_name_held_opaque_is_opaque_to_what_is_required() -> None:
    theory = Theory("x: real\ne := 2\nf := -1")
    for name in "ef":
        verdict = judge(theory, theory.statement(f"∂(x^{name}, {name})*0", "0"))
        assert verdict.status is Status.PROVED
        assert [str(each) for each in verdict.conditions] == ["x > 0"]


def test_what_a_derivative_does_not_vary_need_not_be_smooth() -> None:
    theory = Theory("y, a: real")
    verdict = judge(theory, theory.statement("∂(sqrt(y)*a, a)", "sqrt(y)"))
    assert [str(each) for each in verdict.conditions] == ["y >= 0"]


def test_an_opaque_name_is_itself_asked_for_no_smoothness() -> None:
    """∂ by v varies v as a whole: sqrt(y) inside it need not be differentiable."""
    theory = Theory("y: real\nv := sqrt(y)")
    verdict = judge(theory, theory.statement("∂(v^2, v)", "2*v"))
    assert [str(each) for each in verdict.conditions] == ["y >= 0"]


@pytest.mark.parametrize(
    ("text", "everywhere"),
    [
        ("log(c)", False),
        ("log(1 + c^2)", True),
        ("1/c", False),
        ("1/(1 + exp(c))", True),
        ("sqrt(c)", False),
        ("sqrt(c^2 + a^2)", True),
        ("sqrt(exp(c))", True),
        ("exp(1/c)", False),
        ("Max(log(c), 0)", False),
        ("Σ(k, 1/x[k])", False),
        ("Σ(k, x[k])^3", True),
        ("log(exp(c) + 1/c^2)", False),
    ],
)
def test_what_has_a_value_everywhere(text: str, everywhere: bool) -> None:
    assert defined_everywhere(read(text)) is everywhere
