"""Sums: the value stays, and bound indices have no name but the canonical one."""

from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Atom,
    OutOfBudget,
    Poly,
    SizeOf,
    Undefined,
    Var,
    atom_poly,
)
from derivlib.proof.algebra.polynomial import Sum as SumAtom
from derivlib.proof.algebra.sums import (
    Substitution,
    copied,
    copies_kept,
    freshened,
    inner_sum,
    inner_sums,
    rename,
    summation,
)
from derivlib.proof.language.ranges import CONSTANT, Base, Place, free, fresh, up_to
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Div,
    Entry,
    Expr,
    Index,
    Mul,
    Pow,
    Sub,
    Sum,
)
from tests.support.answers import At, base, meaning, normal_form, read, value
from tests.support.letters import FREE, THEORY, TWO, number, points
from tests.support.numeric import equal
from tests.support.spans import span, spans
from tests.support.strategies import choose_by, few, polys, where
from tests.support.trees import put_index
from tests.support.writing import Writer


def over(indices: str, p: Poly) -> Poly:
    """The sum of a polynomial over free indices of it."""
    bases = {name: fresh(FREE[name]) for name in indices}
    renamed = rename(p, {base(name): (new, 0) for name, new in bases.items()})
    return summation(bases.values(), renamed)


@few
@given(polys(), st.sampled_from(["i", "j", "n", "ij", "ijn"]), where())
def test_a_sum_is_the_sum(p: Poly, indices: str, at: At) -> None:
    point, places = at
    spots: list[dict[str, int]] = [dict(places)]
    for name in indices:
        top = point.sizes[str(FREE[name])]
        spots = [{**spot, name: n} for spot in spots for n in range(1, top + 1)]
    try:
        result = value(over(indices, p), at)
    except (Undefined, OutOfBudget):
        assume(False)
    terms = [value(p, (point, spot)) for spot in spots]
    assume(result is not None and None not in terms)
    assert equal(result, sum(terms))


@few
@given(polys(), st.sampled_from(["j", "1"]), where())
def test_renaming(p: Poly, new: str, at: At) -> None:
    point, places = at
    try:
        renamed = rename(p, {base("i"): (CONSTANT, 1) if new == "1" else (base(new), 0)})
    except Undefined:
        assume(False)
    a, b = value(renamed, at), value(p, (point, {**places, "i": places.get(new, 1)}))
    assume(a is not None and b is not None)
    assert equal(a, b)
    assert base("i") not in renamed.bases


@few
@given(polys())
def test_renaming_back_and_forth(p: Poly) -> None:
    i, j = base("i"), base("j")
    swap: dict[Base, Place] = {i: (j, 0), j: (i, 0)}
    assert rename(rename(p, swap), swap) == p
    assert rename(p, {i: (i, 0)}) == p


@few
@given(polys(depth=3), where())
def test_substitution(p: Poly, at: At) -> None:
    """x put for z everywhere is the value at the point where z is x."""

    def replace(atom: Atom) -> Poly | None:
        return (
            atom_poly(Var("x", atom.places)) if isinstance(atom, Var) and atom.name == "z" else None
        )

    point, places = at
    moved = type(point)(point.sizes, {**point.entries, "z": point.entries["x"]})
    try:
        a = value(Substitution({}, replace).poly(p), at)
    except (Undefined, OutOfBudget):
        assume(False)
    b = value(p, (moved, places))
    assume(a is not None and b is not None)
    assert equal(a, b)


@few
@given(polys(depth=3))
def test_a_substitution_that_replaces_nothing_changes_nothing(p: Poly) -> None:
    assert Substitution({}, lambda atom: None).poly(p) == p


# --- canonical names ------------------------------------------------------------------------------

RANGES = spans(k="K", l="K", m="K", r="d")
BOUND = [Binder(name, range=range_) for name, range_ in RANGES.items()]
LOPSIDED = Div(number("1"), Sub(Entry("x", (Index("k"),)), Mul(TWO, Entry("x", (Index("l"),)))))


@st.composite
def bodies(draw: st.DrawFn, powers: tuple[str, ...] = ("1", "1", "2", "1/2")) -> Expr:
    """A product of factors over the indices of BOUND, often symmetric in them."""
    choose = choose_by(draw)
    writer = Writer(choose)
    factors: list[Expr] = []
    for _ in range(choose((1, 2, 2, 3))):
        factor = writer.expression(choose((0, 0, 1)), RANGES)
        if choose((True, False)):
            other = put_index(
                put_index(put_index(factor, "k", Index("o")), "l", Index("k")), "o", Index("l")
            )
            factor = choose((Mul, Add))(factor, other)
        factors.append(Pow(factor, number(choose(powers))))
    product: Expr = factors[0]
    for factor in factors[1:]:
        product = Mul(product, factor)
    return product


