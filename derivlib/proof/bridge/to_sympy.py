"""An expression as SymPy sees it, at explicit sizes: the reader's toy and the second witness.

Sums are written out, definitions expanded and entries are symbols, but each ∂ is left for SymPy
to carry out: `.doit()` is SymPy's calculus, and nothing of the prover's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import product
from typing import Any

import sympy

from derivlib.proof.language.functions import FUNCTIONS, formula_of
from derivlib.proof.language.ranges import End, Range, symbol_of
from derivlib.proof.language.signature import Hypothesis, Signature
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
)


def to_sympy(
    theory: Signature,
    expr: Expr,
    sizes: Mapping[str, int],
    indices: Mapping[str, int] | None = None,
    free: Mapping[str, Range] | None = None,
) -> Any:
    """A resolved expression as a SymPy expression.

    Entries become the real (or positive) symbols `z_1`, `X_1_2`, …, numbered by their places, so
    that the axis `0..T` starts with `h_0`; hypotheses are not used, see
    `substitutions`. Nothing is simplified beyond what SymPy does by itself when it builds a sum or
    a product. A ∂ is an unevaluated `Derivative`; where it holds a defined name, it is
    `Subs(Derivative(body in p_1, …, p_j), (p_1, …), (definitions))`.

    Args:
        theory: what the letters mean.
        expr: a side of `theory.statement(…)`.
        sizes: the value of each size that is needed, such as `{"K": 3}`.
        indices: the places of free indices, as the author counts them: from 1 on the axis `K`,
            from 0 on the axis `0..T`.
        free: the free indices with the ranges they run over, as a `Statement` gives them; those
            not in `indices` become the axes of an array, in this order.

    Returns:
        A `sympy.Expr` if no axis is left, else a `sympy.ImmutableDenseNDimArray`.

    Raises:
        ValueError: a size or a free index has no value, or one out of range; it is named.

    >>> from derivlib.proof import Theory
    >>> theory = Theory("z: K")
    >>> statement = theory.statement("∂(Σ(k, exp(z[k])), z[i])", "exp(z[i])")
    >>> left = to_sympy(theory, statement.left, {"K": 2}, {"i": 1})
    >>> left
    Derivative(exp(z_1) + exp(z_2), z_1)
    >>> left.doit()
    exp(z_1)
    >>> to_sympy(theory, statement.right, {"K": 2}, free=statement.free)
    [exp(z_1), exp(z_2)]
    >>> from derivlib.proof import Theory
    >>> theory = Theory("h: 0..T")
    >>> statement = theory.statement("Σ(s in 0..t-1, h[s]*h[T])", "h[t]")
    >>> to_sympy(theory, statement.left, {"T": 2}, free=statement.free)
    [0, h_0*h_2, h_0*h_2 + h_1*h_2]
    """
    writer = _Writer(theory, sizes)
    given, free = dict(indices or {}), free or {}
    for index, range_ in free.items():
        if index in given:
            writer.check_place(given[index], range_, f"indices: {index!r}")
    axes = {index: writer.run(range_) for index, range_ in free.items() if index not in given}
    entries = [
        writer.expand(expr, given | dict(zip(axes, places, strict=True)), frozenset())
        for places in product(*axes.values())
    ]
    shape = [len(run) for run in axes.values()]
    return sympy.ImmutableDenseNDimArray(entries, shape) if axes else entries[0]


def substitutions(theory: Signature, sizes: Mapping[str, int]) -> dict[sympy.Symbol, sympy.Expr]:
    """For each sum that a hypothesis sets to 1, its last entry in terms of the others.

    Apply it with `.subs` AFTER `.doit()`: before, SymPy would differentiate through it, as if y_K
    moved with y_1, which is not what ∂/∂y_1 means. Hypotheses other than `sum 1` on a declared
    array have no part in it.

    Raises:
        ValueError: a size that is needed has no value.

    >>> from derivlib.proof import Theory
    >>> substitutions(Theory("y: K, sum 1"), {"K": 3})
    {y_3: -y_1 - y_2 + 1}
    """
    writer = _Writer(theory, sizes)
    found = {}
    for name in filter(None, (_summing_to_one(theory, h) for h in theory.hypotheses)):
        *rest, last = map(writer.run, theory.variables[name].axes)
        for row in product(*rest):
            *others, eliminated = (writer.symbol(name, (*row, n)) for n in last)
            found[eliminated] = 1 - sympy.Add(*others)
    return found


def _summing_to_one(theory: Signature, hypothesis: Hypothesis) -> str | None:
    """The declared array whose last axis a hypothesis sums to 1, if it says that of every row."""
    match hypothesis:
        case Hypothesis(
            left=Sum((Binder(bound, (), first, final, run),), Entry(name, (*rest, Index(last, 0)))),
            right=Number(value),
        ) if name in theory.variables and value == 1 and bound == last:
            *rows, row = theory.variables[name].axes
            free = {index.name: hypothesis.free.get(index.name or "") for index in rest}
            fixed = all(end is None or end.name in {None, *theory.sizes} for end in (first, final))
            whole = fixed and run == row and [*free.values()] == rows
            return name if whole and not any(index.offset for index in rest) else None
    return None


class _Writer:
    """`held` are the defined names that stand for symbols of their own."""

    def __init__(self, theory: Signature, sizes: Mapping[str, int]) -> None:
        self.theory = theory
        self.sizes = sizes
        self.memo: dict[tuple[str, tuple[int, ...], frozenset[str]], Any] = {}

    def size(self, name: str) -> int:
        if name not in self.sizes:
            raise ValueError(f"sizes: {name!r} is missing; given are {dict(self.sizes)}")
        value, least = self.sizes[name], self.theory.sizes[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"sizes: {name!r} is {value!r}; expected an integer >= {least}")
        return value

    def run(self, range_: Range | None) -> range:
        """The values of a range."""
        if range_ is None:
            raise ValueError("the expression is not resolved: take it from theory.statement(…)")
        first, final = map(self.end, range_)
        return range(first, final + 1)

    def end(self, end: End) -> int:
        return end.offset + (self.size(end.size) if end.symbol else 0)

    def check_place(self, place: int, range_: Range, where: str) -> None:
        if place not in self.run(range_):
            size = symbol_of(range_)
            at = f", where {size} = {self.size(size)}" if size else ""
            raise ValueError(f"{where} is at {place}, out of range {range_.in_full()}{at}")

    def place(self, index: Index, places: Mapping[str, int]) -> int:
        if index.name is None:
            return index.offset
        if index.name in places:
            return places[index.name] + index.offset
        if index.name in self.theory.sizes:
            return self.size(index.name) + index.offset
        raise ValueError(
            f"indices: {index.name!r} is missing; give its place, or in `free` its range"
        )

    def expand(self, expr: Expr, places: Mapping[str, int], held: frozenset[str]) -> Any:
        def at(part: Expr) -> Any:
            return self.expand(part, places, held)

        match expr:
            case Number(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Size(name):
                return sympy.Integer(self.size(name))
            case Entry():
                return self.entry(expr.name, self.checked_places(expr, places), held)
            case Neg(argument):
                return -at(argument)
            case Add(left, right):
                return at(left) + at(right)
            case Sub(left, right):
                return at(left) - at(right)
            case Mul(left, right):
                return at(left) * at(right)
            case Div(left, right):
                return at(left) / at(right)
            case Pow(base, exponent):
                return at(base) ** at(exponent)
            case Function(name, arguments):
                known = FUNCTIONS[name].sympy
                return getattr(sympy, known)(*map(at, arguments)) if known else at(formula_of(expr))
            case Delta(left, right):
                return sympy.Integer(self.place(left, places) == self.place(right, places))
            case Sum(binders, body):
                return sympy.Add(*(self.expand(body, p, held) for p in self.runs(binders, places)))
            case Derivative():
                return self.derivative(expr, places, held)
        raise AssertionError(expr)

    def checked_places(self, entry: Entry, places: Mapping[str, int]) -> tuple[int, ...]:
        axes = self.theory.axes(entry.name)
        if axes is None:
            raise ValueError(f"{entry.name!r} is not declared")
        at = tuple(self.place(index, places) for index in entry.indices)
        for index, place, axis in zip(entry.indices, at, axes, strict=True):
            self.check_place(place, axis, f"index {str(index)!r} of {entry.name!r}")
        return at

    def entry(self, name: str, at: tuple[int, ...], held: frozenset[str]) -> Any:
        if name in held or name in self.theory.variables:
            return self.symbol(name, at)
        if (name, at, held) not in self.memo:
            definition = self.theory.definitions[name]
            places = dict(zip(definition.parameters, at, strict=True))
            self.memo[name, at, held] = self.expand(definition.body, places, held)
        return self.memo[name, at, held]

    def symbol(self, name: str, at: tuple[int, ...]) -> sympy.Symbol:
        variable = self.theory.variables.get(name)
        assumption = {"positive": True} if variable and variable.positive else {"real": True}
        return sympy.Symbol(self.spell(name, at), **assumption)

    def spell(self, name: str, at: tuple[int, ...]) -> str:
        if not at:
            return name
        # z_1 is the name of an entry, unless the author has given it to something else.
        taken = any(
            other.startswith(f"{name}_")
            for other in (*self.theory.variables, *self.theory.definitions)
        )
        return f"{name}{list(at)}" if taken else "_".join([name, *map(str, at)])

    def runs(
        self, binders: tuple[Binder, ...], places: Mapping[str, int]
    ) -> Iterator[Mapping[str, int]]:
        """The places at which the body of a sum is taken."""
        if not binders:
            yield places
            return
        binder, *rest = binders
        excluded = {self.place(index, places) for index in binder.excluded}
        values = self.run(binder.range)
        if binder.first is not None and binder.final is not None:
            values = range(self.place(binder.first, places), self.place(binder.final, places) + 1)
        for value in values:
            if value not in excluded:
                yield from self.runs(tuple(rest), {**places, binder.index: value})

    def derivative(
        self, expr: Derivative, places: Mapping[str, int], outside: frozenset[str]
    ) -> Any:
        names = dict.fromkeys(v.name for v in expr.variables if v.name in self.theory.definitions)
        held = outside | set(names)
        body = self.expand(expr.body, places, held)
        by = [self.entry(v.name, self.checked_places(v, places), held) for v in expr.variables]
        result = reduce(lambda f, x: sympy.Derivative(f, x, evaluate=False), by, body)
        opened = [
            (name, at)
            for name in names
            if name not in outside
            for at in product(*map(self.run, self.theory.definitions[name].axes))
        ]
        if not opened:
            return result
        symbols = [self.symbol(*entry) for entry in opened]
        return sympy.Subs(result, symbols, [self.entry(*entry, outside) for entry in opened])
