"""Random expressions, equal rewritings of them, and near misses, for the tests of the prover.

Everything is decided through `choose`, which takes one item of a sequence: hypothesis draws (and
shrinks) in the test suite, `random.choice` in a long search by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from itertools import count, product
from typing import Any, TypeAlias

from derivlib.proof.expressions import (
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
    walk,
)
from derivlib.proof.theory import Theory
from proof.numeric import Point

Choose: TypeAlias = Callable[[Sequence[Any]], Any]
Scope: TypeAlias = Mapping[str, str]  # index -> size
Path: TypeAlias = tuple[tuple[str, int | None], ...]

THEORY = Theory("""
    x, z: K
    u: K, positive
    y: K, sum 1
    S: K×K
    W: K×d
    Y: d×K, sum 1
    s: d
    c: real
    a: real, positive
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    q[i,j] := x[i]*z[j] - δ(i,j)*c
    h[i] := Σ(j, S[i,j]*x[j])
    L := -Σ(j, y[j]*log(p[j]))
""")
FREE: Scope = {"i": "K", "j": "K", "n": "d"}
NAMES = [*THEORY.variables, *THEORY.variables, *THEORY.definitions]
SIZES = ({"K": 1, "d": 1}, {"K": 2, "d": 1}, {"K": 1, "d": 2}, {"K": 2, "d": 3}, {"K": 3, "d": 2})
# What to write, often or seldom.
KINDS = (
    *(Add, Add, Sub, Sub, Mul, Mul, Mul, Div, Div, Neg, Pow, Pow),
    *(Function, Function, Sum, Sum, Sum, Derivative, Derivative),
)
FUNCTIONS = ("exp", "exp", "exp", "log", "log", "sqrt", "sigmoid", "tanh", "Max")
POWERS = ("2", "2", "3", "-1", "-2", "1/2", "1/2", "-1/2", "3/2", "1/3", "0", "K")
ONE = Number(Fraction(1))
TWO = Number(Fraction(2))


def axes(name: str) -> tuple[str, ...]:
    found = THEORY.axes(name)
    assert found is not None
    return found


def number(value: str | Fraction) -> Number:
    return Number(Fraction(value))


def points(choose: Choose, sizes: Mapping[str, int] | None = None) -> Point:
    """A point that satisfies the theory, often with equal, zero and negative entries."""
    sizes = sizes or choose(SIZES)
    digits, denominators = choose(((range(-2, 3), [1]), (range(-9, 10), range(1, 5))))
    entries = {}
    for variable in THEORY.variables.values():
        places = list(product(*[range(1, sizes[axis] + 1) for axis in variable.axes]))
        table = {
            place: Fraction(
                choose(range(1, 8) if variable.positive else digits), choose(denominators)
            )
            for place in places
        }
        if variable.name in ("y", "Y"):
            last = sizes[variable.axes[-1]]
            for place in places:
                if place[-1] == last:
                    others = [table[*place[:-1], k] for k in range(1, last)]
                    table[place] = 1 - sum(others, Fraction(0))
        entries[variable.name] = table
    return Point(sizes, entries)


def places(choose: Choose, point: Point, free: Scope) -> dict[str, int]:
    """A value for each free index."""
    return {name: choose(range(1, point.sizes[size] + 1)) for name, size in free.items()}


# --- trees ----------------------------------------------------------------------------------------


def mapped(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with its direct subexpressions changed."""
    new: dict[str, Any] = {}
    for field in fields(expr):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            new[field.name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
            new[field.name] = tuple(change(item) for item in value)
    return replace(expr, **new)


def nodes(
    expr: Expr, scope: Scope, path: Path = (), held: bool = False
) -> Iterator[tuple[Path, Expr, Scope, bool]]:
    """Each node that may be replaced, with the indices in scope, and whether a ∂ is around it."""
    yield path, expr, scope, held
    inner = dict(scope)
    if isinstance(expr, Sum):
        inner |= {b.index: b.range or "" for b in expr.binders}
    for field in fields(expr):
        value = getattr(expr, field.name)
        below = held or isinstance(expr, Derivative)
        if isinstance(value, Expr):
            if field.name != "exponent":
                yield from nodes(value, inner, (*path, (field.name, None)), below)
        elif field.name == "arguments":
            for n, item in enumerate(value):
                yield from nodes(item, inner, (*path, (field.name, n)), below)


def put(expr: Expr, path: Path, new: Expr) -> Expr:
    """The expression with the node at `path` replaced."""
    if not path:
        return new
    (name, n), *rest = path
    value = getattr(expr, name)
    if n is None:
        value = put(value, tuple(rest), new)
    else:
        value = (*value[:n], put(value[n], tuple(rest), new), *value[n + 1 :])
    return replace(expr, **{name: value})


def index_names(expr: Expr) -> set[str]:
    """All names of indices, free and bound."""
    found: set[str | None] = set()
    for node in walk(expr):
        match node:
            case Entry(_, indices):
                found |= {index.name for index in indices}
            case Delta(left, right):
                found |= {left.name, right.name}
            case Sum(binders, _):
                found |= {b.index for b in binders}
                found |= {index.name for b in binders for index in b.excluded}
    return {name for name in found if name}


def new_name(like: str, *exprs: Expr) -> str:
    """A name for an index that none of the expressions has."""
    taken = set().union(*map(index_names, exprs))
    return next(name for n in count(1) if (name := f"{like}{n}") not in taken)


def put_index(expr: Expr, index: str, by: Index) -> Expr:
    """The expression with a free index replaced; binders make way."""

    def at(old: Index) -> Index:
        return by if old.name == index else old

    match expr:
        case Entry(_, indices):
            return replace(expr, indices=tuple(map(at, indices)))
        case Delta(left, right):
            return Delta(at(left), at(right))
        case Sum((first, *rest), body):
            # One binder at a time: each is renamed apart, so that it captures nothing.
            inside: Expr = Sum(tuple(rest), body) if rest else body
            name = first.index
            if name == index or name == by.name:
                name = new_name(first.index, expr, Entry("", (by, Index(index))))
                inside = put_index(inside, first.index, Index(name))
            inside = put_index(inside, index, by)
            binder = Binder(name, tuple(map(at, first.excluded)), first.range)
            more = inside.binders if rest and isinstance(inside, Sum) else ()
            return Sum((binder, *more), inside.body if more and isinstance(inside, Sum) else inside)
    return mapped(expr, lambda child: put_index(child, index, by))


def uses(expr: Expr, index: str) -> bool:
    """Whether the index is free in the expression."""
    return put_index(expr, index, Index("?")) != expr


def well_typed(expr: Expr, scope: Scope = FREE, held: frozenset[str] = frozenset()) -> bool:
    """Whether each index is in scope with the size of its axes, and no ∂ differentiates by a part
    of a name that a ∂ holds opaque meanwhile."""
    inner = dict(scope)
    match expr:
        case Entry(name, indices):
            pairs = zip(indices, axes(name), strict=True)
            return all(i.name is None or scope.get(i.name) == size for i, size in pairs)
        case Delta(left, right):
            sizes = [scope.get(i.name) for i in (left, right) if i.name is not None]
            return None not in sizes and len({*sizes}) < 2
        case Sum(binders, _):
            for b in binders:
                if any(i.name and inner.get(i.name) != b.range for i in b.excluded):
                    return False
                inner[b.index] = b.range or ""
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

    def index(self, size: str, scope: Scope) -> Index | None:
        known = [name for name, own in scope.items() if own == size]
        return Index(self.choose(known)) if known and self.choose(range(20)) else Index(None, 1)

    def entry(self, scope: Scope, names: Sequence[str] = NAMES) -> Entry:
        name = self.choose(names)
        indices = [self.index(size, scope) for size in axes(name)]
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
            name = self.choose(FUNCTIONS)
            return Function(name, (part(), part()) if name == "Max" else (part(),))
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
            size = self.choose("KKKd")
            peers = [other for other, own in inner.items() if own == size]
            left_out = [self.choose(peers)] if peers and not self.choose(range(4)) else []
            binders.append(Binder(name, tuple(map(Index, left_out)), size))
            inner[name] = size
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
                Mul(node, Sum((Binder("t", (), "K"),), Entry("y", (Index("t"),)))),
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
                peers = [n for n, size in scope.items() if size == first.range]
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


def same_sums(node: Expr, scope: Scope) -> Iterator[Expr]:
    match node:
        case Entry(name, (first, *rest)):
            r = new_name("r", node)
            inner = Entry(name, (Index(r), *rest))
            yield Sum((Binder(r, (), axes(name)[0]),), Mul(Delta(Index(r), first), inner))
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
        everywhere = Binder(binder.index, (), binder.range)
        name = new_name("m", node)
        yield Sum((replace(binder, index=name),), put_index(body, binder.index, Index(name)))
        for other in binder.excluded:
            if other.name != binder.index:
                yield Sub(Sum((everywhere,), body), put_index(body, binder.index, other))
                kept = Sub(ONE, Delta(Index(binder.index), other))
                yield Sum((everywhere,), Mul(kept, body))
        for name, size in scope.items():
            if size == binder.range and name != binder.index and not binder.excluded:
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
