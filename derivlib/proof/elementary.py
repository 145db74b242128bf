"""exp, log, powers, Max and δ of polynomials, in normal form.

Each rewrite is an identity wherever both of its sides are defined:

* exp(Σ c·M) = Π exp(M)^c, and exp(c·log P) = P^c, for P > 0 where the log is defined;
* log(Π a^e) = Σ e·log(a) over factors that are positive everywhere, and only those;
* (Π a^e)^q = Π a^(e·q) for whole q, or over factors that are positive everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .factor import Factored, factor
from .polynomial import (
    MAX_POWER,
    ONE,
    ZERO,
    Atom,
    Delta,
    Exp,
    Exponent,
    Group,
    Log,
    Max,
    OutOfBudget,
    Place,
    Poly,
    Prime,
    Undefined,
    atom_poly,
    collect,
    mono_poly,
    number,
)
from .signs import positive, positive_atom

MAX_FACTORED = 10**12


def delta(left: Place, right: Place) -> Poly:
    """δ of two places; 1 if they are the same, 0 if they are a constant distance apart."""
    if left[0] == right[0]:
        return ONE if left[1] == right[1] else ZERO
    return atom_poly(Delta(left, right))


def exp(poly: Poly) -> Poly:
    result: list[tuple[Atom, Exponent]] = []
    logs = ONE
    for mono, c in poly.terms.items():
        if len(mono) == 1 and isinstance(mono[0][0], Log) and mono[0][1] == 1:
            logs = logs * power_of(mono[0][0].argument, c)
        else:
            result.append((Exp(mono), c if c.denominator > 1 else c.numerator))
    return mono_poly(result) * logs


def log(poly: Poly) -> Poly:
    if not poly:
        raise Undefined("log of 0")
    parts = factor(poly)
    result = ZERO
    rest: dict[Atom, Exponent] = {}
    for atom, exponent in parts.powers.items():
        if positive_atom(atom):
            result = result + _log_atom(atom).scale(Fraction(exponent))
        else:
            rest[atom] = exponent
    numerator = parts.numerator
    coefficient = parts.coefficient
    if coefficient < 0 and numerator != ONE:
        coefficient, numerator = -coefficient, -numerator
    separable = positive(numerator) and numerator.constant() is None
    if separable and (rest or coefficient < 0):
        result = result + atom_poly(Log(numerator))
        numerator = ONE
    result = result + _log_rational(abs(coefficient))
    sign = Fraction(1 if coefficient > 0 else -1)
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
            return atom_poly(Log(_content(atom))).scale(Fraction(exponent))
    return atom_poly(Log(poly))


def _log_atom(atom: Atom) -> Poly:
    """log of a positive atom."""
    if isinstance(atom, Exp):
        return Poly({atom.argument: Fraction(1)})
    return atom_poly(Log(_content(atom)))


def _content(atom: Atom) -> Poly:
    if isinstance(atom, Group):
        return atom.content
    return number(atom.value) if isinstance(atom, Prime) else atom_poly(atom)


def _log_rational(value: Fraction) -> Poly:
    """log of a positive rational over its prime factors."""
    powers = [(p, n) for p, n in prime_powers(value.numerator)]
    powers += [(p, -n) for p, n in prime_powers(value.denominator)]
    return collect((((Log(number(p)), 1),), Fraction(n)) for p, n in powers)


def power_of(poly: Poly, exponent: Exponent) -> Poly:
    """poly ^ exponent for a rational exponent.

    Raises:
        Undefined: 0 to a negative power.
    """
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
    if exponent.denominator == 1:
        return _whole_power(parts, int(exponent))
    return _fractional_power(parts, exponent)


def _whole_power(parts: Factored, exponent: int) -> Poly:
    result = mono_poly((atom, e * exponent) for atom, e in parts.powers.items())
    if parts.numerator != ONE:
        result = result * _group_power(parts.numerator, exponent)
    return result.scale(parts.coefficient**exponent)


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


def _rational_power(value: Fraction, exponent: Fraction) -> Poly:
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


def maximum(polys: Iterable[Poly]) -> Poly:
    """Max, flattened, without repetitions, in canonical order."""
    found: dict[str, Poly] = {}
    for poly in polys:
        single = poly.single()
        if single and single[1] == 1 and len(single[0]) == 1:
            atom, exponent = single[0][0]
            if isinstance(atom, Max) and exponent == 1:
                found |= {a.text: a for a in atom.arguments}
                continue
        found[poly.text] = poly
    if len(found) == 1:
        return next(iter(found.values()))
    return atom_poly(Max(tuple(found[text] for text in sorted(found))))