def bound_otherwise(body: Expr, order: list[Binder], names: str) -> tuple[Expr, Expr]:
    """The sum of the body over BOUND in another order under other names: at once, and nested."""
    for binder, name in zip(order, names, strict=True):
        body = put_index(body, binder.index, Index(name))
    binders = [Binder(name, range=b.range) for b, name in zip(order, names, strict=True)]
    nested = body
    for binder in reversed(binders):
        nested = Sum((binder,), nested)
    return Sum(tuple(binders), body), nested


def check_names_do_not_matter(body: Expr, order: list[Binder], names: str) -> None:
    try:
        expected = normal_form(Sum(tuple(BOUND), body))
        for other in bound_otherwise(body, order, names):
            assert normal_form(other) == expected
    except (OutOfBudget, Undefined):
        assume(False)


orders = st.permutations(BOUND)
spellings = st.permutations("pqvw").map("".join)


@few
@given(bodies(), orders, spellings)
def test_the_names_and_the_order_of_bound_indices_do_not_matter(
    body: Expr, order: list[Binder], names: str
) -> None:
    check_names_do_not_matter(body, order, names)


@few
@given(bodies(powers=("1", "-1", "-1")), orders, spellings)
@example(LOPSIDED, [BOUND[1], BOUND[0], *BOUND[2:]], "pqvw")
@example(LOPSIDED, [BOUND[1], BOUND[0], *BOUND[2:]], "qpvw")
@example(LOPSIDED, BOUND, "pqvw")
@example(LOPSIDED, BOUND, "qpvw")
def test_nor_do_they_under_a_fraction_line(body: Expr, order: list[Binder], names: str) -> None:
    check_names_do_not_matter(body, order, names)


@few
@given(bodies(), bodies(), where())
def test_sums_of_equal_text_have_equal_values(left: Expr, right: Expr, at: At) -> None:
    try:
        p, q = (normal_form(Sum(tuple(BOUND), body)) for body in (left, right))
    except (OutOfBudget, Undefined):
        assume(False)
    a, b = value(p, at), value(q, at)
    assume(a is not None and b is not None)
    assert (p != q) or equal(a, b)
    difference = value(p - q, at)
    assert difference is None or equal(difference, a - b)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(k, l, S[k,l]*x[k])", "Σ(k, l, S[l,k]*x[l])"),
        ("Σ(k, l, S[k,l]*S[l,k])", "Σ(l, k, S[l,k]*S[k,l])"),
        ("Σ(k, l, m, S[k,l]*S[l,m]*S[m,k])", "Σ(k, l, m, S[m,l]*S[l,k]*S[k,m])"),
        ("Σ(k, l, 1/(x[k] - x[l] + c))", "Σ(k, l, 1/(x[l] - x[k] + c))"),
        ("Σ(k, l, exp(x[k]*x[l])*S[k,l])", "Σ(k, l, exp(x[l]*x[k])*S[l,k])"),
        ("Σ(k, l, Max(x[k], z[l]))", "Σ(k, l, Max(z[k], x[l]))"),
        ("Σ(k, Σ(l, S[k,l])^2)", "Σ(k, l, m, S[k,l]*S[k,m])"),
        ("Σ(k, 1/Σ(l, 1 + S[k,l]^2))", "Σ(l, 1/Σ(k, 1 + S[l,k]^2))"),
        ("Σ(k, x[k])*Σ(k, z[k])", "Σ(k, l, x[l]*z[k])"),
        ("Σ(k, l, m, o, S[k,l]*S[m,o])", "Σ(k, l, S[k,l])^2"),
        ("Σ(k, l, S[k,l])*Σ(k, x[k])", "Σ(k, l, m, x[k]*S[m,l])"),
    ],
)
def test_equal_sums(left: str, right: str) -> None:
    assert read(left) == read(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(k, l, S[k,l]*x[k])", "Σ(k, l, S[k,l]*x[l])"),
        ("Σ(k, l, m, S[k,l]*S[l,m]*S[m,k])", "Σ(k, l, m, S[k,l]*S[l,m]*S[k,m])"),
        ("Σ(k, l, m, S[k,l]*S[l,m])", "Σ(k, l, m, S[k,l]*S[m,l])"),
        ("Σ(k, l, x[k]/(S[k,l] + 2))", "Σ(k, l, x[l]/(S[k,l] + 2))"),
        ("Σ(k, l, Max(x[k], S[k,l]))", "Σ(k, l, Max(x[k], S[l,k]))"),
        ("Σ(k, x[k]*z[k])", "Σ(k, x[k])*Σ(k, z[k])"),
        ("Σ(k, x[k]^2)", "Σ(k, x[k])^2"),
        ("Σ(k, S[k,i])", "Σ(k, S[i,k])"),
        ("Σ(k, S[k,i]*x[i])", "Σ(k, S[k,i]*x[k])"),
        ("Σ(r, W[1,r])", "Σ(k, W[k,1])"),
    ],
)
def test_different_sums(left: str, right: str) -> None:
    assert read(left) != read(right)


