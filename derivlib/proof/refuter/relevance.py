"""The variables on whose entries a value depends, seen from the expression's form alone.

What the language's tree names in vain, such as x in ∂(w*h + u*x, w), need not be told to a reader.
Never too few names, though maybe too many.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import (
    Add,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Mul,
    Neg,
    Number,
    Pow,
    Sub,
    Sum,
    children,
    walk,
)


def relevant(theory: Signature, expr: Expr) -> frozenset[str]:
    """The names of the variables on which the value of an expression may depend.

    >>> from derivlib.proof import Theory
    >>> theory = Theory("w, h, u, x: K\\nz[k] := w[k]*h[k] + u[k]*x[k]")
    >>> side = theory.statement("∂(z[k], w[j])", "0").left
    >>> sorted(relevant(theory, side))
    ['h']
    """
    return _Relevance(theory).value(expr)


class _Relevance:
    """What was found of a definition is remembered: others may be made of it many times over."""

    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.values: dict[str, frozenset[str]] = {}
        self.slopes: dict[tuple[str, str], frozenset[str]] = {}
        self.domains: dict[str, frozenset[str]] = {}

    def value(self, expr: Expr) -> frozenset[str]:
        match expr:
            case Entry(name):
                if name not in self.theory.definitions:
                    return frozenset({name})
                if name not in self.values:
                    self.values[name] = self.value(self.theory.definitions[name].body)
                return self.values[name]
            case Derivative(body, (Entry(name) as variable,)):
                found = self.slope(body, name)
                # What is held opaque has to have a value.
                return found | self.value(variable) if name in self.theory.definitions else found
        return self.together(children(expr))

    def slope(self, expr: Expr, by: str) -> frozenset[str]:
        """The same for the derivative of an expression by a name."""
        if not self.contains(expr, by):
            return self.deciding(expr)
        match expr:
            case Entry(name):
                definition = self.theory.definitions.get(name)
                if name == by or definition is None:
                    return frozenset()
                if (name, by) not in self.slopes:
                    self.slopes[name, by] = self.slope(definition.body, by)
                return self.slopes[name, by]
            case Neg() | Add() | Sub() | Sum():
                parts = [self.slope(part, by) for part in children(expr)]
                return frozenset[str]().union(*parts)
            case Mul(left, right):
                found = self.slope(left, by) | self.slope(right, by)
                for factor, other in ((left, right), (right, left)):
                    if self.contains(factor, by):
                        found |= self.value(other)
                return found
            case Div(left, right) if not self.contains(right, by):
                return self.slope(left, by) | self.value(right)
            case Derivative():
                return self.value(expr)
        return self.together(children(expr))

    def deciding(self, expr: Expr) -> frozenset[str]:
        """The variables that decide whether an expression has a value."""
        match expr:
            case Entry(name) if name in self.theory.definitions:
                if name not in self.domains:
                    self.domains[name] = self.deciding(self.theory.definitions[name].body)
                return self.domains[name]
            case Div(left, right):
                return self.deciding(left) | self.value(right)
            case Pow(_, Number(value)) if value >= 0 and value.denominator == 1:
                pass
            case Pow() | Derivative():
                return self.value(expr)
            case Function(name) if FUNCTIONS[name].domain:
                return self.value(expr)
        return frozenset[str]().union(*map(self.deciding, children(expr)))

    def together(self, exprs: Iterable[Expr]) -> frozenset[str]:
        return frozenset[str]().union(*map(self.value, exprs))

    def contains(self, expr: Expr, name: str) -> bool:
        """Whether the expression is made of the name."""
        entries = (node for node in walk(expr) if isinstance(node, Entry))
        return any(name in self.theory.dependencies(entry.name) for entry in entries)
