"""Bugs in normal forms without sums: polynomials, fractions, functions, signs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from derivlib.proof.algebra import (
    elementary,
    factor,
    fractions,
    functions,
    polynomial,
    signs,
    sums,
)
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Applied,
    Atom,
    Delta,
    Group,
    Mono,
    Poly,
    Prime,
    Sum,
    atom_poly,
    mono_poly,
    number,
)
from derivlib.proof.language.ranges import bound
from tests.support.planted import TIMES, Patch, everywhere, false, row, unsaid

# --- polynomial.py --------------------------------------------------------------------------------


@false("2*c + 3*c = 3*c")
def like_terms_of_one_sign_are_not_added(patch: Patch) -> None:
    def collect(terms: Iterable[tuple[Mono, Any]]) -> Poly:
        total: dict[Mono, Any] = {}
        for mono, c in terms:
            total[mono] = c if total.get(mono, 0) * c > 0 else total.get(mono, 0) + c
        return Poly({m: polynomial.whole(c) for m, c in total.items() if c})

    everywhere(patch, polynomial.collect, collect)


@false("f[t-1]*x[t] = f[t]*x[t]", TIMES)
def entries_at_t_and_t_less_1_have_one_text(patch: Patch) -> None:
    patch.setattr(polynomial, "place_text", lambda place: place[0].text or str(place[1]))


@false("c = -c")
def a_difference_is_a_sum(patch: Patch) -> None:
    patch.setattr(Poly, "__sub__", Poly.__add__)


@false("c*c^2 = c^2")
def exponents_are_not_added(patch: Patch) -> None:
    def multiply(left: Mono, right: Mono) -> Mapping[Mono, Any]:
        merged = dict(left)
        for atom, exponent in right:
            merged[atom] = max(merged.get(atom, exponent), exponent)
        return polynomial.settle(merged)

    patch.setattr(polynomial, "multiply_monos", multiply)


@false("(c + b)^3 = (c + b)^2")
def a_cube_is_a_square(patch: Patch) -> None:
    power = Poly.power
    patch.setattr(Poly, "power", lambda poly, n: power(poly, 2 if n == 3 else n))


@false("1/(2*c) = 1/c")
def a_power_of_a_number_is_one_too_high(patch: Patch) -> None:
    whole = polynomial.number_power
    everywhere(patch, whole, lambda value, exponent: whole(value, exponent + 1))


@false("δ(i,j)^2*x[i] = 2*δ(i,j)*x[i]")
def the_square_of_a_delta_is_twice_it(patch: Patch) -> None:
    settle = polynomial.settle

    def wrong(factors: dict[Atom, Any]) -> Mapping[Mono, Any]:
        twice = any(isinstance(atom, Delta) and e > 1 for atom, e in factors.items())
        return {m: 2 * c if twice else c for m, c in settle(factors).items()}

    patch.setattr(polynomial, "settle", wrong)


def _without(kind: type[Atom]) -> Callable[[dict[Atom, Any]], Mapping[Mono, Any]]:
    settle = polynomial.settle
    return lambda factors: settle(
        {a: e for a, e in factors.items() if not (isinstance(a, kind) and e == 1)}
    )


@false("sqrt(2)*sqrt(2)*c = c")
def a_prime_to_the_power_1_is_lost(patch: Patch) -> None:
    patch.setattr(polynomial, "settle", _without(Prime))


@false("sqrt(1 + c^2)*sqrt(1 + c^2) = 1")
def a_group_to_the_power_1_is_lost(patch: Patch) -> None:
    patch.setattr(polynomial, "settle", _without(Group))


# --- canonical.py, factor.py, fractions.py --------------------------------------------------------


@false("Σ(i, j, S[i,j]*x[i]) = Σ(i, j, S[i,j]*x[j])")
def two_indices_get_one_number(patch: Patch) -> None:
    patch.setattr(sums, "bound", lambda _, range_: bound(0, range_))


def _factored(patch: Patch, change: Callable[[Any], Any]) -> None:
    whole = factor.factor
    everywhere(patch, whole, lambda poly: change(whole(poly)))


@false("1/(2*c + 2*b) = 1/(c + b)")
def a_factor_loses_its_coefficient(patch: Patch) -> None:
    _factored(patch, lambda parts: replace(parts, coefficient=1 if parts.coefficient else 0))


@false("1/(b + c) = 1/b")
def a_numerator_loses_a_term(patch: Patch) -> None:
    def change(parts: Any) -> Any:
        terms = sorted(parts.numerator.terms.items(), key=repr)
        return replace(parts, numerator=Poly(dict(terms[:1])))

    _factored(patch, change)


@false("1/(c^2 + c*b) = c/(c + b)")
def what_is_taken_out_is_turned_over(patch: Patch) -> None:
    _factored(patch, lambda parts: replace(parts, powers={a: -e for a, e in parts.powers.items()}))


@false("1/((c^2 + c + 1)/(c + 1)) = 1/c")
def a_division_ignores_the_remainder(patch: Patch) -> None:
    divide = factor.divide

    def wrong(poly: Poly, by: Poly) -> Poly | None:
        return divide(poly, by) or divide(poly - number(poly.terms.get((), 0)), by)

    patch.setattr(factor, "divide", wrong)


@false("exp(b/(c + b)) = exp(1)")
def a_proper_fraction_is_dropped(patch: Patch) -> None:
    proper = fractions.proper

    def wrong(poly: Poly) -> Poly:
        kept = proper(poly)
        plain = {m: c for m, c in kept.terms.items() if not any(isinstance(a, Group) for a, _ in m)}
        return kept if kept == poly else Poly(plain)

    everywhere(patch, proper, wrong)


class _Undivided(Fraction):
    def __truediv__(self, other: object) -> Fraction:  # type: ignore[override]
        return Fraction(self)


@false("exp(c/(2*c + 1)) = exp(1 - 1/(2*c + 1))")
def a_division_forgets_the_leading_coefficient(patch: Patch) -> None:
    patch.setattr(fractions, "Fraction", _Undivided)


# --- elementary.py --------------------------------------------------------------------------------


@false("exp(2*c) = exp(c)")
def exp_drops_a_coefficient(patch: Patch) -> None:
    exp = elementary.exp
    everywhere(patch, exp, lambda poly: exp(Poly(dict.fromkeys(poly.terms, 1))))


@false("exp(c + a) = exp(-c)*exp(a)")
def exp_turns_the_sign_of_every_second_term(patch: Patch) -> None:
    exp = elementary.exp

    def wrong(poly: Poly) -> Poly:
        terms = sorted(poly.terms.items(), key=lambda term: repr(term[0]))
        return exp(Poly({m: -c if n % 2 else c for n, (m, c) in enumerate(terms)}))

    everywhere(patch, exp, wrong)


@false("exp(2*log(a + 1)) = a + 1")
def exp_of_a_multiple_of_a_log_is_what_it_is_of(patch: Patch) -> None:
    exp, inside = elementary.exp, elementary._inside_log

    def wrong(poly: Poly) -> Poly:
        return exp(Poly({m: c if inside(m) is None else 1 for m, c in poly.terms.items()}))

    everywhere(patch, exp, wrong)


def _with_all_signs_positive(function: Callable[..., Poly]) -> Callable[..., Poly]:
    def call(*arguments: Any) -> Poly:
        with Patch.context() as inner:
            inner.setattr(elementary, "positive_atom", lambda atom: True)
            return function(*arguments)

    return call


@false("exp(log(c^2)/2) = c")
def log_splits_factors_of_any_sign(patch: Patch) -> None:
    everywhere(patch, elementary.log, _with_all_signs_positive(elementary.log))


@false("exp(log(c^2)/2) = c")
def log_of_an_even_power_is_split(patch: Patch) -> None:
    def log(poly: Poly) -> Poly:
        ((mono, _),) = poly.terms.items()
        ((atom, exponent),) = mono
        return atom_poly(Applied("log", (atom_poly(atom),))).scale(exponent)

    patch.setattr(elementary, "_log_odd_power", log)


@false("c*log(1/2) = c*log(2)")
def log_of_a_denominator_has_the_wrong_sign(patch: Patch) -> None:
    log = elementary._log_rational
    patch.setattr(
        elementary, "_log_rational", lambda value: log(value.numerator * value.denominator)
    )


@false("1/c^2 = c")
def a_power_of_a_power_adds_exponents(patch: Patch) -> None:
    def power(parts: Any, exponent: int) -> Poly:
        result = mono_poly((atom, e + exponent) for atom, e in parts.powers.items())
        return result if parts.numerator == ONE else whole(parts, exponent)

    whole = elementary._whole_power
    patch.setattr(elementary, "_whole_power", power)


@false("sqrt(c^2) = c")
@false("(c^2*a)^(1/2) = c*sqrt(a)")
def root_of_a_square_is_its_base(patch: Patch) -> None:
    wrong = _with_all_signs_positive(elementary._fractional_power)
    patch.setattr(elementary, "_fractional_power", wrong)


@false("sqrt(a/4) = 2*sqrt(a)")
def a_root_forgets_the_denominator(patch: Patch) -> None:
    power = elementary._rational_power
    wrong = lambda value, e: power(Fraction(value.numerator * value.denominator), e)  # noqa: E731
    patch.setattr(elementary, "_rational_power", wrong)


@false("c*sqrt(8) = c*sqrt(2)")
def a_prime_factor_counts_once(patch: Patch) -> None:
    powers = elementary.prime_powers
    patch.setattr(elementary, "prime_powers", lambda value: [(p, 1) for p, _ in powers(value)])


@false("δ(t,t-1)*x[t] = x[t]", TIMES)
def a_delta_of_t_and_t_less_1_is_1(patch: Patch) -> None:
    delta = elementary.delta
    everywhere(patch, delta, lambda one, two: ONE if one[0] == two[0] else delta(one, two))


@false("δ(i,j)*x[i] = 0*x[j]")
def places_that_may_meet_do_not(patch: Patch) -> None:
    delta = elementary.delta
    everywhere(patch, delta, lambda one, two: delta(one, two) if one[0] == two[0] else ZERO)


@false("Max(c, b) = c")
def an_argument_leaves_a_max_that_may_be_the_greater(patch: Patch) -> None:
    patch.setattr(elementary, "_surely_positive", lambda poly: True)


# --- functions.py ---------------------------------------------------------------------------------


@false("cos(-c) = -cos(c)")
def cos_is_odd(patch: Patch) -> None:
    row(patch, "cos", parity=-1)


@false("sigmoid(-c) = -sigmoid(c)")
def sigmoid_is_odd(patch: Patch) -> None:
    row(patch, "sigmoid", parity=-1)


@false("sinh(0)*c = c")
def sinh_of_0_is_1(patch: Patch) -> None:
    row(patch, "sinh", at_0=1)


@false("abs(c) = c")
@false("∂(abs(c), c) = 1")
def abs_is_its_argument(patch: Patch) -> None:
    patch.setitem(functions.FUNCTIONS, "abs", functions.Rules(normal=lambda x: x))


@false("2*sinh(c) = exp(c) + exp(-c)")
def sinh_is_opened_as_cosh(patch: Patch) -> None:
    row(patch, "sinh", opened=functions._cosh)


@false("sigmoid(c) = 1/(1 + exp(c))")
def sigmoid_is_opened_at_the_opposite(patch: Patch) -> None:
    row(patch, "sigmoid", opened=lambda x: functions._sigmoid(-x))


@false("tanh(c) = (exp(c) - 1)/(exp(c) + 1)")
def tanh_is_opened_at_half(patch: Patch) -> None:
    row(patch, "tanh", opened=lambda x: functions._tanh(x.scale(Fraction(1, 2))))


# --- signs.py -------------------------------------------------------------------------------------


@false("sqrt(Σ(k, x[k])^2) = Σ(k, x[k])")
def a_sum_is_positive(patch: Patch) -> None:
    known = signs.positive_atom
    everywhere(patch, known, lambda atom: isinstance(atom, Sum) or known(atom))


@unsaid("Σ(s in 1..t, w[s])/Σ(s in 1..t, w[s])*c = c + 0*f[t]", TIMES)
def an_empty_sum_is_positive(patch: Patch) -> None:
    patch.setattr(signs, "upper_index", lambda base: None)


@unsaid("(z[i] - z[j])/(z[i] - z[j]) = 1")
def everything_is_positive(patch: Patch) -> None:
    everywhere(patch, signs.positive, lambda poly: True)


@unsaid("sqrt(c)^2 = c")
def nothing_is_negative(patch: Patch) -> None:
    everywhere(patch, signs.non_negative, lambda poly: True)
