"""The examination of a proof can fail: each kind of part, made wrong by hand, is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from derivlib.proof import DisagreementError, Theory
from derivlib.proof.algebra import polynomial
from derivlib.proof.algebra.conditions import needs
from derivlib.proof.algebra.elementary import exp, log, maximum
from derivlib.proof.algebra.hypotheses import Rule
from derivlib.proof.algebra.licences import Licence
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Atom,
    Delta,
    Mono,
    Poly,
    SizeOf,
    Sum,
    Var,
    atom_poly,
    number,
)
from derivlib.proof.algebra.requirements import Requirement
from derivlib.proof.algebra.steps import (
    LOG_OF,
    Case,
    Equal,
    Exchanged,
    Formed,
    Identity,
    Signed,
    Split,
    Step,
    Substituted,
)
from derivlib.proof.audit import Mistake, Proof, audit
from derivlib.proof.judge import _Judge, judge
from derivlib.proof.language.effort import STEPS
from derivlib.proof.language.ranges import Base, free
from derivlib.proof.language.signature import Statement
from derivlib.proof.refuter.examination import Examination, examine
from tests.support.spans import span

K = span("K")
THEORY = Theory("x: K\nc, b: real\na: real, positive\nhide: real\nassume b = c + 1")
AT_I, AT_J = free("i", K), free("j", K)
C, B, A = (Var(name, ()) for name in "cba")
XI, XJ = (Var("x", ((base, 0),)) for base in (AT_I, AT_J))
PAIR = Delta((AT_I, 0), (AT_J, 0))
c, b, a, x, y, delta = map(atom_poly, (C, B, A, XI, XJ, PAIR))

STATEMENT = THEORY.statement("a*x[i]*x[j]*b*c*δ(i,j)", "a*x[i]*x[j]*b*c*δ(i,j)")
SCOPE = {"i": (AT_I, 0), "j": (AT_J, 0)}


def look(statement: Statement) -> Examination:
    return examine(THEORY, statement, points=16)


LOOK = look(STATEMENT)


def examined(
    steps: Sequence[Step] = (),
    difference: Poly = ZERO,
    *,
    formed: Sequence[Formed] = (),
    sums: Sequence[Identity] = (),
    rules: Sequence[Rule] = (),
    licences: Sequence[Licence] = (),
) -> str:
    made = Proof(difference, formed, sums, rules, steps, licences, {}, ())
    return audit(THEORY, STATEMENT, made, LOOK.spots, LOOK.outside)


def form(text: str, poly: Poly) -> Formed:
    return Formed(THEORY.statement(text, "x[i]*x[j]").left, SCOPE, poly)


def rule(left: Atom, right: Poly, *bases: Base) -> Rule:
    return Rule(((left, 1),), right, bases)


def licence(poly: Poly, relation: str) -> Licence:
    return Licence(Requirement(STATEMENT.left, poly, relation), "the statement")


def total(poly: Poly) -> Poly:
    """The sum of a polynomial in x[i] over i."""
    ((mono, factor),) = poly.terms.items()
    return atom_poly(Sum((AT_I,), mono)).scale(factor)


SAME = Case(Equal(PAIR, True), ZERO, {XI: y, PAIR: ONE})
EQUAL, DIFFERENT = Case(Equal(PAIR, True), ZERO), Case(Equal(PAIR, False), ZERO)
ABOVE, BELOW = Case(Signed(c - b, 1), ZERO), Case(Signed(c - b, -1), ZERO)
LEVEL, HIGH = Case(Signed(c, 1), ZERO), Case(Signed(c, -1), ZERO)


def substituted(before: Poly, put: Mapping[Atom, Poly], after: Poly, **more: Any) -> Step:
    return Substituted("it is put", before, after, put, **more)


def opened(old: Poly, new: Poly) -> Step:
    return Exchanged("it is opened", old, new, ((ONE, old, new),), AT_I)


# A part as it should be, and what it should not be: the keyword arguments of `examined`.
PARTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "normal form",
        {"formed": [form("c + a", c + a)]},
        {"formed": [form("c + a", c - a)]},
    ),
    (
        "normal form at the places that its indices stand for",
        {"formed": [form("x[i]", x)]},
        {"formed": [form("x[i]", y)]},
    ),
    ("rule", {"rules": [rule(B, c + ONE)]}, {"rules": [rule(B, c - ONE)]}),
    (
        "sum of parts",
        {"sums": [Identity("", c - b, ((ONE, c), (number(-1), b)))]},
        {"sums": [Identity("", c - b, ((ONE, c), (ONE, b)))]},
    ),
    (
        "factors",
        {"steps": [Identity("", ZERO, ((c, ZERO),))]},
        {"steps": [Identity("", c * a - c * b, ((c, ZERO),))]},
    ),
    (
        "substitution of an atom",
        {"steps": [substituted(b - c - ONE, {B: c + ONE}, ZERO)]},
        {"steps": [substituted(b - c, {B: c}, ZERO)]},
    ),
    (
        "algebra of a substitution",
        {"steps": [substituted(b - c - ONE, {B: c + ONE}, ZERO)]},
        {"steps": [substituted(b - c, {B: c + ONE}, ZERO)]},
    ),
    (
        "product inside an atom",
        {"steps": [substituted(ZERO, {}, ZERO, inside=[(a * b, a * c + a)])]},
        {"steps": [substituted(ZERO, {}, ZERO, inside=[(a * b, a * c)])]},
    ),
    (
        "exchange",
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, b, c + ONE),))]},
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, b, c),))]},
    ),
    (
        "algebra before an exchange",
        {"steps": [Exchanged("", b - c - ONE, ZERO, ((ONE, b, c + ONE), (-c - ONE, ONE, ONE)))]},
        {"steps": [Exchanged("", b, ZERO, ((ONE, b, c + ONE), (-c - ONE, ONE, ONE)))]},
    ),
    (
        "algebra after an exchange",
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, b, c + ONE),))]},
        {"steps": [Exchanged("", b, ZERO, ((ONE, b, c + ONE),))]},
    ),
    (
        "opening of a sum",
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, total(x), x),), AT_I)]},
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, total(x), x + ONE),), AT_I)]},
    ),
    (
        "what is spread over an opened sum",
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, ONE, atom_poly(SizeOf("K"), -1)),), AT_I)]},
        {"steps": [Exchanged("", ZERO, ZERO, ((ZERO, ONE, ONE),), AT_I)]},
    ),
    (
        "cases of indices",
        {"steps": [Split(ZERO, (EQUAL, DIFFERENT))]},
        {"steps": [Split(ZERO, (EQUAL,))]},
    ),
    (
        "cases of indices, the other one",
        {"steps": [Split(ZERO, (EQUAL, DIFFERENT))]},
        {"steps": [Split(ZERO, (DIFFERENT,))]},
    ),
    (
        "cases of a sign",
        {"steps": [Split(ZERO, (LEVEL, HIGH))]},
        {"steps": [Split(ZERO, (HIGH,))]},
    ),
    (
        "a case that is left out",
        {"steps": [Split(ZERO, (BELOW, replace(ABOVE, after=None)))]},
        {"steps": [Split(ZERO, (replace(BELOW, after=None), ABOVE))]},
    ),
    (
        "what is put in a case",
        {"steps": [Split(delta * (x - y), (SAME, Case(DIFFERENT.where, ZERO, {PAIR: ZERO})))]},
        {"steps": [Split(delta * (x - y), (SAME, Case(DIFFERENT.where, ZERO, {XI: y})))]},
    ),
    (
        "algebra of a case",
        {"steps": [Split(delta * (x - y), (SAME, Case(DIFFERENT.where, ZERO, {PAIR: ZERO})))]},
        {"steps": [Split(delta * (x - y), (SAME, DIFFERENT))]},
    ),
    (
        "an entry taken to be positive",
        {"steps": [substituted(ZERO, {A: exp(atom_poly(Var(f"{LOG_OF}a", ())))}, ZERO)]},
        {"steps": [substituted(ZERO, {C: exp(atom_poly(Var(f"{LOG_OF}c", ())))}, ZERO)]},
    ),
    ("licence", {"licences": [licence(a, ">")]}, {"licences": [licence(c, ">")]}),
    (
        "licence, !=",
        {"licences": [licence(b - c, "!=")]},
        {"licences": [licence(b - c - ONE, "!=")]},
    ),
    ("licence, >=", {"licences": [licence(c * c, ">=")]}, {"licences": [licence(c, ">=")]}),
]


@pytest.mark.parametrize(
    ("right", "wrong"), [part[1:] for part in PARTS], ids=[p[0] for p in PARTS]
)
def test_a_part_that_is_wrong_is_seen(right: dict[str, Any], wrong: dict[str, Any]) -> None:
    def run(parts: dict[str, Any]) -> str:
        steps = parts.get("steps")
        return examined(**parts, difference=steps[0].before if steps else ZERO)

    assert run(right) == ""
    with pytest.raises(Mistake):
        run(wrong)


@pytest.mark.parametrize(
    "parts",
    [
        {"formed": [form("log(-a)", ZERO)]},
        {"rules": [rule(A, log(-a))]},
        {"steps": [substituted(ZERO, {A: log(-a)}, ZERO)]},
        {"steps": [Split(ZERO, (Case(BELOW.where, ZERO, {A: log(-a)}), ABOVE))]},
        {"licences": [licence(log(-a), ">")]},
        # no point of the case, and none at which the atoms have values together
        {"steps": [Split(ZERO, (BELOW, Case(ABOVE.where, ZERO, {A: c})))]},
    ],
)
def test_a_part_that_no_point_shows_is_named(parts: dict[str, Any]) -> None:
    assert examined(**parts) != ""


def test_the_steps_have_to_lead_to_0() -> None:
    known = Identity("", b - c - ONE, ((ONE, ZERO),))
    halves = Identity("", a * b + a * c, ((a, b), (a, c)))
    with pytest.raises(Mistake, match="do not lead to 0"):
        examined([], c)  # no step at all
    with pytest.raises(Mistake, match="do not lead to 0"):
        examined([halves], halves.before)  # nothing says that its goals are 0
    with pytest.raises(Mistake, match="do not lead to 0"):
        examined([Identity("", c, ((ONE, c),))], c)  # in a circle
    with pytest.raises(Mistake, match="the algebra"):
        examined([known], known.before)
    put = substituted(known.before, {B: c + ONE}, ZERO)
    twice = Identity("", a * known.before, ((a, known.before),))
    assert examined([put], known.before) == ""
    assert examined([twice, put], twice.before) == ""
    assert examined([put, twice], twice.before) == ""


@pytest.mark.parametrize(
    ("least_sizes", "said", "enough"),
    [
        ({}, [], False),
        ({}, ["1/(x[i] - x[j])"], True),
        ({}, ["1/(x[i] - x[j])", "1/a"], True),
        ({}, ["1/a"], False),
        ({}, ["1/(1 + c^2)"], False),
        ({"K": 99}, [], True),  # it says nothing of smaller ones
        ({"K": 1}, [], False),
    ],
)
def test_the_conditions_must_not_hold_where_a_side_has_no_value(
    least_sizes: dict[str, int], said: list[str], enough: bool
) -> None:
    statement = THEORY.statement("(x[i] - x[j])/(x[i] - x[j])", "1")
    seen = look(statement)
    conditions: list[Requirement] = []
    for text in said:
        divided = THEORY.statement(text, "0*x[i]*x[j]").left
        scope = {name: (free(name, range_), 0) for name, range_ in statement.free.items()}
        conditions += needs(THEORY, [divided], scope, Normalizer(THEORY)).requirements
    made = Proof(ZERO, (), (), (), (), (), least_sizes, conditions)
    assert seen.outside
    if enough:
        assert audit(THEORY, statement, made, seen.spots, seen.outside) == ""
    else:
        with pytest.raises(Mistake, match="conditions hold"):
            audit(THEORY, statement, made, seen.spots, seen.outside)


def test_no_factor_hides_a_wrong_step() -> None:
    """At every point Max(hide - 10^9, 0) is 0."""
    far = maximum(atom_poly(Var("hide", ())) - number(10**9), ZERO)
    wrong: list[Step] = [
        Identity("", far * (b - c), ((far, ZERO),)),
        substituted(far * (b - c), {B: c}, ZERO),
        substituted(far * (b - c), {B: c + ONE}, ZERO),
        Exchanged("", far * (b - c), ZERO, ((far, b, c), (far, -c, -c))),
        Split(far * (b - c), (Case(BELOW.where, ZERO, {B: c}), ABOVE)),
    ]
    for step in wrong:
        with pytest.raises(Mistake):
            examined([step], step.before)


def test_no_factor_hides_a_wrong_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that the factor itself brings about: no part of the statement without it is wrong."""
    multiply = polynomial.multiply_monos

    def wrong(left: Mono, right: Mono) -> Mapping[Mono, Any]:
        hidden = any(atom.text.startswith("Max") for atom, _ in left)
        return multiply(left, () if hidden else right)

    text = "Max(hide - 1000000000, 0)"
    statement = THEORY.statement(f"{text}*c", text)
    hidden = look(THEORY.statement(f"{text}*(c + 0*hide)", f"c*{text}"))
    assert hidden.counterexample is None
    monkeypatch.setattr(polynomial, "multiply_monos", wrong)
    with pytest.raises(DisagreementError):
        judge(THEORY, statement)
    asked = _Judge(THEORY, statement, STEPS)
    made = asked.proof()
    assert made is not None
    asked.proved(made)
    assert asked.found is not None
    # At points of another statement, which is true: nothing but the proof is looked at.
    with pytest.raises(Mistake, match="put together"):
        audit(THEORY, statement, asked.found, hidden.spots)


def test_a_true_proof_is_let_through() -> None:
    for left, right in [
        ("b^2 - c^2", "2*c + 1"),
        ("δ(i,j)*x[i]", "δ(i,j)*x[j]"),
        ("abs(c)^2", "c^2"),
    ]:
        statement = THEORY.statement(left, right)
        judged = _Judge(THEORY, statement, 1)
        found = judged.proof()
        assert found is not None
        judged.proved(found)
        assert judged.found is not None
        seen = look(statement)
        assert audit(THEORY, statement, judged.found, seen.spots, seen.outside) == ""
