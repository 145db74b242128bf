"""Statements in SymPy's own words at symbolic sizes: Sum, IndexedBase and KroneckerDelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.theory import Theory

OWN = {"sigmoid": lambda x: 1 / (1 + sympy.exp(-x))}
"""What SymPy has no name for."""


class NotExpressible(Exception):
    """SymPy has no words for this."""


class SymbolicWriter:
    """Definitions are entered, so a ∂ that holds a defined name cannot be written."""

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self.bound = 0

    def index(self, name: str) -> Any:
        return sympy.Symbol(name, integer=True, positive=True)

    def size(self, name: str) -> Any:
        return sympy.Symbol(name, integer=True, positive=True)

    def place(self, index: tree.Index, scope: Mapping[str, Any]) -> Any:
        if index.name is None:
            return sympy.Integer(index.offset)
        if index.name in scope:
            return scope[index.name] + index.offset
        if index.name in self.theory.sizes:
            return self.size(index.name) + index.offset
        return self.index(f"{index.name}_free") + index.offset

    def entry(self, entry: tree.Entry, scope: Mapping[str, Any]) -> Any:
        at = [self.place(index, scope) for index in entry.indices]
        definition = self.theory.definitions.get(entry.name)
        if definition is not None:
            return self.write(definition.body, dict(zip(definition.parameters, at, strict=True)))
        positive = self.theory.variables[entry.name].positive
        known = {"positive": True} if positive else {"real": True}
        if not at:
            return sympy.Symbol(entry.name, **known)
        return sympy.IndexedBase(entry.name, **known)[tuple(at)]

    def write(self, expr: tree.Expr, scope: Mapping[str, Any]) -> Any:
        match expr:
            case tree.Number(value):
                return sympy.Rational(value.numerator, value.denominator)
            case tree.Size(name):
                return self.size(name)
            case tree.Entry():
                return self.entry(expr, scope)
            case tree.Neg(argument):
                return -self.write(argument, scope)
            case tree.Add(left, right):
                return self.write(left, scope) + self.write(right, scope)
            case tree.Sub(left, right):
                return self.write(left, scope) - self.write(right, scope)
            case tree.Mul(left, right):
                return self.write(left, scope) * self.write(right, scope)
            case tree.Div(left, right):
                return self.write(left, scope) / self.write(right, scope)
            case tree.Pow(base, exponent):
                return self.write(base, scope) ** self.write(exponent, scope)
            case tree.Function(name, arguments):
                known = FUNCTIONS[name].sympy
                function = getattr(sympy, known) if known else OWN[name]
                return function(*(self.write(a, scope) for a in arguments))
            case tree.Delta(left, right):
                return sympy.KroneckerDelta(self.place(left, scope), self.place(right, scope))
            case tree.Sum(binders, body):
                return self.sum(binders, body, scope)
            case tree.Derivative(body, variables):
                if any(v.name in self.theory.definitions for v in variables):
                    raise NotExpressible("a ∂ by a defined name")
                by = [self.entry(variable, scope) for variable in variables]
                return sympy.Derivative(self.write(body, scope), *by)
        raise AssertionError(expr)

    def sum(
        self, binders: tuple[tree.Binder, ...], body: tree.Expr, scope: Mapping[str, Any]
    ) -> Any:
        inner = dict(scope)
        weight = sympy.Integer(1)
        limits = []
        for binder in binders:
            self.bound += 1  # no two bound indices share a symbol: SymPy need not rename
            symbol = self.index(f"{binder.index}_{self.bound}")
            if binder.first is not None and binder.final is not None:
                first, final = self.place(binder.first, inner), self.place(binder.final, inner)
            else:
                assert binder.range is not None
                first, final = (
                    end.offset + (self.size(end.size) if end.symbol else 0) for end in binder.range
                )
            for other in binder.excluded:
                left_out = (
                    symbol
                    if other.name == binder.index and other.name not in inner
                    else (self.place(other, inner))
                )
                weight *= 1 - sympy.KroneckerDelta(symbol, left_out)
            inner[binder.index] = symbol
            limits.append((symbol, first, final))
        return sympy.Sum(weight * self.write(body, inner), *reversed(limits))
