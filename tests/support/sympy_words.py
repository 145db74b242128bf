"""Theories, symbols of SymPy for their letters, and a writer of SymPy, for the bridge's tests."""

from functools import reduce
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
from derivlib.proof.language.syntax import Expr

SOFTMAX = """
    z: K
    y: K, sum 1
    v: K
    c: real
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    L := -Σ(j, y[j]*log(p[j]))
"""
FREE_TARGETS = """
    z: K
    y: K
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    L := -Σ(j, y[j]*log(p[j]))
"""
SIGMOID = """
    x: real
    t: real
    q := 1/(1 + exp(x))
    s := sigmoid(x)
    B := -(t*log(s) + (1 - t)*log(1 - s))
"""
LOGISTIC = """
    X: m×d
    w: d
    t: m
    a[n] := sigmoid(Σ(q, X[n,q]*w[q]))
    L := -1/m * Σ(n, t[n]*log(a[n]) + (1 - t[n])*log(1 - a[n]))
"""
LAYER = """
    X: m×d
    W: d×K
    b: K
    Y: m×K, sum 1
    z[n,c] := Σ(a, X[n,a]*W[a,c]) + b[c]
    p[n,c] := exp(z[n,c]) / Σ(k, exp(z[n,k]))
    L := -1/m * Σ(n, j, Y[n,j]*log(p[n,j]))
"""
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

    def end(self, text: str) -> tuple[Any, Any]:
        first, final = (Integer(1), text) if ".." not in text else tuple(text.split(".."))
        return sympy.Integer(str(first)), reduce(
            lambda a, b: a + b,
            [Symbol(part) if part.isidentifier() else Integer(part) for part in final.split("+")],
        )

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
                limits = [(Symbol(b.index), *self.end(b.range or "")) for b in reversed(binders)]
                return Sum(self.write(body), *limits)
            case tree.Derivative(body, variables):
                return Derivative(self.write(body), *map(self.write, variables))
        raise AssertionError(expr)
