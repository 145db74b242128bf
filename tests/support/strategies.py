"""Hypothesis strategies for the tests of the prover, and the prover's answer without a refuter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from derivlib.proof.algebra.conditions import conditions
from derivlib.proof.algebra.hypotheses import Rule, Unusable, as_rule
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined, budget
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.ranges import Base, Place, free
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.letters import FREE, THEORY, Choose, Scope, places, points
from tests.support.numeric import Evaluation, NoValue, Point, poly_value
from tests.support.writing import Writer, well_typed

At: TypeAlias = tuple[Point, Mapping[Any, int]]
"""A point and the places of the free indices."""

few = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
"""Enough for a walk round the neighbourhood, in about a second. Many points are not in the domain
of what was drawn, so many draws are dropped."""


def choose_by(draw: Callable[..., Any]) -> Choose:
    return lambda options: draw(st.sampled_from(options))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, scope: Scope = FREE) -> Expr:
    """Expressions of THEORY with the free indices i, j (over K) and n (over d)."""
    expr = Writer(choose_by(draw)).expression(depth, scope)
    assume(well_typed(expr))
    return expr


@st.composite
def polys(draw: st.DrawFn, depth: int = 2, scope: Scope = FREE) -> Poly:
    """Normal forms of such expressions."""
    try:
        return normal_form(draw(expressions(depth, scope)))
    except (OutOfBudget, Undefined):
        assume(False)
    raise AssertionError


@st.composite
def where(draw: st.DrawFn) -> tuple[Point, dict[str, int]]:
    """A point, and the places of i, j and n there."""
    point = points(choose_by(draw))
    return point, places(choose_by(draw), point, FREE)


def scope_of(indices: Scope) -> dict[str, Place]:
    """Free indices and the bases that stand for them."""
    return {name: (free(name, range_), 0) for name, range_ in indices.items()}


def base(name: str) -> Base:
    """The base of one of the free indices i, j and n."""
    return free(name, FREE[name])


def normal_form(
    expr: Expr, theory: Theory = THEORY, indices: Scope = FREE, *, open_functions: bool = True
) -> Poly:
    with budget(time.monotonic() + 4):
        normalizer = Normalizer(theory, open_functions=open_functions)
        return normalizer.poly(expr, scope_of(indices))


def sides(statement: Statement, theory: Theory) -> tuple[Poly, Poly]:
    """The normal forms of both sides."""
    left, right = (
        normal_form(side, theory, statement.free) for side in (statement.left, statement.right)
    )
    return left, right


def read(text: str) -> Poly:
    """The normal form of a text in the words of THEORY."""
    return normal_form(resolve([(parse(text), text)], THEORY, known=FREE).expressions[0])


def value(poly: Poly, at: At) -> Any:
    """The value of a normal form, a `Real`; None if it has none."""
    point, indices = at
    try:
        return poly_value(poly, point, indices)
    except NoValue:
        return None


def meaning(expr: Expr, at: At, theory: Theory = THEORY) -> Any:
    """The value of an expression by the language's own rules; None if it has none."""
    point, indices = at
    try:
        return Evaluation(theory, point).value(expr, indices)
    except NoValue:
        return None


# --- the prover's answer --------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What prover and conditions say, before the refuter's cross-examination."""

    proved: bool
    conditions: tuple[str, ...] = ()
    reason: str = ""


def rules(theory: Theory, *, open_functions: bool = True) -> list[Rule]:
    """The theory's hypotheses as rules."""
    normalizer = Normalizer(theory, open_functions=open_functions)
    made = []
    for hypothesis in theory.hypotheses:
        with suppress(Unusable):
            made.append(as_rule(hypothesis, normalizer))
    return made


def decide(
    left: Expr,
    right: Expr,
    theory: Theory = THEORY,
    indices: Scope = FREE,
    seconds: float = 2,
    *,
    open_functions: bool = True,
) -> Answer:
    normalizer = Normalizer(theory, open_functions=open_functions)
    scope = scope_of(indices)
    try:
        with budget(time.monotonic() + seconds):
            difference = normalizer.poly(left, scope) - normalizer.poly(right, scope)
            if not Prover(rules(theory, open_functions=open_functions)).zero(difference):
                return Answer(False)
            found = conditions(theory, (left, right), scope, normalizer)
            return Answer(True, tuple(map(str, found)))
    except (OutOfBudget, Undefined) as error:
        return Answer(False, reason=str(error))


def decide_text(theory: Theory, left: str, right: str, seconds: float = 10) -> Answer:
    statement = theory.statement(left, right)
    return decide(statement.left, statement.right, theory, statement.free, seconds)
