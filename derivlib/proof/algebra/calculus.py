"""Derivatives of polynomials in normal form, by the rules of calculus.

No rule can capture an index: bound indices are numbers, fresh in every sum that is opened.
"""

from __future__ import annotations

from derivlib.proof.algebra.elementary import delta
from derivlib.proof.algebra.functions import FUNCTIONS
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Applied,
    Atom,
    Exp,
    Exponent,
    Group,
    OutOfBudget,
    Poly,
    Sum,
    Var,
    atom_poly,
    mono_poly,
)
from derivlib.proof.algebra.sums import freshened, summation
from derivlib.proof.language.effort import spend
from derivlib.proof.language.ranges import Place


def differentiate(poly: Poly, name: str, places: tuple[Place, ...]) -> Poly:
    """∂poly/∂name[places], every other variable held fixed."""
    return _Differentiation(name, places).poly(poly)


class _Differentiation:
    def __init__(self, name: str, places: tuple[Place, ...]) -> None:
        self.name = name
        self.places = places
        self.done: dict[Atom, Poly] = {}

    def poly(self, poly: Poly) -> Poly:
        result = ZERO
        for mono, c in poly.terms.items():
            for n, (atom, exponent) in enumerate(mono):
                inner = self.atom(atom)
                if inner:
                    rest = mono_poly((*mono[:n], *mono[n + 1 :])).scale(c)
                    result = result + rest * self.power_rule(atom, exponent) * inner
        return result

    def power_rule(self, atom: Atom, exponent: Exponent) -> Poly:
        """The factor in front of ∂atom in ∂(atom^exponent)."""
        if isinstance(atom, Exp):
            # ∂ exp(M) is exp(M) ∂M and `atom` answers with ∂M alone: no exp(M)/exp(M) to cancel.
            return atom_poly(atom, exponent).scale(exponent)
        return atom_poly(atom, exponent - 1).scale(exponent)

    def atom(self, atom: Atom) -> Poly:
        if atom not in self.done:
            spend()
            self.done[atom] = self.rule(atom)
        return self.done[atom]

    def rule(self, atom: Atom) -> Poly:
        match atom:
            case Var():
                if atom.name != self.name:
                    return ZERO
                result = ONE
                for own, other in zip(atom.places, self.places, strict=True):
                    result = result * delta(own, other)
                return result
            case Exp():
                return self.poly(Poly({atom.argument: 1}))
            case Applied():
                return self.chain(atom)
            case Group():
                return self.poly(atom.content)
            case Sum():
                binders, body = freshened(atom)
                return summation(binders, self.poly(body))
        return ZERO

    def chain(self, atom: Applied) -> Poly:
        """The chain rule for a function of polynomials."""
        inner = [self.poly(argument) for argument in atom.arguments]
        if not any(inner):
            return ZERO
        derivative = FUNCTIONS[atom.name].derivative
        if derivative is None:
            first, *others = atom.arguments  # an abs is a Max(P, -P)
            name = "abs" if others == [-first] else atom.name
            raise OutOfBudget(f"{name} has a kink: its ∂ is not carried out")
        return inner[0] * derivative(atom.arguments[0], atom_poly(atom))
