"""From the author's expression to its normal form."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from .calculus import differentiate
from .elementary import delta, exp, log, maximum, power_of
from .expressions import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Sub,
    Sum,
)
from .polynomial import (
    MAX_POWER,
    ONE,
    Atom,
    Base,
    OutOfBudget,
    Place,
    Poly,
    SizeOf,
    Var,
    atom_poly,
    number,
)
from .sums import Substitution, fresh, rename, summation

if TYPE_CHECKING:
    from .theory import Theory

Scope = Mapping[str, Place]


def place_of(index: Index, scope: Scope) -> Place:
    """The place that an index stands for: a bound index's number, or its own name if free."""
    if index.name is None:
        return "", index.offset
    base, offset = scope.get(index.name, (index.name, 0))
    return base, offset + index.offset


class Normalizer:
    """Normal forms of the expressions of one theory. Definitions are normalised once each."""

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self.definitions: dict[tuple[str, frozenset[str]], Poly] = {}

    def poly(self, expr: Expr, scope: Scope, held: frozenset[str] = frozenset()) -> Poly:
        """The normal form; names in `held` are opaque: their definitions are not entered.

        Raises:
            Undefined: a part divides by what is identically 0.
            OutOfBudget: the normal form is too large, or a rule is missing.
        """
        match expr:
            case Number(value):
                return number(value)
            case Size(name):
                return atom_poly(SizeOf(name))
            case Entry():
                return self.entry(expr, scope, held)
            case Neg(argument):
                return -self.poly(argument, scope, held)
            case Add(left, right):
                return self.poly(left, scope, held) + self.poly(right, scope, held)
            case Sub(left, right):
                return self.poly(left, scope, held) - self.poly(right, scope, held)
            case Mul(left, right):
                return self.poly(left, scope, held) * self.poly(right, scope, held)
            case Div(left, right):
                numerator = self.poly(left, scope, held)
                return numerator * power_of(self.poly(right, scope, held), -1)
            case Pow(base, exponent):
                return power(self.poly(base, scope, held), self.poly(exponent, scope, held))
            case Function(name, arguments):
                return apply(name, [self.poly(a, scope, held) for a in arguments])
            case Delta(left, right):
                return delta(place_of(left, scope), place_of(right, scope))
            case Sum():
                return self.sum(expr, scope, held)
            case Derivative():
                return self.derivative(expr, scope, held)
        raise AssertionError(expr)

    def entry(self, entry: Entry, scope: Scope, held: frozenset[str]) -> Poly:
        places = tuple(place_of(index, scope) for index in entry.indices)
        variable = self.theory.variables.get(entry.name)
        if variable is not None:
            return atom_poly(Var(entry.name, places, variable.positive))
        if entry.name in held:
            return atom_poly(Var(entry.name, places))
        parameters = self.theory.definitions[entry.name].parameters
        return rename(
            self.definition(entry.name, held),
            {f"{name}:": place for name, place in zip(parameters, places, strict=True)},
        )

    def definition(self, name: str, held: frozenset[str]) -> Poly:
        """The body of a definition, its parameters as free indices `j:` that nobody can type."""
        key = name, held & self.theory.dependencies(name)
        if key not in self.definitions:
            definition = self.theory.definitions[name]
            scope: Scope = {p: (f"{p}:", 0) for p in definition.parameters}
            self.definitions[key] = self.poly(definition.body, scope, held)
        return self.definitions[key]

    def sum(self, expr: Sum, scope: Scope, held: frozenset[str]) -> Poly:
        """Σ(k != i, f) is read as Σ_k (1 - δ(k,i)) f."""
        inner = dict(scope)
        binders = []
        weight = ONE
        for binder in expr.binders:
            assert binder.range is not None
            base = fresh()
            place: Place = (base, 0)
            excluded = {place_of(index, inner) for index in binder.excluded}
            for other in excluded:
                weight = weight * (ONE - delta(place, other))
            binders.append((base, binder.range))
            inner[binder.index] = place
        return summation(binders, weight * self.poly(expr.body, inner, held))

    def derivative(self, expr: Derivative, scope: Scope, held: frozenset[str]) -> Poly:
        names = held | {variable.name for variable in expr.variables}
        poly = self.poly(expr.body, scope, names)
        for variable in expr.variables:
            places = tuple(place_of(index, scope) for index in variable.indices)
            poly = differentiate(poly, variable.name, places)
        opaque = {v.name for v in expr.variables if v.name in self.theory.definitions} - held
        return self.reveal(poly, opaque, held) if opaque else poly

    def reveal(self, poly: Poly, names: set[str], held: frozenset[str]) -> Poly:
        """The polynomial with the definitions of `names` put back."""

        def replace(atom: Atom) -> Poly | None:
            if not isinstance(atom, Var) or atom.name not in names:
                return None
            parameters = self.theory.definitions[atom.name].parameters
            places: dict[Base, Place] = {}
            for parameter, place in zip(parameters, atom.places, strict=True):
                places[f"{parameter}:"] = place
            return rename(self.definition(atom.name, held), places)

        return Substitution({}, replace).poly(poly)


def power(base: Poly, exponent: Poly) -> Poly:
    """base^exponent; exponents that are not rational numbers go through exp(exponent·log(base))."""
    constant = exponent.constant()
    if constant is not None:
        if abs(constant) > MAX_POWER:
            raise OutOfBudget(f"a power of {constant}")
        return power_of(base, constant)
    return exp(exponent * log(base))


def apply(name: str, arguments: list[Poly]) -> Poly:
    """A function of the language; σ and tanh are rewritten through exp."""
    first = arguments[0]
    match name:
        case "exp":
            return exp(first)
        case "log":
            return log(first)
        case "sqrt":
            return power_of(first, Fraction(1, 2))
        case "sigmoid":
            e = exp(first)
            return e * power_of(ONE + e, -1)
        case "tanh":
            e = exp(first.scale(Fraction(2)))
            return (e - ONE) * power_of(ONE + e, -1)
        case "Max":
            return maximum(arguments)
    raise AssertionError(name)
