"""From the author's expression to its normal form."""

from __future__ import annotations

from collections.abc import Mapping

from derivlib.proof.algebra.calculus import differentiate
from derivlib.proof.algebra.elementary import delta, exp, log, power_of
from derivlib.proof.algebra.functions import FUNCTIONS, apply_function
from derivlib.proof.algebra.polynomial import (
    MAX_POWER,
    ONE,
    Atom,
    OutOfBudget,
    Poly,
    SizeOf,
    Var,
    atom_poly,
    number,
)
from derivlib.proof.algebra.steps import Formed, Identity
from derivlib.proof.algebra.sums import Substitution, end_of, interval, rename
from derivlib.proof.language.ranges import CONSTANT, Base, End, Place, free, fresh, last
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import (
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

Scope = Mapping[str, Place]
MINUS = number(-1)


class Normalizer:
    """Normal forms of the expressions of one theory. Definitions are normalised once each.

    Args:
        theory: what the letters mean.
        open_functions: whether sigmoid, tanh and their like are written with exp. Kept closed they
            give smaller normal forms, but tanh(x) = 2 sigmoid(2x) - 1 needs them open.

    Attributes:
        formed: each expression that was asked for, and each part of it, with its normal form.
        sums: how normal forms of sums and products were made from those of their parts.
    """

    def __init__(self, theory: Signature, *, open_functions: bool = True) -> None:
        self.theory = theory
        self.open_functions = open_functions
        self.kept_functions = False
        self.definitions: dict[tuple[str, frozenset[str]], Poly] = {}
        self.formed: list[Formed] = []
        self.sums: list[Identity] = []

    def poly(self, expr: Expr, scope: Scope, held: frozenset[str] = frozenset()) -> Poly:
        """The normal form; names in `held` are opaque: their definitions are not entered.

        Raises:
            Undefined: a part divides by what is identically 0.
            OutOfBudget: the normal form is too large, or a rule is missing.
        """
        found = self._poly(expr, scope, held)
        if not isinstance(expr, Number | Size):
            self.formed.append(Formed(expr, scope, found))
        return found

    def _poly(self, expr: Expr, scope: Scope, held: frozenset[str]) -> Poly:
        match expr:
            case Number(value):
                return number(value)
            case Size(name):
                return atom_poly(SizeOf(name))
            case Entry():
                return self.entry(expr, scope, held)
            case Neg(argument):
                x = self.poly(argument, scope, held)
                return self.combined(-x, (MINUS, x))
            case Add(left, right):
                x, y = self.poly(left, scope, held), self.poly(right, scope, held)
                return self.combined(x + y, (ONE, x), (ONE, y))
            case Sub(left, right):
                x, y = self.poly(left, scope, held), self.poly(right, scope, held)
                return self.combined(x - y, (ONE, x), (MINUS, y))
            case Mul(left, right):
                x, y = self.poly(left, scope, held), self.poly(right, scope, held)
                return self.combined(x * y, (x, y))
            case Div(left, right):
                numerator = self.poly(left, scope, held)
                return numerator * power_of(self.poly(right, scope, held), -1)
            case Pow(base, exponent):
                return power(self.poly(base, scope, held), self.poly(exponent, scope, held))
            case Function(name, arguments):
                return self.function(name, [self.poly(a, scope, held) for a in arguments])
            case Delta(left, right):
                return delta(self.place(left, scope), self.place(right, scope))
            case Sum():
                return self.sum(expr, scope, held)
            case Derivative():
                return self.derivative(expr, scope, held)
        raise AssertionError(expr)

    def combined(self, poly: Poly, *products: tuple[Poly, Poly]) -> Poly:
        """The polynomial, kept as the sum of these products."""
        self.sums.append(Identity("parts of the statement are put together", poly, products))
        return poly

    def entry(self, entry: Entry, scope: Scope, held: frozenset[str]) -> Poly:
        places = tuple(self.place(index, scope) for index in entry.indices)
        variable = self.theory.variables.get(entry.name)
        if variable is not None:
            return atom_poly(Var(entry.name, places, variable.positive))
        if entry.name in held:
            return atom_poly(Var(entry.name, places))
        return self.instance(entry.name, places, held)

    def instance(self, name: str, places: tuple[Place, ...], held: frozenset[str]) -> Poly:
        """A definition's body at given places."""
        body = self.definition(name, held)
        bases = [base for base, _ in self.parameters(name).values()]
        return rename(body, dict(zip(bases, places, strict=True)))

    def parameters(self, name: str) -> dict[str, Place]:
        """The parameters of a definition as free indices that nobody can type."""
        definition = self.theory.definitions[name]
        return {
            parameter: (free(f"{name}.{parameter}", axis), 0)
            for parameter, axis in zip(definition.parameters, definition.axes, strict=True)
        }

    def definition(self, name: str, held: frozenset[str]) -> Poly:
        """The body of a definition, in terms of its `parameters`."""
        key = name, held & self.theory.dependencies(name)
        if key not in self.definitions:
            body = self.theory.definitions[name].body
            self.definitions[key] = self.poly(body, self.parameters(name), held)
        return self.definitions[key]

    def sum(self, expr: Sum, scope: Scope, held: frozenset[str]) -> Poly:
        """Σ(k != i, f) is read as Σ_k (1 - δ(k,i)) f."""
        inner = dict(scope)
        indices: list[tuple[Base, End, End]] = []
        weight = ONE
        for binder in expr.binders:
            assert binder.range is not None
            base = fresh(binder.range)
            first, final = binder.range
            if binder.first is not None and binder.final is not None:
                first = end_of(self.place(binder.first, inner))
                final = end_of(self.place(binder.final, inner))
            excluded = {self.place(index, inner) for index in binder.excluded}
            for other in excluded:
                weight = weight * (ONE - delta((base, 0), other))
            indices.append((base, first, final))
            inner[binder.index] = (base, 0)
        poly = weight * self.poly(expr.body, inner, held)
        for base, first, final in reversed(indices):
            poly = interval(poly, base, first, final)
        return poly

    def derivative(self, expr: Derivative, scope: Scope, held: frozenset[str]) -> Poly:
        for variable in expr.variables:
            for name in held - {variable.name}:
                if variable.name in self.theory.dependencies(name):
                    raise OutOfBudget(f"∂ by {variable.name} while {name} is held opaque")
        names = held | {variable.name for variable in expr.variables}
        poly = self.poly(expr.body, scope, names)
        for variable in expr.variables:
            places = tuple(self.place(index, scope) for index in variable.indices)
            poly = differentiate(poly, variable.name, places)
        opaque = {v.name for v in expr.variables if v.name in self.theory.definitions} - held
        return self.reveal(poly, opaque, held) if opaque else poly

    def reveal(self, poly: Poly, names: set[str], held: frozenset[str]) -> Poly:
        """The polynomial with the definitions of `names` put back."""

        def replace(atom: Atom) -> Poly | None:
            if not isinstance(atom, Var) or atom.name not in names:
                return None
            return self.instance(atom.name, atom.places, held)

        return Substitution({}, replace).poly(poly)

    def function(self, name: str, arguments: list[Poly]) -> Poly:
        opened = FUNCTIONS[name].opened
        if opened is not None:
            if self.open_functions:
                return opened(*arguments)
            self.kept_functions = True
        return apply_function(name, arguments)

    def place(self, index: Index, scope: Scope) -> Place:
        """The place that an index stands for."""
        if index.name is None:
            return CONSTANT, index.offset
        if index.name in self.theory.sizes:
            return last(index.name), index.offset
        base, offset = scope[index.name]
        return base, offset + index.offset


def power(base: Poly, exponent: Poly) -> Poly:
    """base^exponent; exponents that are not rational numbers go through exp(exponent·log(base))."""
    constant = exponent.constant()
    if constant is not None:
        if not -MAX_POWER <= constant <= MAX_POWER:
            raise OutOfBudget(f"a power of {constant}")
        return power_of(base, constant)
    return exp(exponent * log(base))
