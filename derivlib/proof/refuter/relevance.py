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
    match expr:
        case Entry(name):
            definition = theory.definitions.get(name)
            return relevant(theory, definition.body) if definition else frozenset({name})
        case Derivative(body, (Entry(name) as variable,)):
            found = _derivative(theory, body, name)
            # What is held opaque has to have a value.
            return found | relevant(theory, variable) if name in theory.definitions else found
    return _all(theory, children(expr))


def _derivative(theory: Signature, expr: Expr, by: str) -> frozenset[str]:
    """The same for the derivative of an expression by a name."""
    if not _contains(theory, expr, by):
        return _deciding(theory, expr)
    match expr:
        case Entry(name):
            definition = theory.definitions.get(name)
            if name == by or definition is None:
                return frozenset()
            return _derivative(theory, definition.body, by)
        case Neg() | Add() | Sub() | Sum():
            parts = [_derivative(theory, part, by) for part in children(expr)]
            return frozenset[str]().union(*parts)
        case Mul(left, right):
            found = _derivative(theory, left, by) | _derivative(theory, right, by)
            for factor, other in ((left, right), (right, left)):
                if _contains(theory, factor, by):
                    found |= relevant(theory, other)
            return found
        case Div(left, right) if not _contains(theory, right, by):
            return _derivative(theory, left, by) | relevant(theory, right)
        case Derivative():
            return relevant(theory, expr)
    return _all(theory, children(expr))


def _deciding(theory: Signature, expr: Expr) -> frozenset[str]:
    """The variables that decide whether an expression has a value."""
    match expr:
        case Entry(name) if name in theory.definitions:
            return _deciding(theory, theory.definitions[name].body)
        case Div(left, right):
            return _deciding(theory, left) | relevant(theory, right)
        case Pow(_, Number(value)) if value >= 0 and value.denominator == 1:
            pass
        case Pow():
            return relevant(theory, expr)
        case Function(name) if FUNCTIONS[name].domain:
            return relevant(theory, expr)
        case Derivative():
            return relevant(theory, expr)
    return frozenset[str]().union(*[_deciding(theory, part) for part in children(expr)])


def _all(theory: Signature, exprs: Iterable[Expr]) -> frozenset[str]:
    return frozenset[str]().union(*[relevant(theory, expr) for expr in exprs])


def _contains(theory: Signature, expr: Expr, name: str) -> bool:
    """Whether the expression is made of the name."""
    entries = (node for node in walk(expr) if isinstance(node, Entry))
    return any(name in theory.dependencies(entry.name) for entry in entries)
