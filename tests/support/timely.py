"""Random expressions over time axes, and points for them.

Arrays are given beyond their axes too: a normal form may look there (a sum over 2..T+1 is one over
1..T with its ends changed), but what it finds must not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from derivlib.proof.algebra.polynomial import Poly
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import End, Range, at_most, free, shifted, within
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
    Number,
    Pow,
    Sub,
    Sum,
)
from derivlib.proof.theory import Theory
from tests.support.answers import At, normal_form
from tests.support.letters import Choose, Scope
from tests.support.numeric import Point
from tests.support.spans import span, spans
from tests.support.strategies import choose_by

Item = TypeVar("Item")

TIME = Theory("""
    x: T
    f: 0..T
    v: 1..T+1
    e: -1..T+1
    u: 0..T, positive
    q: 0..T
    r: 0..T+1
    A: 0..T × K
    w: K
    c: real
    assume v[T+1] = 0
    assume r[t] + 0*x[t] = c*f[t]
    assume q[t] = q[t-1]*x[t] + c
    D[t] := f[t] - e[t-1]
    P[t] := Σ(s in 1..t, f[s]*x[s]) + 0*f[t]
""")
TIMES: Scope = spans(t="0..T", o="T", m="-1..T+1", i="K")
K = span("K")
SIZES = [{"T": n, "K": k} for n in (1, 2, 3) for k in (1, 2)]
MARGIN = 8
OFFSETS = (0, 0, 0, 1, -1, 2, -2)
KINDS = ("+", "-", "*", "*", "/", "^", "exp", "log", "f", "Σ", "Σ", "Σ", "Σ", "∂")


def time_points(choose: Choose, sizes: Mapping[str, int] | None = None) -> Point:
    """A point that satisfies TIME, its tables going on beyond the axes.

    One choice fills all tables: hundreds of draws would take longer than the algebra.
    """
    one = Random(choose(range(10_000))).choice
    sizes = sizes or choose(SIZES)
    axes = {name: variable.axes for name, variable in TIME.variables.items()}
    bare = Point(sizes, {})
    entries: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for name, variable in TIME.variables.items():
        spans = [bare.ends(axis) for axis in axes[name]]
        some = range(1, 5) if variable.positive else range(-2, 3)
        entries[name] = {
            place: Fraction(one(some))
            for place in product(*(range(a - MARGIN, b + MARGIN + 1) for a, b in spans))
        }
    last = sizes["T"]
    entries["v"][last + 1,] = Fraction(0)
    for t in range(1, last + 1):
        entries["r"][t,] = entries["c"][()] * entries["f"][t,]
        entries["q"][t,] = entries["q"][t - 1,] * entries["x"][t,] + entries["c"][()]
    return Point(sizes, entries)


def time_places(choose: Choose, point: Point, indices: Scope = TIMES) -> dict[str, int]:
    spans = {name: point.ends(range_) for name, range_ in indices.items()}
    return {name: choose(range(a, b + 1)) for name, (a, b) in spans.items()}


class Chronicler:
    """Writes expressions of TIME in which every place lies on its axis."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def one(self, options: Sequence[Item]) -> Item:
        found: Item = self.choose(options)
        return found

    def index(self, axis: Range, scope: Scope) -> Index:
        """A place that certainly is on the axis."""
        fixed = [Index(None, n) for n in (-1, 0, 1)] + [Index("T", n) for n in (-1, 0, 1)]
        if axis == K:
            fixed = [Index(None, 1), Index("K")]
        options = [Index(name, n) for name in scope for n in OFFSETS]
        fits = [
            i for i in options if within((free(i.name or "", scope[i.name or ""]), i.offset), axis)
        ]
        low, high = axis
        fits += [i for i in fixed if at_most(low, end(i)) and at_most(end(i), high)]
        return self.one(fits)

    def entry(self, scope: Scope, names: Sequence[str]) -> Entry:
        name = self.one(names)
        axes = TIME.axes(name) or ()
        return Entry(name, tuple(self.index(axis, scope) for axis in axes))

    def delta(self, scope: Scope) -> Delta:
        names = [name for name, range_ in scope.items() if range_ != K]
        offsets = (-1, 0, 0, 0, 1)
        left = Index(self.one(names), self.one(offsets))
        right = self.one(
            [
                *(Index(name, self.one(offsets)) for name in names),
                Index(None, 0),
                Index(None, 1),
                Index("T"),
            ]
        )
        return Delta(left, right)

    def expression(self, depth: int, scope: Scope = TIMES) -> Expr:
        if not depth or not self.one(range(8)):
            if not self.one(range(4)):
                return self.delta(scope)
            return self.entry(scope, [*"xxffvveeuqqrrAwcDP"])

        def part(inner: Scope = scope) -> Expr:
            return self.expression(depth - 1, inner)

        match self.one(KINDS):
            case "+":
                return Add(part(), part())
            case "-":
                return Sub(part(), part())
            case "*":
                return Mul(part(), part())
            case "/":
                return Div(part(), part())
            case "^":
                return Pow(part(), Number(self.one((Fraction(2), Fraction(-1), Fraction(1, 2)))))
            case "f":
                return Function(self.one(("sigmoid", "tanh", "sin", "cos")), (part(),))
            case "exp" | "log" as name:
                return Function(name, (part(),))
            case "∂":
                return Derivative(part(), (self.entry(scope, [*"xfveA"]),))
        binder = self.binder(scope)
        assert binder.range is not None
        return Sum((binder,), part({**scope, binder.index: binder.range}))

    def binder(self, scope: Scope) -> Binder:
        """A sum that does not run backwards, over fixed ends or up to an index."""
        name = self.one(("s", "k", "t"))
        if not self.one(range(5)):
            return Binder("k", range=K)
        limits = [Index(None, n) for n in (-1, 0, 1, 2)]
        limits += [Index("T", n) for n in (-1, 0, 1, 2)]
        limits += [Index(i, n) for i in scope if scope[i] != K for n in (-1, 0, 1)]
        for _ in range(12):
            first, final = self.one(limits), self.one(limits)
            (low, latest), (earliest, high) = reach(first, scope), reach(final, scope)
            if at_most(shifted(latest, -1), earliest):
                return Binder(name, first=first, final=final, range=Range(low, high))
        return Binder(name, first=Index(None, 1), final=Index("T"), range=span("T"))


def end(index: Index) -> End:
    return End(index.name or "", index.offset)


def reach(index: Index, scope: Scope) -> Range:
    if index.name is None or index.name not in scope:
        return Range(end(index), end(index))
    return scope[index.name].shifted(index.offset)


# --- for hypothesis ---


@st.composite
def chronicles(draw: st.DrawFn, depth: int = 3) -> Expr:
    """Expressions of TIME, each with the ranges that a reader would infer."""
    return reread(Chronicler(choose_by(draw)).expression(depth))


def reread(expr: Expr) -> Expr:
    text = to_text(expr)
    try:
        return resolve([(parse(text), text)], TIME, known=TIMES).expressions[0]
    except LanguageError:  # the index of a sum occurs nowhere in it
        assume(False)
    raise AssertionError


@st.composite
def when(draw: st.DrawFn) -> At:
    point = time_points(choose_by(draw))
    return point, time_places(choose_by(draw), point)


def time_form(text: str) -> Poly:
    return normal_form(read_time(text), TIME, TIMES)


def read_time(text: str) -> Expr:
    return resolve([(parse(text), text)], TIME, known=TIMES).expressions[0]
