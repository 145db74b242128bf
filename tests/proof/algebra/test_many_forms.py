"""Some thousand normal forms, over intervals and with δ at their ends, against the evaluator that
shares nothing with the prover: the forms themselves, factored, rewritten and in cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from random import Random

import pytest

from derivlib.proof.algebra.cases import differences, either_sign, equal_or_not, free_deltas
from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.hypotheses import rewrite
from derivlib.proof.algebra.licences import Licences
from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined, mono_poly
from derivlib.proof.algebra.steps import Case, Equal
from derivlib.proof.language.ranges import Place, Range, free, is_fixed, within
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Expr,
    Function,
    Index,
    Mul,
    Number,
    Sub,
    Sum,
)
from tests.support.answers import At, meaning, normal_form, rules, value
from tests.support.letters import ONE as ONE_EXPR
from tests.support.letters import Scope
from tests.support.numeric import Point, equal
from tests.support.planted import Patch
from tests.support.planted_sums import (
    a_shifted_index_keeps_its_range,
    places_beyond_a_range_are_ignored,
)
from tests.support.timely import TIME, TIMES, Chronicler, K, end, time_places, time_points

GIVEN = rules(TIME)
FORMS = 2000
SOME = 50
POINTS = 24
SEVEN = Number(Fraction(7))


class Summer(Chronicler):
    """Writes sums of products of entries and δs, now and then something around them. Places are
    mostly those next to the innermost index."""

    def index(self, axis: Range, scope: Scope) -> Index:
        innermost = list(scope)[-1]
        options = [Index(innermost, n) for n in (-1, -1, 0, 1)]
        base = free(innermost, scope[innermost])
        fits = [index for index in options if within((base, index.offset), axis)]
        if fits and self.one("yyn") == "y":
            return self.one(fits)
        return super().index(axis, scope)

    def delta(self, scope: Scope) -> Delta:
        innermost = list(scope)[-1]
        if scope[innermost] == K or self.one("yyn") == "n":
            return super().delta(scope)
        ends = [Index(str(each.symbol) or None, each.offset) for each in scope[innermost]]
        others = [Index("t"), Index("o", self.one((0, 1)))]
        return Delta(Index(innermost, self.one((0, 0, 0, -1))), self.one([*ends, *ends, *others]))

    def binder(self, scope: Scope) -> Binder:
        if self.one("yyn") == "n":
            return super().binder(scope)
        first = Index(None, self.one((0, 1, 1)))
        final = Index("T", self.one((-1, 0, 0, 1)))
        return Binder("s", first=first, final=final, range=Range(end(first), end(final)))

    def factor(self, scope: Scope, depth: int) -> Expr:
        match self.one(("δ", "δ", "entry", "entry", "entry", "entry", "Σ", "1-δ", "Max", "1/")):
            case "δ":
                return self.delta(scope)
            case "1-δ":
                return Sub(ONE_EXPR, self.delta(scope))
            case "Σ" if depth:
                return self.sum(scope, depth - 1)
            case "Max":
                return Function("Max", (self.entry(scope, "fx"), self.entry(scope, "ev")))
            case "1/":
                return Div(ONE_EXPR, Add(self.entry(scope, "fe"), SEVEN))
        return self.entry(scope, [*"xxffvvequrwDP"])

    def product(self, scope: Scope, depth: int) -> Expr:
        found = self.factor(scope, depth)
        for _ in range(self.one((0, 1, 1, 2))):
            found = Mul(found, self.factor(scope, depth))
        return found

    def sum(self, scope: Scope, depth: int) -> Expr:
        binder = self.binder(scope)
        assert binder.range is not None
        return Sum((binder,), self.product({**scope, binder.index: binder.range}, depth))

    def form(self) -> Expr:
        found = self.sum(TIMES, 1)
        match self.one(("alone", "alone", "∂", "-", "*")):
            case "∂":
                return Derivative(found, (self.entry(TIMES, "xfve"),))
            case "-":
                return Sub(found, self.sum(TIMES, 0))
            case "*":
                return Mul(self.delta(TIMES), found)
        return found


@cache
def points() -> list[Point]:
    return [time_points(Random(seed).choice) for seed in range(POINTS)]


def parts(poly: Poly, at: At) -> Iterator[tuple[str, Poly]]:
    """What has to have the same value, the case that holds there included."""
    yield "normal form", poly
    after = rewrite(poly, GIVEN)
    if after is not poly:
        yield "rewritten", after
    found = factor(poly)
    outside = mono_poly(found.powers.items()).scale(found.coefficient)
    yield "factored", outside * found.numerator
    for pair in free_deltas(poly):
        yield from holding("δ", equal_or_not(poly, pair, Licences()), at)
        break
    for difference in differences(poly):
        yield from holding("Max", either_sign(poly, difference, Licences()), at)
        break


def holding(name: str, cases: Iterator[Case], at: At) -> Iterator[tuple[str, Poly]]:
    for case in cases:
        if case.after is not None and holds(case, at):
            yield name, case.after


def holds(case: Case, at: At) -> bool:
    where = case.where
    if isinstance(where, Equal):
        left, right = (place(each, at) for each in (where.pair.left, where.pair.right))
        return (left == right) is where.same
    found = value(where.difference, at)
    return found is not None and found * where.sign >= 0


def place(each: Place, at: At) -> int:
    (base, offset), (point, places) = each, at
    if is_fixed(base):
        return offset + (point.sizes[base.label] if base.label else 0)
    return offset + places[base.label]


def wrong(seeds: range) -> tuple[int, list[str]]:
    """How many values were compared, and which were wrong."""
    compared, found = 0, []
    for seed in seeds:
        choose: Callable[..., object] = Random(seed).choice
        expr = Summer(choose).form()
        point = points()[seed % POINTS]
        at = point, time_places(choose, point)
        expected = meaning(expr, at, TIME)
        if expected is None:
            continue
        try:
            poly = normal_form(expr, TIME, TIMES, open_functions=False)
            for name, part in parts(poly, at):
                number = value(part, at)
                if number is not None:
                    compared += 1
                    if not equal(number, expected):
                        found.append(f"{name}, seed {seed}")
        except (OutOfBudget, Undefined):
            continue
    return compared, found


def test_each_form_has_the_value_of_the_expression() -> None:
    compared, found = wrong(range(FORMS))
    assert not found
    assert compared > FORMS


@pytest.mark.parametrize(
    "bug", [a_shifted_index_keeps_its_range, places_beyond_a_range_are_ignored]
)
def test_bugs_that_were_there_once_are_seen(bug: Callable[[Patch], None]) -> None:
    with Patch.context() as patch:
        bug(patch)
        assert any(wrong(range(n, n + SOME))[1] for n in range(0, FORMS, SOME))
