"""What normal forms are worth at a point, against an evaluator that shares nothing with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flint import arb, ctx, fmpq
from hypothesis import assume, given

from derivlib.proof import Theory
from derivlib.proof.algebra.polynomial import ONE, OutOfBudget, Poly, Undefined, Var, atom_poly
from derivlib.proof.algebra.steps import LOG_OF
from derivlib.proof.language.ranges import CONSTANT, Base, bound, free, last, up_to
from derivlib.proof.language.syntax import Expr
from derivlib.proof.refuter import duals
from derivlib.proof.refuter.environment import Environment
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.values import Impossible, Opaque, Values
from tests.support.answers import At, normal_form, read, value
from tests.support.letters import FREE, THEORY, Scope
from tests.support.numeric import Point, equal, mp
from tests.support.spans import span
from tests.support.strategies import few, polys, where
from tests.support.timely import TIME, TIMES, chronicles, when

EVALUATORS = {id(theory): Evaluator(theory) for theory in (THEORY, TIME)}


def values(theory: Theory, point: Point) -> Values:
    tables = {
        name: {place: fmpq(x.numerator, x.denominator) for place, x in table.items()}
        for name, table in point.entries.items()
    }
    evaluator = EVALUATORS[id(theory)]
    evaluator.allow(1_000_000)
    return Values(evaluator, Environment(point.sizes, tables))


def compared(poly: Poly, at: At, theory: Theory, indices: Scope) -> None:
    point, places = at
    expected = value(poly, at)
    assume(expected is not None)
    bases = {free(name, range_): places[name] for name, range_ in indices.items()}
    with ctx.workprec(128):
        try:
            found = arb(values(theory, point).poly(poly, bases))
        except (duals.Undefined, duals.Undecided):
            assume(False)
        assert equal(mp.mpf(found.mid().str(35, radius=False)), expected)


@few
@given(polys(depth=3), where())
def test_a_normal_form(poly: Poly, at: At) -> None:
    compared(poly, at, THEORY, FREE)


@few
@given(chronicles(), when())
def test_a_normal_form_over_intervals(expr: Expr, at: At) -> None:
    try:
        poly = normal_form(expr, TIME, TIMES, open_functions=False)
    except (OutOfBudget, Undefined):
        assume(False)
    compared(poly, at, TIME, TIMES)


LITTLE = Theory("x: K\ny: T\nc: real\nd := c + 1")


def small(sizes: Mapping[str, int] | None = None, c: int = 2) -> Values:
    sizes = sizes or {"K": 3, "T": 2}
    tables: dict[str, dict[tuple[int, ...], Any]] = {
        "x": {(n,): fmpq(n * n) for n in range(1, sizes["K"] + 1)},
        "y": {(n,): fmpq(-n) for n in range(1, sizes["T"] + 1)},
        "c": {(): fmpq(c)},
    }
    evaluator = Evaluator(LITTLE)
    evaluator.allow()
    return Values(evaluator, Environment(sizes, tables))


def entry(name: str, *places: tuple[Base, int]) -> Poly:
    return atom_poly(Var(name, places))


def test_a_place_counts_from_an_index_a_size_or_nothing() -> None:
    index = free("i", span("K"))
    found = small()
    assert found.poly(entry("x", (index, 1)), {index: 2}) == 9
    assert found.poly(entry("x", (CONSTANT, 2)), {}) == 4
    assert found.poly(entry("x", (last("K"), -1)), {}) == 4


def test_a_name_that_a_derivative_held_has_its_value() -> None:
    assert small().poly(entry("d"), {}) == 3


def test_an_entry_beyond_its_axes_is_some_number_always_the_same() -> None:
    one, two = (small().poly(entry("x", (CONSTANT, n)), {}) for n in (8, 9))
    assert one != two
    assert one == small().poly(entry("x", (CONSTANT, 8)), {})


def test_the_log_of_an_entry_that_is_not_positive_is_impossible() -> None:
    u = entry(f"{LOG_OF}c")
    assert small(c=1).poly(u, {}) == 0
    for c in (0, -1):
        with pytest.raises(Impossible):
            small(c=c).poly(u, {})


def test_places_are_spread_evenly_over_the_ranges() -> None:
    i, j = free("i", span("K")), free("j", span("T"))
    chosen = list(small().choices(frozenset({i, j, last("K")}), {}, 99))
    assert len(chosen) == 6
    assert {(at[i], at[j]) for at in chosen} == {(a, b) for a in (1, 2, 3) for b in (1, 2)}
    some = list(small({"K": 50, "T": 2}).choices(frozenset({i}), {}, 5))
    assert [at[i] for at in some] == [1, 11, 21, 31, 41]
    assert list(small().choices(frozenset({i, j}), {i: 2}, 1)) == [{i: 2, j: 1}]
    upto = bound(0, up_to(i))
    both = [(n, at) for n in (1, 2, 3) for at in range(1, n + 1)]
    found = list(small().choices(frozenset({upto}), {}, 99))
    assert [(at[i], at[upto]) for at in found] == both
    assert len(list(small().choices(frozenset({upto}), {}, 5))) == 5


# --- whatever the atoms are worth -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same", "is_same"),
    [
        ("(c + a)^2", "c^2 + 2*a*c + a^2", True),
        ("(c + a)^2", "c^2 + a*c + a^2", False),
        ("1/(c + a)", "1/(a + c)", True),
        ("1/(c + a)", "1/(a + 2*c)", False),
        ("sqrt(2)*c", "c*2/sqrt(2)", True),
        ("sqrt(c^2 + 1)^2", "c^2 + 1", True),
        ("exp(c)", "exp(2*c)", False),
        ("δ(i,j)*c", "δ(i,j)^2*c", True),
        ("Max(c, 10^9)", "10^9", False),
    ],
)
def test_atoms_are_told_apart_by_their_texts(text: str, same: str, is_same: bool) -> None:
    found = [Opaque(salt).poly(read(text) - read(same), {}) for salt in range(4)]
    assert all(bool(arb(each).contains(0)) for each in found) is is_same


def test_other_numbers_with_another_salt_and_what_is_put_for_an_atom() -> None:
    c = entry("c")
    ((((atom, _),), _),) = c.terms.items()
    worth: list[Any] = [Opaque(salt).poly(c, {}) for salt in range(9)]
    assert len(set(worth)) > 5
    assert min(worth) > 0
    assert Opaque(3, {atom: c + ONE}).poly(c, {}) == Opaque(3).poly(c, {}) + 1