@pytest.mark.parametrize(
    "text",
    [
        "Σ(k, l, x[k] - x[l])",
        "Σ(k, l, (x[k] - x[l])/(1 + x[k]*x[l]))",
        "Σ(k, l, S[k,l] - S[l,k])",
    ],
)
def test_a_sum_that_is_its_own_opposite_is_zero(text: str) -> None:
    assert read(text) == ZERO


@pytest.mark.parametrize(
    "text",
    [
        "Σ(k, l, 1/(x[k] - x[l] + c))",
        "Σ(k, l, (x[k] - x[l])^-2)",
        "Σ(k, l, sqrt(x[k] - x[l]))",
        "Σ(k, l, (x[k] - x[l])^(-1/3))",
        "Σ(k, l, x[k]/(x[k] - x[l]))",
        "Σ(k, l, z[k]/(x[k] - x[l]))",
        "Σ(k, l, m, 1/(x[k] - x[l])/(x[l] - x[m]))",
    ],
)
def test_others_are_not(text: str) -> None:
    assert read(text) != ZERO


@pytest.mark.parametrize("binders", list(permutations("klm")))
@pytest.mark.parametrize(
    "body",
    [
        "1/(2*x[k] - 3*x[l] + 5*x[m])",
        "z[k]/(2*x[k] - 7*x[l] - x[m]/5)^3",
        "(2*x[k] - 7*x[l] - x[m]/5)^-2*S[k,m]",
        "S[k,l]/(S[k,l] - 2*S[l,k] + S[m,m]/3)",
        "((x[k] - 2*x[l])*(x[m]^2 - 3*x[k]))^-1",
        "sqrt((x[k] - 2*x[l] + 3*x[m])^2)",
    ],
)
def test_a_sign_that_a_group_gives_away_is_kept(body: str, binders: tuple[str, ...]) -> None:
    expr = THEORY.statement(f"Σ({', '.join(binders)}, {body})", "0").left
    choose = Random(3).choice
    seen = 0
    for _ in range(8):
        at = points(choose, {"K": 2, "d": 1}), {"i": 1, "j": 1, "n": 1}
        expected, found = meaning(expr, at), value(normal_form(expr), at)
        if expected is not None and found is not None:
            assert equal(found, expected)
            seen += 1
    assert seen > 1


# --- contraction, size, cancellation --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Σ(k, δ(k,i)*x[k])", "x[i]"),
        ("Σ(k, δ(i,k)*S[k,k])", "S[i,i]"),
        ("Σ(k, δ(k,1)*x[k])", "x[1]"),
        ("Σ(k, l, δ(k,l)*S[k,l])", "Σ(k, S[k,k])"),
        ("Σ(k, l, δ(k,l)*δ(l,i)*x[k])", "x[i]"),
        ("Σ(k, δ(k,i)*exp(δ(k,j)*x[k]))", "exp(δ(i,j)*x[i])"),
        ("Σ(k, δ(k,i)/Σ(l, 1 + S[k,l]^2))", "1/Σ(l, 1 + S[i,l]^2)"),
        ("Σ(k, c*x[k]/x[k])", "K*c"),
        ("Σ(k, l, x[k]*x[l]/x[l])", "K*Σ(k, x[k])"),
        ("Σ(r, x[i]*s[r]/s[r])", "d*x[i]"),
        ("Σ(k != i, x[k])", "Σ(k, x[k]) - x[i]"),
        ("Σ(k != i != j, u[k]/u[k])", "K - 2 + δ(i,j)"),
        ("Σ(k != i != i, u[k]/u[k])", "K - 1"),
        ("Σ(k != 1, x[k])", "Σ(k, x[k]) - x[1]"),
        ("Σ(k, l != k, S[k,l])", "Σ(k, l, S[k,l]) - Σ(k, S[k,k])"),
        ("Σ(k, x[k]*Σ(l, S[k,l])/Σ(l, S[k,l]))", "Σ(k, x[k])"),
        ("Σ(k, l, S[k,l]/Σ(m, S[k,m]))", "K"),
        ("Σ(k, l, x[k]*exp(S[k,l])/Σ(m, exp(S[k,m]))^2)", "Σ(k, x[k]/Σ(m, exp(S[k,m])))"),
        ("Σ(k, l, m, S[k,l]*S[k,m]/Σ(o, S[k,o])^2)", "K"),
    ],
)
def test_contraction_size_and_cancellation(text: str, expected: str) -> None:
    assert read(text) == read(expected)


