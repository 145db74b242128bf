"""Hypothesis strategies for the tests of the prover, and the prover's answer without a refuter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from derivlib.proof.conditions import conditions
from derivlib.proof.expressions import Expr
from derivlib.proof.hypotheses import Rule, rule
from derivlib.proof.indices import resolve
from derivlib.proof.normal_form import Normalizer
from derivlib.proof.parser import parse
from derivlib.proof.polynomial import OutOfBudget, Place, Poly, Undefined, budget
from derivlib.proof.prover import Prover
from derivlib.proof.theory import Theory
from proof.numeric import Evaluation, NoValue, Point, poly_value
from proof.writing import FREE, THEORY, Choose, Scope, Writer, places, points, well_typed

At: TypeAlias = tuple[Point, Mapping[Any, int]]
"""A point and the places of the free indices."""

few = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
"""Enough for a walk round the neighbourhood, in about a second. Many points are not in the domain
of what was drawn, so many draws are dropped."""


def choose_by(draw: Callable[..., Any]) -> Choose:
    return lambda options: draw(st.sampled_from(options))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, free: Scope = FREE) -> Expr:
    """Expressions of THEORY with the free indices i, j (over K) and n (over d)."""
    expr = Writer(choose_by(draw)).expression(depth, free)
    assume(well_typed(expr))
    return expr


@st.composite
def polys(draw: st.DrawFn, depth: int = 2, free: Scope = FREE) -> Poly:
    """Normal forms of such expressions."""
    try:
        return normal_form(draw(expressions(depth, free)))
    except (OutOfBudget, Undefined):
        assume(False)
    raise AssertionError


@st.composite
def where(draw: st.DrawFn) -> tuple[Point, dict[str, int]]:
    """A point, and the places of i, j and n there."""
    point = points(choose_by(draw))
    return point, places(choose_by(draw), point, FREE)


def normal_form(
    expr: Expr, theory: Theory = THEORY, scope: Mapping[str, Place] | None = None
) -> Poly:
    with budget(time.monotonic() + 1):
        return Normalizer(theory).poly(expr, scope or {})


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


def rules(theory: Theory) -> list[Rule]:
    """The theory's hypotheses as rules."""
    normalizer = Normalizer(theory)
    found = []
    for hypothesis in theory.hypotheses:
        scope = {index: (f"{index}::", 0) for index in hypothesis.free}
        left, right = (normalizer.poly(e, scope) for e in (hypothesis.left, hypothesis.right))
        made = rule(left, right, [f"{index}::" for index in hypothesis.free])
        found += [] if made is None else [made]
    return found


def decide(left: Expr, right: Expr, theory: Theory = THEORY, seconds: float = 2) -> Answer:
    normalizer = Normalizer(theory)
    try:
        with budget(time.monotonic() + seconds):
            difference = normalizer.poly(left, {}) - normalizer.poly(right, {})
            if not Prover(rules(theory)).zero(difference):
                return Answer(False)
            needed = [conditions(theory, side, normalizer) for side in (left, right)]
            return Answer(True, tuple(text for side in needed for text in side))
    except (OutOfBudget, Undefined) as error:
        return Answer(False, reason=str(error))


def decide_text(theory: Theory, left: str, right: str, seconds: float = 10) -> Answer:
    statement = theory.statement(left, right)
    return decide(statement.left, statement.right, theory, seconds)
