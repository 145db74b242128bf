"""The ring of normal forms: operations keep the value, invariants hold, equal texts mean equal."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivlib.proof.algebra.elementary import power_of
from derivlib.proof.algebra.polynomial import (
    MAX_TERMS,
    MAX_TEXT,
    ONE,
    ZERO,
    Delta,
    Exponent,
    Group,
    Mono,
    OutOfBudget,
    Poly,
    Prime,
    SizeOf,
    Undefined,
    Var,
    atom_poly,
    collect,
    mono_poly,
    multiply_monos,
    number,
    settle,
)
from derivlib.proof.language.effort import OutOfEffort, limit
from derivlib.proof.language.ranges import CONSTANT, bound, last
from tests.support.answers import At, base, read, value
from tests.support.numeric import equal
from tests.support.spans import span
from tests.support.strategies import few, polys, where

x, z, c = (Var(name, ()) for name in "xzc")
exponents = st.sampled_from([Fraction(n, d) for n in range(-4, 5) for d in (1, 2, 3) if n])


def keeps_the_invariants(mono: Mono) -> bool:
    texts = [atom.text for atom, _ in mono]
    for atom, exponent in mono:
        whole = exponent == floor(exponent)
        if not exponent or (whole and not isinstance(exponent, int)):
            return False
        if isinstance(atom, Group):
            if exponent >= 1 or (len(atom.content.terms) < 2 and whole):
                return False
        elif (isinstance(atom, Prime) and not 0 < exponent < 1) or (
            isinstance(atom, Delta) and exponent != 1
        ):
            return False
    return texts == sorted(set(texts))


@few
@given(polys(), polys(), where())
def test_sum_difference_and_product(p: Poly, q: Poly, at: At) -> None:
    a, b, product = value(p, at), value(q, at), value(p * q, at)
    assume(a is not None and b is not None)
    assert equal(value(p + q, at), a + b)
    assert equal(value(p - q, at), a - b)
    assert equal(value(p.scale(Fraction(-3, 2)), at), -1.5 * a)
    assert product is None or equal(product, a * b)


@few
@given(polys(), st.integers(0, 4), where())
def test_power(p: Poly, exponent: int, at: At) -> None:
    a = value(p, at)
    power = value(p.power(exponent), at)
    assume(a is not None and power is not None)
    assert equal(power, a**exponent)


@few
@given(polys(), polys(), polys())
def test_ring_laws_hold_to_the_letter(p: Poly, q: Poly, r: Poly) -> None:
    assert p + q == q + p
    assert p * q == q * p
    assert (p + q) + r == p + (q + r)
    assert p - p == ZERO == p * ZERO
    assert p * ONE == p
    assert not (p - p).terms
    assert all(coefficient for coefficient in (p + q).terms.values())


@few
@given(polys(), polys())
def test_invariants_of_monomials(p: Poly, q: Poly) -> None:
    for result in (p, p + q, p * q, p.power(3)):
        assert all(map(keeps_the_invariants, result.terms))


@few
@given(polys(), polys(), where())
def test_equal_texts_mean_equal_values_and_equal_hashes(p: Poly, q: Poly, at: At) -> None:
    assert (p == q) == (p.text == q.text)
    if p == q:
        assert hash(p) == hash(q)
        assert value(p, at) == value(q, at)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x[i]", "x[j]"),
        ("S[i,j]", "S[j,i]"),
        ("x[1]", "x[i]"),
        ("x[1]", "x[2]"),
        ("δ(i,j)*x[i]", "δ(i,1)*x[i]"),
        ("Σ(k, S[i,k])", "Σ(k, S[k,i])"),
        ("Σ(k, S[k,k])", "Σ(k, l, S[k,l])"),
        ("Σ(k, x[k])", "Σ(k, z[k])"),
        ("Σ(k, 1/W[1,k])", "Σ(k, 1/W[k,1])"),
        ("K", "d"),
        ("exp(x[i])", "exp(-x[i])"),
        ("exp(2*c)", "exp(c/2)"),
        ("log(x[i] + 1)", "log(x[i] + 2)"),
        ("1/(x[i] + 1)", "1/(x[i] + 2)"),
        ("sqrt(x[i])", "sqrt(x[j])"),
        ("Max(x[i], c)", "Max(x[i], a)"),
    ],
)
def test_different_things_have_different_texts(left: str, right: str) -> None:
    assert read(left) != read(right)


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ([(x, 1), (x, 2)], "x^3"),
        ([(x, 2), (x, -2)], "1"),
        ([(x, Fraction(1, 2)), (x, Fraction(1, 2))], "x"),
        ([(x, Fraction(3, 2)), (z, 1), (x, Fraction(-1, 2))], "x*z"),
        ([], "1"),
    ],
)
def test_powers_of_one_atom_merge(factors: list[tuple[Var, Exponent]], expected: str) -> None:
    powers = {"1": ONE, "x": atom_poly(x), "x^3": atom_poly(x, 3)}
    powers["x*z"] = mono_poly([(x, 1), (z, 1)])
    assert mono_poly(factors) == powers[expected]


def test_delta_is_its_own_square() -> None:
    i, j = base("i"), base("j")
    delta = Delta((j, 0), (i, 0))
    assert atom_poly(delta, 2) == atom_poly(delta) == atom_poly(delta) * atom_poly(delta)
    assert delta == Delta((i, 0), (j, 0))
    assert dict(settle({delta: 5})) == {((delta, 1),): 1}


@pytest.mark.parametrize(
    ("exponent", "coefficient", "rest"),
    [
        (Fraction(1, 2), 1, Fraction(1, 2)),
        (Fraction(3, 2), 3, Fraction(1, 2)),
        (Fraction(-1, 2), Fraction(1, 3), Fraction(1, 2)),
        (Fraction(-7, 3), Fraction(1, 27), Fraction(2, 3)),
        (2, 9, 0),
        (-1, Fraction(1, 3), 0),
    ],
)
def test_a_prime_keeps_a_power_between_0_and_1(
    exponent: Exponent, coefficient: Fraction, rest: Fraction
) -> None:
    assert atom_poly(Prime(3), exponent) == (
        Poly({((Prime(3), rest),): Fraction(coefficient)}) if rest else number(coefficient)
    )


def test_a_group_whose_power_turns_whole_is_multiplied_out() -> None:
    content = atom_poly(x) + atom_poly(z)
    group = Group(content)
    half = atom_poly(group, Fraction(1, 2))
    assert half * half == content
    assert half.power(4) == content * content
    assert atom_poly(group, Fraction(5, 2)) == content * content * half
    assert atom_poly(group, -1) * content != ONE  # that takes `factor`
    assert multiply_monos(((group, -1),), ((group, 1),)) == {(): 1}


def test_a_group_of_one_term_stands_under_a_fractional_power_alone() -> None:
    group = Group(atom_poly(x, 2).scale(Fraction(3)))
    root = atom_poly(group, Fraction(1, 2))
    assert root.terms == {((group, Fraction(1, 2)),): 1}
    assert root * root == atom_poly(x, 2).scale(Fraction(3))
    assert atom_poly(group, Fraction(-1, 2)).power(2) == atom_poly(x, -2).scale(Fraction(1, 3))


@few
@given(polys(depth=1), exponents, exponents, where())
def test_powers_add_up(p: Poly, e: Fraction, f: Fraction, at: At) -> None:
    try:
        left, right = power_of(p, e) * power_of(p, f), power_of(p, e + f)
    except Undefined:
        assume(False)
    a, b = value(left, at), value(right, at)
    base = value(p, at)
    assume(a is not None and b is not None and base is not None)
    assume(base > 0 or (e.denominator == f.denominator == 1 and base))
    assert equal(a, b)


def test_single_and_constant() -> None:
    assert ONE.single() == ((), Fraction(1))
    assert ZERO.single() is None
    assert (atom_poly(x) + ONE).single() is None
    assert number(Fraction(2, 3)).constant() == Fraction(2, 3)
    assert ZERO.constant() == 0
    assert atom_poly(x).constant() is None
    assert (atom_poly(x) + ONE).constant() is None
    assert collect([((), Fraction(1)), ((), Fraction(-1))]) == ZERO
    assert not ZERO
    assert ONE


def test_what_grows_too_large_is_given_up() -> None:
    total = sum((atom_poly(Var(f"x{n}", ())) for n in range(40)), ZERO)
    with pytest.raises(OutOfBudget, match=f"more than {MAX_TERMS} terms"):
        total.power(4)
    with pytest.raises(OutOfBudget, match="power 65"):
        (atom_poly(x) + ONE).power(65)
    assert atom_poly(x).power(1000) == atom_poly(x, 1000)


def test_an_atom_that_is_too_long_to_write_is_given_up() -> None:
    long = sum((atom_poly(Var("x" * 1000 + str(n), ())) for n in range(MAX_TEXT // 1000)), ZERO)
    with pytest.raises(OutOfBudget, match=f"more than {MAX_TEXT} characters"):
        Group(long)


def test_work_takes_effort() -> None:
    left, right = atom_poly(x) + ONE, atom_poly(z) + ONE
    with limit() as meter:
        product = left * right
    assert meter.spent > len(product.terms)
    with pytest.raises(OutOfEffort), limit(meter.spent - 1):
        left * right


def test_atoms_are_told_apart_by_kind() -> None:
    i, j = base("i"), base("j")
    texts = [
        Var("K", ()).text,
        SizeOf("K").text,
        Prime(2).text,
        number(2).text,
        Group(number(2)).text,
        Delta((i, 0), (j, 0)).text,
        Var("x", ((i, 0), (j, 0))).text,
        Var("x", ((CONSTANT, 1),)).text,
        Var("x", ((i, 1),)).text,
        Var("x", ((bound(1, span("K")), 0),)).text,
        Var("x", ((bound(1, span("0..K")), 0),)).text,
        Var("x", ((bound(2, span("K")), 0),)).text,
        Var("x", ((last("K"), 0),)).text,
    ]
    assert len(set(texts)) == len(texts)
