"""Hypothesis strategies: expressions in THEORY, their normal forms, and points."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined
from derivlib.proof.language.syntax import Expr
from tests.support.answers import normal_form
from tests.support.letters import FREE, Choose, Scope, places, points
from tests.support.numeric import Point
from tests.support.writing import Writer, well_typed

Item = TypeVar("Item")

few = settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
"""Enough for a walk round the neighbourhood, in about a second. Many points are not in the domain
of what was drawn, so many draws are dropped."""


def choose_by(draw: Callable[..., Any]) -> Choose:
    """All choices by one seed: a draw for each would take longer than what is tested."""
    return Random(draw(st.integers(0, 2**32))).choice


def written(write: Callable[[Choose], Item]) -> st.SearchStrategy[Item]:
    """What is written by such choices."""
    return st.builds(lambda seed: write(Random(seed).choice), st.integers(0, 2**32))


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
