"""Symbols of SymPy for the letters of theories, and a writer of SymPy, for the bridge's tests."""

from typing import Any

import sympy
from sympy import (
    Derivative,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Mul,
    Pow,
    Rational,
    Sum,
    Symbol,
    exp,
    sqrt,
    symbols,
)

from derivlib.proof import Theory
from derivlib.proof.language import syntax as tree
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import End
from derivlib.proof.language.syntax import Expr

INTERVALS = """
    h: 0..T
    lam: 1..T+1
"""
i, j, k, n, K, m, T, x, c, L = symbols("i j k n K m T x c L")
z, y, p, h = map(IndexedBase, "zyph")


class Writer:
    """The language's expressions as SymPy's: as written, or as SymPy likes them best."""

    def __init__(self, theory: Theory, *, evaluate: bool) -> None:
        self.theory = theory
        self.evaluate = evaluate

    def place(self, index: tree.Index) -> Any:
        return (Symbol(index.name) if index.name else Integer(0)) + index.offset

    def end(self, end: End) -> Any:
        return (Symbol(end.size) if end.symbol else Integer(0)) + end.offset

    def limits(self, binder: tree.Binder) -> tuple[Any, Any, Any]:
        assert binder.range is not None
        return Symbol(binder.index), *map(self.end, binder.range)

    def write(self, expr: Expr) -> Any:
        def build(operation: Any, *parts: Expr) -> Any:
            return operation(*map(self.write, parts), evaluate=self.evaluate)

        match expr:
            case tree.Number(value):
                return Rational(value.numerator, value.denominator)
            case tree.Size(name):
                return Symbol(name)
            case tree.Entry(name, ()):
                return Symbol(name)
            case tree.Entry(name, indices):
                return IndexedBase(name)[tuple(map(self.place, indices))]
            case tree.Neg(argument):
                return Mul(-1, self.write(argument), evaluate=self.evaluate)
            case tree.Add(left, right):
                return build(sympy.Add, left, right)
            case tree.Sub(left, right):
                return build(sympy.Add, left, tree.Neg(right))
            case tree.Mul(left, right):
                return build(Mul, left, right)
            case tree.Div(left, right):
                inverse = Pow(self.write(right), -1, evaluate=self.evaluate)
                return Mul(self.write(left), inverse, evaluate=self.evaluate)
            case tree.Pow(base, exponent):
                return build(Pow, base, exponent)
            case tree.Function("sqrt", (argument,)):
                return sqrt(self.write(argument), evaluate=self.evaluate)
            case tree.Function("sigmoid", (argument,)):
                return 1 / (1 + exp(-self.write(argument)))
            case tree.Function(name, arguments):
                return build(getattr(sympy, str(FUNCTIONS[name].sympy)), *arguments)
            case tree.Delta(left, right):
                return KroneckerDelta(self.place(left), self.place(right))
            case tree.Sum(binders, body):
                return Sum(self.write(body), *map(self.limits, reversed(binders)))
            case tree.Derivative(body, variables):
                return Derivative(self.write(body), *map(self.write, variables))
        raise AssertionError(expr)
