"""The functions as the prover knows them, a row each. The refuter has a table of its own.

Each rule is an identity wherever both of its sides are defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derivlib.proof.algebra.elementary import exp, log, maximum, power_of
from derivlib.proof.algebra.fractions import proper
from derivlib.proof.algebra.polynomial import ONE, Applied, Poly, atom_poly


@dataclass(frozen=True, slots=True)
class Rules:
    """What the prover may do with f(P).

    Attributes:
        normal: its normal form, from those of the arguments. None: f(P) is an atom as it stands.
        derivative: by P, from P and f(P), where f(P) is an atom; None if f has a kink.
        opened: f(P) through exp. A proof is first sought without, in smaller normal forms.
    """

    normal: Callable[..., Poly] | None = None
    derivative: Callable[[Poly, Poly], Poly] | None = None
    opened: Callable[[Poly], Poly] | None = None


def apply_function(name: str, arguments: Sequence[Poly]) -> Poly:
    """The normal form of a function of polynomials, not opened."""
    normal = FUNCTIONS[name].normal
    if normal is not None:
        return normal(*arguments)
    return atom_poly(Applied(name, tuple(map(proper, arguments))))


def _sigmoid(x: Poly) -> Poly:
    e = exp(x)
    return e * power_of(ONE + e, -1)


def _tanh(x: Poly) -> Poly:
    e = exp(x.scale(2))
    return (e - ONE) * power_of(ONE + e, -1)


FUNCTIONS: dict[str, Rules] = {
    "exp": Rules(normal=exp),
    "log": Rules(normal=log, derivative=lambda x, _: power_of(x, -1)),
    "sqrt": Rules(normal=lambda x: power_of(x, Fraction(1, 2))),
    "sigmoid": Rules(derivative=lambda _, s: s * (ONE - s), opened=_sigmoid),
    "tanh": Rules(derivative=lambda _, t: ONE - t * t, opened=_tanh),
    "Max": Rules(normal=maximum),
}
"""Each by its name."""
