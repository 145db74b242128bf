"""Where is an expression defined? What must hold for it, less what always holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .expressions import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Sub,
    Sum,
)
from .factor import factor
from .normal_form import Normalizer, Scope
from .plain import plain
from .polynomial import Place, Poly, Undefined
from .signs import non_negative, positive, positive_atom
from .sums import fresh

if TYPE_CHECKING:
    from .theory import Theory


@dataclass(frozen=True, slots=True)
class Requirement:
    """`poly` stands in relation `relation` ("!=", ">" or ">=") to 0; `text` says so."""

    poly: Poly
    relation: str
    text: str

    def holds_always(self) -> bool:
        """Whether it is certain for all sizes and entries."""
        if self.relation == ">=" and non_negative(self.poly):
            return True
        parts = factor(self.poly)
        if not self.poly:
            return self.relation == ">="
        if self.relation == "!=":
            return all(map(positive_atom, parts.powers)) and (
                positive(parts.numerator) or positive(-parts.numerator)
            )
        rest = parts.numerator.scale(parts.coefficient)
        return all(map(positive_atom, parts.powers)) and positive(rest)


def conditions(theory: Theory, expr: Expr, normalizer: Normalizer) -> tuple[str, ...]:
    """What must hold at a point for the expression to be defined there, beyond the theory.

    Raises:
        Undefined: the expression is defined nowhere.
    """
    collector = _Collector(theory, normalizer)
    texts = [r.text for r in collector.walk(expr, {}, False) if not r.holds_always()]
    return tuple(dict.fromkeys([*collector.sizes, *texts]))


class _Collector:
    def __init__(self, theory: Theory, normalizer: Normalizer) -> None:
        self.theory = theory
        self.normalizer = normalizer
        self.sizes: list[str] = []
        self.entered: set[tuple[str, bool]] = set()

    def walk(self, expr: Expr, scope: Scope, differentiated: bool) -> Iterator[Requirement]:
        match expr:
            case Number() | Size():
                return
            case Delta(left, right):
                return
            case Entry():
                yield from self.entry(expr, differentiated)
            case Neg(argument):
                yield from self.walk(argument, scope, differentiated)
            case Add(left, right) | Sub(left, right) | Mul(left, right):
                yield from self.walk(left, scope, differentiated)
                yield from self.walk(right, scope, differentiated)
            case Div(left, right):
                yield from self.walk(left, scope, differentiated)
                yield from self.walk(right, scope, differentiated)
                yield self.require(right, scope, "!=")
            case Pow(base, exponent):
                yield from self.walk(base, scope, differentiated)
                yield from self.walk(exponent, scope, differentiated)
                relation = self.power_needs(exponent, scope, differentiated)
                if relation:
                    yield self.require(base, scope, relation)
            case Function(name, arguments):
                for argument in arguments:
                    yield from self.walk(argument, scope, differentiated)
                if name == "log":
                    yield self.require(arguments[0], scope, ">")
                elif name == "sqrt":
                    yield self.require(arguments[0], scope, ">" if differentiated else ">=")
            case Derivative(body, variables):
                for variable in variables:
                    yield from self.entry(variable, differentiated)
                yield from self.walk(body, scope, True)
            case Sum(binders, body):
                inner = dict(scope)
                for binder in binders:
                    place: Place = (fresh(), 0)
                    inner[binder.index] = place
                yield from self.walk(body, inner, differentiated)

    def entry(self, entry: Entry, differentiated: bool) -> Iterator[Requirement]:
        for index, size in zip(entry.indices, self.theory.axes(entry.name) or (), strict=True):
            if index.name is None and index.offset > self.theory.sizes[size]:
                self.sizes.append(f"{size} >= {index.offset}")
        definition = self.theory.definitions.get(entry.name)
        # A definition's requirements hold for every place once they hold for its parameters.
        if definition is not None and (entry.name, differentiated) not in self.entered:
            self.entered.add((entry.name, differentiated))
            scope: Scope = {p: (f"{p}:", 0) for p in definition.parameters}
            yield from self.walk(definition.body, scope, differentiated)

    def power_needs(self, exponent: Expr, scope: Scope, differentiated: bool) -> str | None:
        value = self.normalizer.poly(exponent, scope).constant()
        if value is None:
            return ">"
        if value.denominator == 1:
            return "!=" if value < 0 else None
        return ">" if value < 0 or differentiated else ">="

    def require(self, expr: Expr, scope: Scope, relation: str) -> Requirement:
        poly = self.normalizer.poly(expr, scope)
        if not poly and relation != ">=":
            raise Undefined(f"{plain(expr)} is identically 0")
        return Requirement(poly, relation, f"{plain(expr)} {relation} 0")
