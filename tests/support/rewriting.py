"""Ways to write the same thing differently, by the rules of algebra, sums and derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
    Sub,
    Sum,
)
from tests.support.letters import ONE, THEORY, TWO, Scope, axes, number
from tests.support.trees import new_name, put_index, uses


def same_algebra(node: Expr) -> Iterator[Expr]:
    match node:
        case Add(a, b):
            yield from (Add(b, a), Sub(a, Neg(b)))
        case Sub(a, b):
            yield from (Add(a, Neg(b)), Neg(Sub(b, a)))
        case Div(a, b):
            yield Mul(a, Pow(b, number("-1")))
        case Mul(Delta(i, j), b) if i.name and j.name:
            yield from (Mul(Delta(i, j), put_index(b, i.name, j)), Mul(b, Delta(j, i)))
        case Mul(a, b):
            yield Mul(b, a)
    match node:
        case Mul(a, Add(b, c)):
            yield Add(Mul(a, b), Mul(a, c))
        case Mul(Sub(a, b), c):
            yield Sub(Mul(a, c), Mul(b, c))
        case Mul(Mul(a, b), c):
            yield Mul(a, Mul(b, c))
        case Add(Div(a, b), Div(c, d)):
            yield Div(Add(Mul(a, d), Mul(c, b)), Mul(b, d))
        case Pow(a, Number(value)) if value == 2:
            yield Mul(a, a)
        case Pow(Mul(a, b), Number(value)) if value.denominator == 1:
            yield Mul(Pow(a, Number(value)), Pow(b, Number(value)))
        case Function("exp", (Add(a, b),)):
            yield Mul(Function("exp", (a,)), Function("exp", (b,)))
        case Function("exp", (Neg(a),)):
            yield Div(ONE, Function("exp", (a,)))
        case Function("log", (Mul(a, b),)):
            yield Add(Function("log", (a,)), Function("log", (b,)))
        case Function("log", (Pow(a, Number() as power),)):
            yield Mul(power, Function("log", (a,)))
        case Function("sqrt", (a,)):
            yield Pow(a, number("1/2"))
        case Function("sigmoid", (a,)):
            yield Div(ONE, Add(ONE, Function("exp", (Neg(a),))))
        case Function("tanh", (a,)):
            yield Sub(Mul(TWO, Function("sigmoid", (Mul(TWO, a),))), ONE)
        case Function("Max", (a, b)):
            yield Function("Max", (b, a))
        case Function("sin", (Neg(a),)):
            yield Neg(Function("sin", (a,)))
        case Function("cos" | "abs" as name, (a,)):
            yield Function(name, (Neg(a),))
        case Function("sinh", (a,)):
            yield Div(Sub(Function("exp", (a,)), Function("exp", (Neg(a),))), TWO)
    match node:
        case Function("abs", (a,)):
            yield Function("Max", (a, Neg(a)))


def same_sums(node: Expr, scope: Scope) -> Iterator[Expr]:
    match node:
        case Entry(name, (first, *rest)):
            r = new_name("r", node)
            inner = Entry(name, (Index(r), *rest))
            yield Sum((Binder(r, range=axes(name)[0]),), Mul(Delta(Index(r), first), inner))
        case Mul(a, Sum((b,), body)) if not uses(a, b.index):
            yield Sum((b,), Mul(a, body))
        case Sum((b,), Mul(left, right)) if not uses(left, b.index):
            yield Mul(left, Sum((b,), right))
        case Sum((b,), Add(left, right)):
            yield Add(Sum((b,), left), Sum((b,), right))
        case Sum((first, second), body):
            yield Sum((first,), Sum((second,), body))
            if not first.excluded and not second.excluded:
                yield Sum((second, first), body)
    if isinstance(node, Sum) and len(node.binders) == 1:
        (binder,), body = node.binders, node.body
        everywhere = Binder(binder.index, range=binder.range)
        name = new_name("m", node)
        yield Sum((replace(binder, index=name),), put_index(body, binder.index, Index(name)))
        for other in binder.excluded:
            if other.name != binder.index:
                yield Sub(Sum((everywhere,), body), put_index(body, binder.index, other))
                kept = Sub(ONE, Delta(Index(binder.index), other))
                yield Sum((everywhere,), Mul(kept, body))
        for name, range_ in scope.items():
            if range_ == binder.range and name != binder.index and not binder.excluded:
                left_out = replace(binder, excluded=(Index(name),))
                yield Add(Sum((left_out,), body), put_index(body, binder.index, Index(name)))


def same_definition(node: Expr) -> list[Expr]:
    if not isinstance(node, Entry) or node.name not in THEORY.definitions:
        return []
    definition = THEORY.definitions[node.name]
    body = definition.body
    # In two steps, so that q[j,i] does not become q[i,i] on the way.
    for name in definition.parameters:
        body = put_index(body, name, Index(f"{name}_"))
    for name, index in zip(definition.parameters, node.indices, strict=True):
        body = put_index(body, f"{name}_", index)
    return [body]


def same_derivative(node: Expr, scope: Scope) -> list[Expr]:
    if not isinstance(node, Derivative) or len(node.variables) > 1:
        return []
    variables = node.variables
    match node.body:
        case Add(a, b):
            return [Add(Derivative(a, variables), Derivative(b, variables))]
        case Mul(a, b):
            left, right = Derivative(a, variables), Derivative(b, variables)
            return [Add(Mul(left, b), Mul(a, right))] if not is_held(node) else []
        case Function("exp", (a,)) if not is_held(node):
            return [Mul(node.body, Derivative(a, variables))]
        case Function("log", (a,)) if not is_held(node):
            return [Div(Derivative(a, variables), a)]
        case Sum((b,), body) if not is_held(node):
            apart = new_name(b.index, node)
            bound = replace(b, index=apart)
            return [Sum((bound,), Derivative(put_index(body, b.index, Index(apart)), variables))]
    return []


def is_held(node: Derivative) -> bool:
    """Whether the ∂ holds a definition: its body means something else outside."""
    return any(variable.name in THEORY.definitions for variable in node.variables)