def test_a_sum_without_its_index_gives_the_size() -> None:
    body = Sum((Binder("k", range=span("K")), Binder("n", range=span("d"))), number("1"))
    assert normal_form(body) == atom_poly(SizeOf("K")) * atom_poly(SizeOf("d"))


def test_a_sum_is_not_cancelled_by_another() -> None:
    for text in (
        "Σ(k, l, S[l,k]/Σ(m, S[k,m]))",
        "Σ(k, l, S[k,l]*x[l]/Σ(m, S[k,m]))",
        "Σ(k, l, S[k,l]/Σ(m, S[m,k]))",
        "Σ(k, l, S[k,l]/Σ(m, S[l,m]))",
    ):
        assert read(text) != read("K")
    assert read("Σ(k, l, S[l,k]/Σ(m, S[l,m]))") == read("K")


def test_inner_sum() -> None:
    (wanted, _), *_ = read("Σ(m, S[i,m])").atoms()
    assert isinstance(wanted, SumAtom)
    k, r = fresh(span("K")), fresh(span("d"))
    ((mono, _),) = rename(read("S[i,j]*x[i]*z[j]"), {base("j"): (k, 0)}).terms.items()
    assert inner_sum([k], mono, wanted) is None
    ((mono, _),) = rename(read("S[i,j]*x[i]"), {base("j"): (k, 0)}).terms.items()
    assert inner_sum([k], mono, wanted) is not None
    ((mono, _),) = rename(read("S[i,j]*x[i]"), {base("j"): (r, 0)}).terms.items()
    assert inner_sum([r], mono, wanted) is None


def test_a_freshened_sum_has_new_indices_and_the_same_meaning() -> None:
    ((atom, _),) = read("Σ(k, l, S[k,l]*S[l,k]*x[i])/x[i]").atoms()
    assert isinstance(atom, SumAtom)
    binders, body = freshened(atom)
    assert not set(binders) & set(atom.binders)
    assert summation(binders, body) == atom_poly(atom)
    assert summation([], ONE.scale(Fraction(3))) == ONE.scale(Fraction(3))


def test_the_same_sum_gets_the_same_new_indices_for_one_question() -> None:
    (((atom, _),),) = read("Σ(k, x[k]*y[k]^2)").terms
    assert isinstance(atom, SumAtom)
    with copies_kept():
        first = freshened(atom)
        assert freshened(atom) is first
        assert set(copied(atom)[0]).isdisjoint(first[0])
    with copies_kept():
        assert set(freshened(atom)[0]).isdisjoint(first[0])
    assert freshened(atom) != freshened(atom)


def test_a_square_of_a_sum_has_indices_for_each_factor() -> None:
    """Though the sum has the same new indices each time that it is taken apart."""
    text = "Σ(n, s[n]*Σ(k, W[k,n])^2)"
    with copies_kept():
        found = read(text)
    assert found == read(text) == read("Σ(n, k, l, s[n]*W[k,n]*W[l,n])")


def test_too_many_ways_to_name_are_given_up() -> None:
    binders = ", ".join(f"k{n}" for n in range(8))
    product = " + ".join(f"x[k{n}]" for n in range(8))
    with pytest.raises(OutOfBudget, match="ways to number"):
        read(f"Σ({binders}, 1/({product}))")


def test_inner_sums_over_a_size_and_up_to_an_index() -> None:
    """Ranges that end at a size and at an index are told apart and put in order."""
    t = free("t", span("T"))
    binders = [fresh(span("K")), fresh(up_to(t))]
    places = [(binder, 0) for binder in binders]
    entries = atom_poly(Var("W", tuple(places))) * atom_poly(Var("x", (places[0],)))
    ((((like, _),), _),) = summation(binders, entries).terms.items()
    assert isinstance(like, SumAtom)
    copies, body = freshened(like)
    ((mono, _),) = body.terms.items()
    ((names, touching),) = inner_sums(copies, mono, like)
    assert set(names) == set(copies)
    assert touching == mono
