"""exp, log, powers, Max and δ of polynomials, in normal form.

Each rewrite is an identity wherever both of its sides are defined:

* exp(Σ c·M) = Π exp(M)^c, and exp(c·log P) = P^c, for P > 0 where the log is defined;
* log(Π a^e) = Σ e·log(a) over factors that are positive everywhere, and only those;
* (Π a^e)^q = Π a^(e·q) for whole q, or over factors that are positive everywhere.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from derivlib.proof.algebra.factor import Factored, factor
from derivlib.proof.algebra.fractions import proper
from derivlib.proof.algebra.polynomial import (
    MAX_POWER,
    ONE,
    ZERO,
    Applied,
    Atom,
    Delta,
    Exp,
    Exponent,
    Group,
    Mono,
    OutOfBudget,
    Poly,
    Prime,
    Rational,
    Undefined,
    atom_poly,
    collect,
    mono_poly,
    number,
    number_power,
)
from derivlib.proof.algebra.signs import positive, positive_atom
from derivlib.proof.language.ranges import Place, before, is_fixed, reach, worded

MAX_FACTORED = 10**12


def delta(left: Place, right: Place) -> Poly:
    """δ of two places; 1 if they are the same, 0 if they can never meet."""
    if left[0] == right[0]:
        return ONE if left[1] == right[1] else ZERO
    (low, high), (other_low, other_high) = reach(left), reach(right)
    if before(high, other_low) or before(other_high, low):
        return ZERO
    if is_fixed(left[0]) and is_fixed(right[0]):
        raise OutOfBudget(f"whether {worded(left)} is {worded(right)}")
    return atom_poly(Delta(left, right))


def exp(poly: Poly) -> Poly:
    """Π exp(M)^c of the terms c·M, and P^c of a term c·log(P)."""
    poly = proper(poly)
    result: list[tuple[Atom, Exponent]] = []
    logs = ONE
    for mono, c in poly.terms.items():
        inner = _inside_log(mono)
        if inner is not None:
            logs = logs * power_of(inner, c)
        else:
            result.append((Exp(mono), c))
    return mono_poly(result) * logs


def _log_of(poly: Poly) -> Applied:
    return Applied("log", (poly,))


def _inside_log(mono: Mono) -> Poly | None:
    """P if the monomial is log(P), else None."""
    if len(mono) == 1 and mono[0][1] == 1:
        atom = mono[0][0]
        if isinstance(atom, Applied) and atom.name == "log":
            return atom.arguments[0]
    return None


def log(poly: Poly) -> Poly:
    if not poly:
        raise Undefined("log of 0")
    parts = factor(poly)
    if not parts.coefficient:
        raise Undefined("log of 0")
    result = ZERO
    rest: dict[Atom, Exponent] = {}
    for atom, exponent in parts.powers.items():
        if positive_atom(atom):
            result = result + _log_atom(atom).scale(exponent)
        else:
            rest[atom] = exponent
    numerator = parts.numerator
    coefficient = parts.coefficient
    if coefficient < 0 and numerator != ONE:
        coefficient, numerator = -coefficient, -numerator
    separable = positive(numerator) and numerator.constant() is None
    if separable and (rest or coefficient < 0):
        result = result + atom_poly(_log_of(numerator))
        numerator = ONE
    sign = 1 if coefficient > 0 else -1
    result = result + _log_rational(sign * coefficient)
    remaining = mono_poly(rest.items()) * numerator.scale(sign)
    constant = remaining.constant()
    if constant == 1:
        return result
    if constant is not None and constant < 0:
        raise Undefined("log of a negative number")
    return result + _log_odd_power(remaining)


def _log_odd_power(poly: Poly) -> Poly:
    """log(x^n) = n·log(x) for odd n: where the left side is defined, x > 0."""
    single = poly.single()
    if single is not None and single[1] == 1 and len(single[0]) == 1:
        atom, exponent = single[0][0]
        if isinstance(exponent, int) and exponent % 2:
            return atom_poly(_log_of(_content(atom))).scale(exponent)
    return atom_poly(_log_of(poly))


def _log_atom(atom: Atom) -> Poly:
    """log of a positive atom."""
    if isinstance(atom, Exp):
        return Poly({atom.argument: 1})
    return atom_poly(_log_of(_content(atom)))


def _content(atom: Atom) -> Poly:
    if isinstance(atom, Group):
        return atom.content
    return number(atom.value) if isinstance(atom, Prime) else atom_poly(atom)


def _log_rational(value: Rational) -> Poly:
    """log of a positive rational over its prime factors."""
    powers = [(p, n) for p, n in prime_powers(value.numerator)]
    powers += [(p, -n) for p, n in prime_powers(value.denominator)]
    return collect((((_log_of(number(p)), 1),), n) for p, n in powers)


def power_of(poly: Poly, exponent: Exponent) -> Poly:
    """poly ^ exponent for a rational exponent.

    Raises:
        Undefined: 0 to a negative power.
    """
    if exponent == 1:
        return poly  # nearly always
    exponent = Fraction(exponent)
    if exponent.denominator == 1 and exponent >= 0:
        return poly.power(int(exponent))
    if not poly:
        if exponent < 0:
            raise Undefined("division by 0")
        return ZERO
    if abs(exponent) > MAX_POWER and poly.single() is None:
        raise OutOfBudget(f"a power of {exponent}")
    parts = factor(poly)
    if not parts.coefficient:  # 0 in disguise, such as c/(c+1) + 1/(c+1) - 1
        return power_of(ZERO, exponent)
    if exponent.denominator == 1:
        return _whole_power(parts, int(exponent))
    return _fractional_power(parts, exponent)


def _whole_power(parts: Factored, exponent: int) -> Poly:
    result = mono_poly((atom, e * exponent) for atom, e in parts.powers.items())
    if parts.numerator != ONE:
        result = result * _group_power(parts.numerator, exponent)
    return result.scale(number_power(parts.coefficient, exponent))


def _fractional_power(parts: Factored, exponent: Fraction) -> Poly:
    """Positive factors take the power each; the rest stays one group, of which it is taken."""
    result = ONE
    rest: dict[Atom, Exponent] = {}
    for atom, e in parts.powers.items():
        if positive_atom(atom):
            result = result * atom_poly(atom, e * exponent)
        else:
            rest[atom] = e
    coefficient, numerator = parts.coefficient, parts.numerator
    if coefficient < 0:
        coefficient, numerator = -coefficient, -numerator
    result = result * _rational_power(coefficient, exponent)
    if positive(numerator) and rest and numerator != ONE:
        result = result * _group_power(numerator, exponent)
        numerator = ONE
    remaining = mono_poly(rest.items()) * numerator
    constant = remaining.constant()
    if constant is not None and constant < 0:
        raise Undefined("a fractional power of a negative number")
    return result * _group_power(remaining, exponent)


def _group_power(poly: Poly, exponent: Exponent) -> Poly:
    if poly.constant() == 1:
        return ONE
    return atom_poly(Group(poly), exponent)


def _rational_power(value: Rational, exponent: Fraction) -> Poly:
    factors = [(Prime(p), n * exponent) for p, n in prime_powers(value.numerator)]
    factors += [(Prime(p), -n * exponent) for p, n in prime_powers(value.denominator)]
    return mono_poly(factors)


def prime_powers(value: int) -> list[tuple[int, int]]:
    """The prime factors of a positive integer with their exponents."""
    if value > MAX_FACTORED:
        raise OutOfBudget(f"the prime factors of {value}")
    found = []
    divisor = 2
    while divisor * divisor <= value:
        n = 0
        while value % divisor == 0:
            value //= divisor
            n += 1
        if n:
            found.append((divisor, n))
        divisor += 1 if divisor == 2 else 2
    return found + ([(value, 1)] if value > 1 else [])


def maximum(*polys: Poly) -> Poly:
    """Max, flattened, in canonical order, without what is certainly less than another argument.

    Only what is less goes: Max(x^2, 0) keeps its kink at 0.
    """
    given: dict[str, Poly] = {}  # by the text that an argument gets
    for poly in polys:
        single = poly.single()
        if single and single[1] == 1 and len(single[0]) == 1:
            atom, exponent = single[0][0]
            if isinstance(atom, Applied) and atom.name == "Max" and exponent == 1:
                given |= {a.text: a for a in atom.arguments}
                continue
        given[proper(poly).text] = poly
    for one, other in permutations(list(given), 2):
        if one in given and other in given and _surely_positive(given[one] - given[other]):
            del given[other]
    if len(given) == 1:
        return next(iter(given.values()))
    return atom_poly(Applied("Max", tuple(proper(given[text]) for text in sorted(given))))


def _surely_positive(poly: Poly) -> bool:
    """Also over one denominator: 1 - 1/(1 + exp(x)) is exp(x)/(1 + exp(x))."""
    if positive(poly):
        return True
    parts = factor(poly)
    certain = all(map(positive_atom, parts.powers))
    return certain and positive(parts.numerator.scale(parts.coefficient))
