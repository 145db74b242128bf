"""Random expressions, equal rewritings of them, and near misses, for the tests of the prover.

Everything is decided through `choose`, which takes one item of a sequence: hypothesis draws (and
shrinks) in the test suite, `random.choice` in a long search by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import (
    Add,
    Binder,
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
    children,
)
from tests.support.letters import FREE, ONE, THEORY, TWO, Choose, Scope, axes, number
from tests.support.rewriting import same_algebra, same_definition, same_derivative, same_sums
from tests.support.spans import span
from tests.support.trees import nodes, put, put_index

NAMES = [*THEORY.variables, *THEORY.variables, *THEORY.definitions]
# What to write, often or seldom.
KINDS = (
    *(Add, Add, Sub, Sub, Mul, Mul, Mul, Div, Div, Neg, Pow, Pow),
    *(Function, Function, Sum, Sum, Sum, Derivative, Derivative),
)
WORDS = ("exp", "exp", "log", *FUNCTIONS)
POWERS = ("2", "2", "3", "-1", "-2", "1/2", "1/2", "-1/2", "3/2", "1/3", "0", "K")


def well_typed(expr: Expr, scope: Scope = FREE, held: frozenset[str] = frozenset()) -> bool:
    """Whether each index is in scope with the size of its axes, and no ∂ differentiates by a part
    of a name that a ∂ holds opaque meanwhile."""
    inner = dict(scope)
    match expr:
        case Entry(name, indices):
            pairs = zip(indices, axes(name), strict=True)
            return all(i.name is None or scope.get(i.name) == range_ for i, range_ in pairs)
        case Delta(left, right):
            sizes = [scope.get(i.name) for i in (left, right) if i.name is not None]
            return None not in sizes and len({*sizes}) < 2
        case Sum(binders, _):
            for b in binders:
                assert b.range is not None
                if any(i.name and inner.get(i.name) != b.range for i in b.excluded):
                    return False
                inner[b.index] = b.range
        case Derivative(_, variables):
            names = {variable.name for variable in variables}
            held |= names
            if any(v in THEORY.dependencies(whole) for v in names for whole in held - {v}):
                return False
    return all(well_typed(child, inner, held) for child in children(expr))


# --- expressions ----------------------------------------------------------------------------------


class Writer:
    """Writes well-typed expressions of THEORY, rewrites them, and makes mistakes."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def index(self, range_: Range, scope: Scope) -> Index | None:
        known = [name for name, own in scope.items() if own == range_]
        return Index(self.choose(known)) if known and self.choose(range(20)) else Index(None, 1)

    def entry(self, scope: Scope, names: Sequence[str] = NAMES) -> Entry:
        name = self.choose(names)
        indices = [self.index(axis, scope) for axis in axes(name)]
        return Entry(name, tuple(index for index in indices if index is not None))

    def delta(self, scope: Scope) -> Delta | None:
        pairs = [(a, b) for a, b in product(scope, scope) if a != b and scope[a] == scope[b]]
        if not pairs:
            return None
        left, right = self.choose(pairs)
        return Delta(Index(left), Index(right))

    def leaf(self, scope: Scope) -> Expr:
        match self.choose(("entry",) * 7 + ("δ",) * 2 + ("number", "size")):
            case "number":
                return number(self.choose(("0", "1", "1", "2", "3", "1/2")))
            case "size":
                return Size(self.choose("Kd"))
            case "δ":
                return self.delta(scope) or ONE
        return self.entry(scope)

    def expression(self, depth: int, scope: Scope = FREE) -> Expr:
        if not depth or not self.choose(range(8)):
            return self.leaf(scope)

        def part() -> Expr:
            return self.expression(depth - 1, scope)

        kind = self.choose(KINDS)
        if kind is Neg:
            return Neg(part())
        if kind is Pow:
            power = self.choose(POWERS)
            return Pow(part(), Size("K") if power == "K" else number(power))
        if kind is Function:
            name = self.choose(WORDS)
            return Function(name, (part(), part()) if FUNCTIONS[name].arity is None else (part(),))
        if kind is Sum:
            return self.sum(depth, scope)
        if kind is Derivative:
            names = self.choose((["x", "z", "S", "c"], ["x", "z"], ["p", "q", "h", "L"]))
            variables = [self.entry(scope, names) for _ in range(self.choose((1, 1, 1, 2)))]
            return Derivative(part(), tuple(variables))
        binary: Expr = kind(part(), part())
        return binary

    def sum(self, depth: int, scope: Scope) -> Sum:
        inner = dict(scope)
        binders = []
        for name in self.choose((["k"], ["i"], ["j"], ["k", "l"], ["j", "k"], ["n"])):
            range_ = span(self.choose("KKKd"))
            peers = [other for other, own in inner.items() if own == range_]
            left_out = [self.choose(peers)] if peers and not self.choose(range(4)) else []
            binders.append(Binder(name, tuple(map(Index, left_out)), range=range_))
            inner[name] = range_
        return Sum(tuple(binders), self.expression(depth - 1, inner))

    # --- rewriting ------------------------------------------------------------------------------

    def rewritten(self, expr: Expr, scope: Scope = FREE) -> Expr:
        """One step: the same value wherever both are defined."""
        return self.changed(expr, scope, self.equals)

    def mistaken(self, expr: Expr, scope: Scope = FREE) -> Expr:
        """One step, as a rule to something else."""
        return self.changed(expr, scope, lambda node, inner, held: self.mistakes(node, inner))

    def changed(
        self, expr: Expr, scope: Scope, options: Callable[[Expr, Scope, bool], list[Expr]]
    ) -> Expr:
        found = list(nodes(expr, scope))
        if len(found) > 80:
            return expr
        for _ in range(5):
            path, node, inner, held = self.choose(found)
            new = options(node, inner, held)
            if new:
                return put(expr, path, self.choose(new))
        return expr

    def equals(self, node: Expr, scope: Scope, held: bool) -> list[Expr]:
        found = list(same_algebra(node)) + list(same_sums(node, scope))
        if not held:  # ∂ reads what it holds by name, so names stay inside one
            found += same_definition(node)
        found += same_derivative(node, scope)
        if not self.choose(range(6)):
            other = self.expression(1, scope)
            found += [
                Div(Mul(node, other), other),
                Sub(Add(node, other), other),
                Function("log", (Function("exp", (node,)),)),
                Function("exp", (Function("log", (node,)),)),
                Pow(Function("sqrt", (node,)), TWO),
                Mul(Pow(node, number("1/3")), Pow(node, number("2/3"))),
                Mul(node, Sum((Binder("t", range=span("K")),), Entry("y", (Index("t"),)))),
            ]
        return found

    def mistakes(self, node: Expr, scope: Scope) -> list[Expr]:
        found: list[Expr] = [Neg(node), Function("sqrt", (Pow(node, TWO),))]
        match node:
            case Entry(name, indices) if indices:
                found.append(self.entry(scope, [name]))
                found.append(self.entry(scope, [n for n in NAMES if axes(n) == axes(name)]))
                found.append(Entry(name, indices[::-1]) if len({*axes(name)}) == 1 else node)
            case Delta():
                found += [ONE, Sub(ONE, node), self.delta(scope) or ONE]
            case Number(value):
                found += [Number(value + 1), Number(-value)]
            case Add(left, right) | Sub(left, right) | Mul(left, right) | Div(left, right):
                found += [left, right, Add(left, right), Sub(left, right), Sub(right, left)]
                found += [Mul(left, right), Div(left, right)]
            case Neg(argument):
                found.append(argument)
            case Pow(base, Number(value)):
                found += [Pow(base, Number(v)) for v in (value + 1, -value, value / 2)]
                if isinstance(base, Pow) and isinstance(base.exponent, Number):
                    found.append(Pow(base.base, Number(value * base.exponent.value)))
            case Function(_, (first, *_)):
                found += [first, Function("exp", (first,)), Function("log", (first,))]
            case Sum((first, *rest), body):
                peers = [n for n, range_ in scope.items() if range_ == first.range]
                found.append(Sum((replace(first, excluded=()), *rest), body))
                for name in peers:
                    found.append(Sum((replace(first, excluded=(Index(name),)), *rest), body))
                    found.append(Sum((replace(first, index=name), *rest), body))
                    if not rest:
                        found.append(put_index(body, first.index, Index(name)))
                if isinstance(body, Mul):
                    found.append(Mul(body.left, Sum((first, *rest), body.right)))
            case Derivative(body, (first, *rest)):
                found += [body, Derivative(body, (self.entry(scope, [first.name]), *rest))]
        return found
