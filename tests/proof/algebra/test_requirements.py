"""Which requirements say what: bound indices stand for any place, free ones for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined
from derivlib.proof.algebra.requirements import (
    Facts,
    Requirement,
    _known,
    facts,
    follows,
    numbered,
    without_repetition,
)
from derivlib.proof.algebra.sums import rename
from derivlib.proof.language.parser import parse
from derivlib.proof.language.ranges import Base, bound, free, fresh, is_bound
from derivlib.proof.language.signature import Condition
from derivlib.proof.theory import Theory
from tests.support.answers import base, normal_form
from tests.support.spans import span, spans
from tests.support.strategies import few, polys

THEORY = Theory("""
    x, y: K
    S: K×K
    z: d
    c: real
    a: real, positive
""")
LETTERS = spans(i="K", j="K", k="K", l="K", m="K", r="d")
BOUND = "klmr"


def bound_ones(first: int | None = None) -> dict[str, Base]:
    """Bases for the letters of BOUND, fresh ones or numbered from the first."""
    ranges = {name: LETTERS[name] for name in BOUND}
    if first is None:
        return {name: fresh(range_) for name, range_ in ranges.items()}
    return {name: bound(first + n, range_) for n, (name, range_) in enumerate(ranges.items())}


def read(text: str, bases: Mapping[str, Base] | None = None) -> Poly:
    """The normal form of a text, in which k, l, m and r are bound indices."""
    poly = normal_form(THEORY.statement(text, "0").left, THEORY, LETTERS)
    new = bound_ones() if bases is None else bases
    return rename(poly, {free(name, LETTERS[name]): (new[name], 0) for name in BOUND})


def requirement(text: str, relation: str) -> Requirement:
    return Requirement(THEORY.statement(text, "0").left, read(text), relation)


def required(text: str) -> Requirement:
    """As in `x[k]*y[l] != 0`."""
    left, relation, _ = text.rsplit(" ", 2)
    return requirement(left, relation)


def said(text: str) -> Facts:
    return facts(required(text), THEORY)


# --- numbering ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x[k]", "x[l]"),
        ("x[k]*y[l]", "x[l]*y[k]"),
        ("x[k]*x[l]", "x[m]*x[k]"),
        ("x[k] + 2*y[l]", "2*y[k] + x[l]"),
        ("S[k,l]*x[l] + S[l,k]*x[k]^2", "x[l]^2*S[k,l] + x[k]*S[l,k]"),
        ("S[k,l]*S[l,m]*S[m,k]", "S[l,k]*S[m,l]*S[k,m]"),
        ("exp(x[k]) + y[l] + Σ(i, S[k,i])", "y[k] + Σ(j, S[l,j]) + exp(x[l])"),
        ("1/(1 + 1/(x[k] + 2*y[l]))", "1/(1 + 1/(2*y[k] + x[l]))"),
        ("x[k]*z[r]", "z[r]*x[m]"),
        ("(c + δ(k,i))*x[l]*y[k]", "y[l]*x[m]*(c + δ(i,l))"),
    ],
)
def test_what_differs_in_numbers_alone_is_the_same(one: str, other: str) -> None:
    assert numbered([read(one)]) == numbered([read(other)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x[k]", "y[k]"),
        ("x[k]", "x[i]"),
        ("x[i]", "x[j]"),
        ("x[k]", "z[r]"),
        ("x[k]*y[k]", "x[k]*y[l]"),
        ("x[k]*x[l]", "x[k]^2"),
        ("x[k] + 2*y[l]", "x[k] + 2*y[k]"),
        ("x[k] + 2*y[l]", "2*x[k] + y[l]"),
        ("S[k,l]", "S[k,k]"),
        ("S[k,l]*x[k]", "S[k,l]*x[l]"),
        ("S[k,i]", "S[i,k]"),
        ("S[k,i]", "S[k,j]"),
        ("S[k,l]*S[l,m]*S[m,k]", "S[k,l]*S[l,m]*S[k,m]"),
        ("S[k,l]*x[l] + S[l,k]*x[k]^2", "S[k,l]*x[l] + S[k,l]*x[k]^2"),
    ],
)
def test_nothing_else_is(one: str, other: str) -> None:
    assert numbered([read(one)]) != numbered([read(other)])


@few
@given(polys(depth=3), st.sampled_from(["i", "j", "ij", "ijn"]), st.permutations(range(3)))
@example(normal_form(parse("1/(1 + 1/(2*x[j] + z[i]))")), "ij", [2, 1, 0])
def test_numbers_do_not_matter(p: Poly, names: str, new: list[int]) -> None:
    ranges = spans(i="K", j="K", n="d")

    def with_numbers(numbers: Iterable[int]) -> Poly:
        bases = dict(zip(names, numbers, strict=False))
        return rename(p, {base(n): (bound(b, ranges[n]), 0) for n, b in bases.items()})

    try:
        plain = with_numbers([10, 20, 30])
        other = with_numbers(10**6 + n for n in new)
        (found,), (again,) = numbered([plain]), numbered([other])
    except (OutOfBudget, Undefined):
        assume(False)
    assert found == again
    assert {b.number for b in found.bases if is_bound(b)} == set(
        range(len([b for b in plain.bases if is_bound(b)]))
    )
    assert numbered([found]) == [found]


def test_what_has_no_bound_index_stays() -> None:
    polys = [read("x[i]*S[j,1]"), read("Σ(i, x[i])"), read("c")]
    assert numbered(polys) == polys
    assert numbered([]) == []


def test_numbered_together() -> None:
    def texts(*factors: str) -> list[str]:
        new = bound_ones()
        return sorted(poly.text for poly in numbered([read(text, new) for text in factors]))

    assert texts("x[k]", "y[k]") == texts("y[l]", "x[l]")
    assert texts("x[k]", "y[l]") == texts("y[k]", "x[l]")
    assert texts("x[k]", "y[k]") != texts("x[k]", "y[l]")
    assert texts("x[k]", "x[l]", "S[k,l]") == texts("S[l,m]", "x[m]", "x[l]")
    assert texts("S[k,l]", "x[k]") != texts("S[k,l]", "x[l]")
    # Each by itself they are alike.
    assert numbered([read("y[k]")]) == numbered([read("y[l]")])


def test_an_inner_sum_makes_way_for_the_numbers_around_it() -> None:
    (found,) = numbered([read("Σ(i, S[k,i]*x[i])", bound_ones(0))])
    (again,) = numbered([read("Σ(i, S[k,i]*x[i])", bound_ones(7))])
    assert found == again
    assert [b.number for b in found.bases] == [0]


# --- facts ----------------------------------------------------------------------------------------


def texts(polys: Iterable[Poly] | None) -> list[str] | None:
    return None if polys is None else sorted(poly.text for poly in polys)


def alone(*factors: str) -> list[str]:
    return sorted(poly.text for text in factors for poly in numbered([read(text)]))


@pytest.mark.parametrize(
    ("text", "nonzero", "factors", "sign", "strict"),
    [
        ("c*x[k] != 0", ["c", "x[k]"], None, 1, True),
        ("-a*c^3 != 0", ["c"], None, 1, True),
        ("x[k]*y[l] > 0", ["x[k]", "y[k]"], ["x[k]", "y[k]"], 1, True),
        ("-c*a > 0", ["c"], ["c"], -1, True),
        ("c^2*x[i] > 0", ["c", "x[i]"], ["x[i]"], 1, True),
        ("c^3 >= 0", [], ["c"], 1, False),
        ("-2*c^3*x[1] >= 0", [], ["c", "x[1]"], -1, False),
        ("-2*a*c^2*x[1] >= 0", [], ["c^2*x[1]"], -1, False),
        ("c/x[k] > 0", ["c", "x[k]"], ["c", "x[k]"], 1, True),
        ("x[i] - x[j] > 0", ["x[i] - x[j]"], ["x[i] - x[j]"], 1, True),
        ("c*x[i] + c*x[j] != 0", ["c", "x[i] + x[j]"], None, 1, True),
    ],
)
def test_facts(
    text: str, nonzero: list[str], factors: list[str] | None, sign: int, strict: bool
) -> None:
    found = said(text)
    assert texts(found.nonzero) == alone(*nonzero)
    assert texts(found.product) == (None if factors is None else alone(*factors))
    assert (found.sign, found.strict) == (sign, strict)


def test_a_product_is_numbered_as_a_whole() -> None:
    one, other = said("x[k]*y[k] > 0"), said("x[k]*y[l] > 0")
    assert one.nonzero == other.nonzero
    assert one.product == other.product
    assert one.whole != other.whole
    assert other.whole == said("y[k]*x[m] > 0").whole


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("x[i]", ["x[i]"], True),
        ("x[i]", ["x[j]"], False),
        ("x[i]", ["x[k]"], True),
        ("x[i]", ["y[k]", "z[r]"], False),
        ("x[k]", ["x[i]"], False),
        ("x[k]", ["x[l]"], True),
        ("S[i,j]", ["S[k,j]"], True),
        ("S[i,j]", ["S[i,k]"], True),
        ("S[i,j]", ["S[j,k]", "S[k,i]", "S[k,k]"], False),
        ("S[i,i]", ["S[k,k]"], True),
        ("S[i,i]", ["S[i,k]", "S[k,i]"], False),
        ("S[i,k]", ["S[l,k]"], False),  # true, but one index at a time is looked at
        ("x[1]", ["x[k]"], False),  # likewise: a place is no index
        ("x[i] - x[j]", ["x[k] - x[j]"], True),
        ("Σ(k, S[i,k])", ["Σ(i, S[l,i])"], True),
        ("Σ(k, S[i,k])", ["Σ(i, S[i,l])"], False),
    ],
)
def test_what_is_known_of_a_factor(text: str, known: list[str], expected: bool) -> None:
    (poly,) = numbered([read(text)])
    assert _known(poly, {p for each in known for p in numbered([read(each)])}) is expected


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        # != is compared factor by factor, and each index stands for any place
        ("x[k]*y[k] != 0", ["x[k]*y[l] != 0"], True),
        ("x[k]*y[l] != 0", ["x[k]*y[k] != 0"], True),
        ("x[k]*y[k] != 0", ["x[k] != 0", "y[k] != 0"], True),
        ("x[k]*y[k] != 0", ["x[k] != 0", "y[i] != 0"], False),
        ("x[i]*y[j] != 0", ["x[k]*y[k] > 0"], True),
        ("x[k] != 0", ["x[k]*y[k] >= 0"], False),
        ("x[k] != 0", ["x[i] != 0", "x[j] != 0"], False),
        ("S[k,k] != 0", ["S[k,l] != 0"], False),  # true, but not seen
        ("S[k,l] != 0", ["S[k,k] != 0"], False),
        # > and >= are compared as products: which index is which matters
        ("x[k]*y[k] > 0", ["x[k]*y[l] > 0"], False),
        ("x[k]*y[l] > 0", ["x[k]*y[k] > 0"], False),
        ("x[k]*y[k] >= 0", ["x[k]*y[l] >= 0"], False),
        ("x[k]*y[l] >= 0", ["x[k]*y[k] >= 0"], False),
        ("x[k]*y[l] >= 0", ["x[k]*y[k] > 0"], False),
        ("x[k]*y[l] > 0", ["x[l]*y[k] > 0"], True),
        ("x[k]*y[k] > 0", ["x[m]*y[m] > 0"], True),
        ("x[k]*y[k] >= 0", ["x[m]*y[m] > 0"], True),
        ("x[k]*y[k] > 0", ["x[m]*y[m] >= 0"], False),
        ("S[k,l]*x[l] > 0", ["x[k]*S[l,k] > 0"], True),
        ("S[k,l]*x[l] > 0", ["x[k]*S[k,l] > 0"], False),
        ("-x[k]*y[l] > 0", ["x[k]*y[l] > 0"], False),
        ("-x[k]*y[l] > 0", ["-2*x[k]*y[l] > 0"], True),
        ("x[k]*y[l] > 0", ["x[k] > 0", "y[k] > 0"], True),
        ("x[k]*y[l] > 0", ["x[k] > 0", "y[i] > 0"], False),
        ("x[k]*y[l] > 0", ["x[k] >= 0", "y[k] > 0"], False),
        ("x[i]*y[i] > 0", ["x[k] > 0", "y[i] > 0"], True),
        ("-x[i]*y[i] > 0", ["x[k] > 0", "y[i] > 0"], False),
        ("x[i] > 0", ["-x[k] > 0"], False),
        ("2*c^2*x[1] >= 0", ["c^2*x[1] >= 0"], True),
        ("a*c^2*x[1] >= 0", ["c^2*x[1] >= 0"], True),
        ("x[1] >= 0", ["c^2*x[1] >= 0"], False),
        ("-c^2*x[1] >= 0", ["c^2*x[1] >= 0"], False),
        ("c^4*x[1] >= 0", ["c^2*x[1] >= 0"], False),
    ],
)
def test_follows(text: str, others: list[str], expected: bool) -> None:
    assert follows(said(text), [said(other) for other in others]) is expected
    assert not follows(said(text), [])


# --- nothing follows that need not be true --------------------------------------------------------

POOL = [
    *("c", "-c", "c^2", "c^3", "x[i]", "-x[i]", "x[j]", "x[k]", "-x[k]", "x[k]^2", "y[k]"),
    *("x[i]*y[i]", "x[i]*y[j]", "x[k]*y[k]", "x[k]*y[l]", "-x[k]*y[l]", "x[l]*y[k]", "x[k]*x[l]"),
    *("x[i]*y[k]", "x[k]*y[i]", "c*x[k]", "c^2*x[k]", "-2*c^2*x[k]", "c^2*x[k]*y[l]"),
    *("x[i] - x[j]", "x[j] - x[i]", "x[k] - x[i]", "x[k] - y[k]", "y[l] - x[k]", "x[k] - y[l]"),
]
ASKED = [f"{text} {relation} 0" for text in POOL for relation in ("!=", ">", ">=")]
POINTS = [
    {"x": (None, *x), "y": (None, *y), "c": c, "i": i, "j": j}
    for x in product((-1, 0, 1), repeat=2)
    for y in product((-1, 0, 1), repeat=2)
    for c in (-1, 0, 1)
    for i, j in product((1, 2), repeat=2)
]
"""Entries and places at K = 2."""


@cache
def truth(text: str) -> int:
    """At which of the points the requirement holds for all k and l, a bit for each: the text is
    read by Python."""
    code = compile(text.replace("^", "**"), text, "eval")
    anywhere = [dict(zip("kl", pair, strict=True)) for pair in product((1, 2), repeat=2)]

    def holds(point: Mapping[str, Any]) -> bool:
        return all(eval(code, {}, {**point, **places}) for places in anywhere)

    return sum(holds(point) << n for n, point in enumerate(POINTS))


@cache
def known_facts(text: str) -> Facts:
    return said(text)


def check_follows(text: str, others: Iterable[str]) -> bool:
    found = follows(known_facts(text), [known_facts(other) for other in others])
    held = (1 << len(POINTS)) - 1
    for other in others:
        held &= truth(other)
    assert not found or not held & ~truth(text), f"{text} does not follow from {others}"
    return found


def test_what_follows_from_one_is_true() -> None:
    found = sum(check_follows(one, [other]) for one, other in permutations(ASKED, 2))
    assert found > 100


@few
@given(st.sampled_from(ASKED), st.lists(st.sampled_from(ASKED), min_size=2, max_size=4))
def test_what_follows_from_several_is_true(text: str, others: list[str]) -> None:
    check_follows(text, others)


@few
@given(st.lists(st.sampled_from(ASKED), min_size=1, max_size=6))
@example(["x[k]*y[k] > 0", "x[k]*y[l] > 0"])
@example(["x[k] > 0", "y[k] > 0", "x[k]*y[l] > 0", "x[i]*y[j] != 0"])
def test_what_is_kept_says_all(asked: list[str]) -> None:
    left = without_repetition([required(text) for text in asked], THEORY)
    kept = [each.stated() for each in left]
    before = after = (1 << len(POINTS)) - 1
    for text in asked:
        before &= truth(text)
    for condition in kept:
        after &= truth(str(condition))
    assert before == after
    assert len({*kept}) == len(kept)
    assert {*map(str, kept)} <= {str(required(text).stated()) for text in asked}


# --- what is stated -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (requirement("x[i] - 1", ">").stated(), "x[i] - 1 > 0"),
        (requirement("c", "!=").condition(THEORY), "c != 0"),
        (requirement("1/(a + c^2)", ">").condition(THEORY), None),
        (requirement("Σ(k != i, exp(x[k]))", ">").condition(THEORY), "K >= 2"),
    ],
)
def test_what_a_requirement_states(condition: Condition | None, text: str | None) -> None:
    assert (condition and str(condition)) == text


def test_ranges_are_told_apart() -> None:
    one, other = fresh(span("K")), fresh(span("1..K-1"))
    i = free("i", LETTERS["i"])
    poly = normal_form(THEORY.statement("x[i]", "0").left, THEORY, LETTERS)
    short, whole = (numbered([rename(poly, {i: (new, 0)})]) for new in (other, one))
    assert short != whole
    assert not _known(poly, short)
    assert _known(poly, whole)
