"""The functions as the prover knows them, a row each. The refuter has a table of its own.

Each rule is an identity wherever both of its sides are defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derivlib.proof.algebra.elementary import exp, log, maximum, power_of
from derivlib.proof.algebra.fractions import leading, proper
from derivlib.proof.algebra.polynomial import ONE, Applied, Poly, Rational, atom_poly, number

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the prover may do with f(P).

    Attributes:
        normal: its normal form, from those of the arguments. None: f(P) is an atom as it stands.
        parity: 1 if f(-P) = f(P), -1 if f(-P) = -f(P); then one of P and -P is chosen.
        at_0: the value at 0, where it is known to be rational.
        derivative: by P, from P and f(P), where that is an atom. None: f has a kink.
        opened: f(P) through exp. A proof is first sought without, in smaller normal forms.
    """

    normal: Callable[..., Poly] | None = None
    parity: Literal[1, -1] | None = None
    at_0: Rational | None = None
    derivative: Callable[[Poly, Poly], Poly] | None = None
    opened: Callable[[Poly], Poly] | None = None


def apply_function(name: str, arguments: Sequence[Poly]) -> Poly:
    """The normal form of a function of polynomials, not opened."""
    rules = FUNCTIONS[name]
    if rules.normal is not None:
        return rules.normal(*arguments)
    (x,) = map(proper, arguments)
    if rules.at_0 is not None and not x:
        return number(rules.at_0)
    if rules.parity is not None and _leads_with_minus(x):
        return atom_poly(Applied(name, (-x,))).scale(rules.parity)
    return atom_poly(Applied(name, (x,)))


def _leads_with_minus(poly: Poly) -> bool:
    """At most one of P and -P does; none, if how bound indices are numbered would decide it."""
    lead = leading(poly)
    return lead is not None and poly.terms[lead] < 0


def _sigmoid(x: Poly) -> Poly:
    e = exp(x)
    return e * power_of(ONE + e, -1)


def _tanh(x: Poly) -> Poly:
    e = exp(x.scale(2))
    return (e - ONE) * power_of(ONE + e, -1)


def _sinh(x: Poly) -> Poly:
    return (exp(x) - exp(-x)).scale(HALF)


def _cosh(x: Poly) -> Poly:
    return (exp(x) + exp(-x)).scale(HALF)


FUNCTIONS: dict[str, Rules] = {
    "exp": Rules(normal=exp),
    "log": Rules(normal=log, derivative=lambda x, _: power_of(x, -1)),
    "sqrt": Rules(normal=lambda x: power_of(x, HALF)),
    "sigmoid": Rules(at_0=HALF, derivative=lambda _, s: s * (ONE - s), opened=_sigmoid),
    "tanh": Rules(parity=-1, at_0=0, derivative=lambda _, t: ONE - t * t, opened=_tanh),
    "sin": Rules(parity=-1, at_0=0, derivative=lambda x, _: apply_function("cos", [x])),
    "cos": Rules(parity=1, at_0=1, derivative=lambda x, _: -apply_function("sin", [x])),
    "sinh": Rules(parity=-1, at_0=0, derivative=lambda x, _: _cosh(x), opened=_sinh),
    "abs": Rules(normal=lambda x: maximum(x, -x)),
    "Max": Rules(normal=maximum),
}
"""Each by its name."""
