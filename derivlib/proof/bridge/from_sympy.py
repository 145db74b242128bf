"""Expressions of SymPy, read into the language as they stand: nothing is evaluated on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.parser import check_name, parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import End, Range, at_most
from derivlib.proof.language.signature import Signature
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

_FUNCTIONS = {
    getattr(sympy, word.sympy): name for name, word in FUNCTIONS.items() if word.sympy is not None
}
_EXPECTED = (
    "expected Sum, Indexed, Symbol, KroneckerDelta, Derivative, "
    f"{', '.join(known.__name__ for known in _FUNCTIONS)}, "
    "rational numbers, and their sums, products and powers"
)


_FACTS = {
    "a real number": {"real": True},
    "a positive number": {"positive": True},
    "a size": {"integer": True, "positive": True},
    "an index": {"integer": True},
    "an index from 0 on": {"integer": True, "nonnegative": True},
    "an index from 1 on": {"integer": True, "positive": True},
}
"""What the language knows of a name, in SymPy's words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of an expression, and the ranges that `Idx` gives to free indices."""

    text: str
    ranges: Mapping[str, Range]


def from_sympy(theory: Signature, expr: Any) -> str:
    """An expression of SymPy as text of the language.

    It reads what SymPy holds, and SymPy rewrites much on sight: `(-1/p[1])*(-p[1]*p[2])` is
    `p[2]` before anyone can look, so that a division by p[1] is gone with its condition, and
    `diff(Sum(exp(z[k]), (k, 1, K)), z[k])` has taken the free k for the bound one. Write
    `Derivative` for `diff`, and wrap what must stay in `UnevaluatedExpr`, or build it with
    `evaluate=False`.

    The letters mean what the theory says: a scalar, or a size, is a `Symbol`, an array an
    `IndexedBase`, and a name that the theory defines stands for its definition. Places are counted
    as the theory counts them, from 1 on the axis `K`: a sum over it has the limits `(k, 1, K)`.
    `Idx('k', K)` counts from 0; write `Idx('k', (1, K))`, or declare the axis as `0..K-1`.

    Args:
        theory: what the letters mean.
        expr: made of `Sum`, `Indexed`, `Idx`, `Symbol`, `KroneckerDelta`, `Derivative`, rational
            numbers, sums, products, powers, and those of the language's functions that SymPy has.

    Returns:
        A line that `theory.prove` and `theory.derive` read.

    Raises:
        ValueError: a part is outside of the language, is not declared, or runs over places that
            an array does not have; the message names the part and what was expected.
        TypeError: it is no expression of SymPy.

    >>> from sympy import Derivative, IndexedBase, Sum, exp, symbols
    >>> from derivlib.proof import Theory
    >>> i, k, K = symbols("i k K")
    >>> z = IndexedBase("z")
    >>> theory = Theory("z: K")
    >>> from_sympy(theory, Derivative(Sum(exp(z[k]), (k, 1, K)), z[k]) / K)
    '∂(Σ(k in 1..K, exp(z[k])), z[k])/K'
    >>> print(theory.prove(Derivative(Sum(exp(z[k]), (k, 1, K)), z[k]), exp(z[k])))
    PROVED
    """
    return read(theory, expr).text


def read(theory: Signature, expr: Any) -> Reading:
    """As `from_sympy`, with the ranges that `Idx` gives to free indices."""
    if isinstance(expr, int) and not isinstance(expr, bool):
        expr = sympy.Integer(expr)
    if not isinstance(expr, sympy.Basic):
        raise TypeError(f"expected an expression of SymPy, not {type(expr).__name__}")
    reader = _Reader(theory)
    try:
        text = to_text(reader.read(expr, {}))
        reader.check_indices()
    except RecursionError:
        raise ValueError("the expression is nested too deeply") from None
    return Reading(text, reader.runs)


def read_sides(
    theory: Signature, sides: tuple[Any, ...]
) -> tuple[list[tuple[Expr, str]], dict[str, Range]]:
    """Sides, some of them SymPy's, each with its text, and the ranges of their free indices.

    SymPy's are parsed from their texts like any other, so that the same limits hold for them and
    an error can point at a column.
    """
    read_ones, known = [], dict[str, Range]()
    for side in sides:
        reading = Reading(side, {}) if isinstance(side, str) else read(theory, side)
        read_ones.append((parse(reading.text), reading.text))
        for name, range_ in reading.ranges.items():
            if known.setdefault(name, range_) != range_:
                raise ValueError(f"Idx {name!r} runs over {known[name]} and over {range_}")
    return read_ones, known


class _Reader:
    """`runs` are those of the free indices that are an `Idx` with bounds."""

    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.runs: dict[str, Range] = {}
        self.symbols: dict[tuple[str, str], sympy.Basic] = {}  # (role, name) -> what bears it
        self.free: dict[str, sympy.Basic] = {}  # the free indices
        self.lowest: dict[str, set[int]] = {}  # of each the first values that axes allow

    def read(self, expr: Any, scope: Mapping[str, Range | None]) -> Expr:
        """`scope` are the indices that sums bind, with their run if its ends are fixed."""
        negative, part = self.term(expr, scope)
        return _negated(part) if negative else part

    def term(self, expr: Any, scope: Mapping[str, Range | None]) -> tuple[bool, Expr]:
        """Whether a minus sign stands in front, and what stands behind it."""
        if isinstance(expr, sympy.Rational):
            return bool(expr < 0), _fraction(abs(expr))
        if isinstance(expr, sympy.Mul):
            return self.product(expr, scope)
        return False, self.factor(expr, scope)

    def factor(self, expr: Any, scope: Mapping[str, Range | None]) -> Expr:
        if isinstance(expr, sympy.Symbol):
            return self.scalar(expr)
        if isinstance(expr, sympy.Indexed):
            return self.entry(expr, scope)
        if isinstance(expr, sympy.Add):
            return self.sum_of_terms(expr, scope)
        if isinstance(expr, sympy.Pow):
            over, under = self.power(expr, scope)
            return over if under is None else Div(over, under)
        if isinstance(expr, sympy.Sum):
            return self.sum(expr, scope)
        if isinstance(expr, sympy.Derivative):
            return self.derivative(expr, scope)
        if isinstance(expr, sympy.KroneckerDelta):
            return self.delta(expr, scope)
        if isinstance(expr, sympy.UnevaluatedExpr):
            return self.read(expr.args[0], scope)
        if expr is sympy.S.Exp1:
            return Function("exp", (Number(Fraction(1)),))
        name = _FUNCTIONS.get(expr.func)
        if name is None:
            raise _error(expr, _advice(expr))
        arguments = tuple(self.read(argument, scope) for argument in expr.args)
        if FUNCTIONS[name].arity == 1 != len(arguments):  # a log to a base, held unevaluated
            raise _error(expr, f"{name} takes one argument")
        return Function(name, arguments)

    # --- arithmetic -----------------------------------------------------------------------------

    def sum_of_terms(self, expr: Any, scope: Mapping[str, Range | None]) -> Expr:
        # What is added comes before what is subtracted, where SymPy sorts by name.
        terms = sorted((self.term(a, scope) for a in expr.args), key=lambda term: term[0])
        (negative, total), *rest = terms
        if negative:
            total = _negated(total)
        for negative, part in rest:
            total = Sub(total, part) if negative else Add(total, part)
        return total

    def product(self, expr: Any, scope: Mapping[str, Range | None]) -> tuple[bool, Expr]:
        negative, over, under = False, list[Expr](), list[Expr]()
        for argument in expr.args:
            if isinstance(argument, sympy.Rational):
                negative ^= bool(argument < 0)
                if abs(argument.p) != 1:
                    over.append(Number(Fraction(abs(argument.p))))
                if argument.q != 1:
                    under.append(Number(Fraction(argument.q)))
            elif isinstance(argument, sympy.Pow):
                top, bottom = self.power(argument, scope)
                if bottom is None or top != Number(Fraction(1)):
                    over.append(top)
                if bottom is not None:
                    under.append(bottom)
            else:
                over.append(self.read(argument, scope))
        product = reduce(Mul, over) if over else Number(Fraction(1))
        return negative, Div(product, reduce(Mul, under)) if under else product

    def power(self, expr: Any, scope: Mapping[str, Range | None]) -> tuple[Expr, Expr | None]:
        """A power as numerator and denominator."""
        base, exponent = expr.args
        if base is sympy.S.Exp1:
            return Function("exp", (self.read(exponent, scope),)), None
        if isinstance(exponent, sympy.Rational) and exponent < 0:
            return Number(Fraction(1)), self.raised(base, -exponent, scope)
        return self.raised(base, exponent, scope), None

    def raised(self, base: Any, exponent: Any, scope: Mapping[str, Range | None]) -> Expr:
        read = self.read(base, scope)
        if exponent == 1:
            return read
        if exponent == sympy.S.Half:
            return Function("sqrt", (read,))
        return Pow(read, self.read(exponent, scope))

    # --- names ----------------------------------------------------------------------------------

    def scalar(self, symbol: Any) -> Entry:
        if symbol.name in self.theory.sizes:
            self.note("size", symbol)
            self.check_facts(symbol, "a size")
            return Entry(symbol.name)
        name = self.note("number", symbol)
        axes = self.theory.axes(name)
        if axes:
            written = ", ".join(map(str, axes))
            raise ValueError(
                f"{name!r} is an array over {written}: write an entry, such as "
                f"IndexedBase({name!r})[{', '.join('ijklmnop'[: len(axes)])}]"
            )
        if axes is None:
            raise ValueError(f"{name!r} is not declared: expected a scalar or a size of the theory")
        self.check_facts(symbol, self.kind(name))
        return Entry(name)

    def kind(self, name: str) -> str:
        """What the theory says of the entries of a name."""
        variable = self.theory.variables.get(name)
        return "a positive number" if variable and variable.positive else "a real number"

    def check_facts(self, symbol: Any, kind: str) -> None:
        """SymPy rewrites by what it assumes of a symbol, so that it may assume no more than the
        theory says."""
        known = sympy.Symbol(str(symbol), **_FACTS[kind]).assumptions0
        more = [
            name if holds else f"not {name}"
            for name, holds in symbol.assumptions0.items()
            if known.get(name) != holds
        ]
        if more:
            most = _foremost(more)
            advice = "leave that out"
            if (most, kind) == ("positive", "a real number"):
                advice = "declare it `positive`, or leave that out"
            raise ValueError(
                f"SymPy assumes that {symbol} is {most}, but in the theory it is {kind}: {advice}"
            )

    def note(self, role: str, symbol: Any) -> str:
        """The symbol's name, if it stands for one thing only."""
        name = str(symbol.name)
        try:
            name = check_name(name, "")
        except LanguageError as error:
            raise ValueError(f"{symbol}: {error.problem}") from None
        known = self.symbols.setdefault((role, name), symbol)
        if known != symbol:
            raise ValueError(
                f"two different symbols are called {name!r}: {sympy.srepr(known)} and "
                f"{sympy.srepr(symbol)}; expected one"
            )
        if {("index", name), ("number", name)} <= self.symbols.keys():
            raise ValueError(
                f"{name!r} is used as an index and as a number: expected two names; "
                "the language has no index as a number"
            )
        return name

    def entry(self, expr: Any, scope: Mapping[str, Range | None]) -> Entry:
        base = expr.base
        if not isinstance(base, sympy.IndexedBase) or not isinstance(base.label, sympy.Symbol):
            raise _error(expr, "expected an IndexedBase with a name")
        name = self.note("array", base)
        axes = self.theory.axes(name)
        if axes is None:
            raise _error(expr, f"{name!r} is not declared")
        if len(axes) != len(expr.indices):
            written = (
                f"{len(axes)}, for {'×'.join(map(str, axes))}" if axes else "none: it is a scalar"
            )
            raise _error(expr, f"expected as many indices as {name!r} has axes, {written}")
        self.check_facts(base, self.kind(name))
        indices = tuple(self.index(place, expr, scope) for place in expr.indices)
        for index, axis in zip(indices, axes, strict=True):
            if index.name is not None and index.name not in scope:
                self.lowest.setdefault(index.name, set()).add(axis.first.offset - index.offset)
            run = {**self.runs, **scope}.get(index.name or "")
            if run is not None:
                self.check_run(expr, index, run, axis)
        return Entry(name, indices)

    # --- indices --------------------------------------------------------------------------------

    def check_indices(self) -> None:
        """Free indices may be assumed to be positive where they start at 1, and so on."""
        for name, symbol in self.free.items():
            self.check_index(symbol, max(self.lowest.get(name, {-1})))

    def check_index(self, symbol: Any, least: int) -> None:
        if isinstance(symbol, sympy.Symbol):
            self.check_facts(
                symbol, "an index" + (f" from {min(least, 1)} on" if least >= 0 else "")
            )

    def index(self, place: Any, whole: Any, scope: Mapping[str, Range | None]) -> Index:
        """A place such as `i`, `t - 1`, `T + 1` or `2`."""
        offset, symbol = place.as_coeff_Add() if isinstance(place, sympy.Expr) else (place, 0)
        if isinstance(offset, sympy.Integer):
            if symbol == 0:
                return Index(None, int(offset))
            if isinstance(symbol, sympy.Symbol) and symbol.name in self.theory.sizes:
                self.check_facts(symbol, "a size")
                return Index(self.note("size", symbol), int(offset))
            if isinstance(symbol, sympy.Symbol | sympy.Idx):
                return Index(self.bare_index(symbol, scope), int(offset))
        raise _error(
            whole, f"{place} is not a place: expected a symbol, a number, or i - 1, K + 1 and such"
        )

    def bare_index(self, symbol: Any, scope: Mapping[str, Range | None]) -> str:
        """The name of an index; what a free `Idx` says of its run is noted."""
        name = self.note("index", symbol)
        if name not in scope:
            self.free[name] = symbol
        if name not in scope and isinstance(symbol, sympy.Idx) and symbol.lower is not None:
            ends = (self.fixed(end, symbol) for end in (symbol.lower, symbol.upper))
            self.runs[name] = Range(*ends)
        return name

    def fixed(self, value: Any, whole: Any) -> End:
        """An end that is the same for all indices."""
        end = self.end(self.index(value, whole, {}))
        if end is None:
            raise _error(whole, f"{value} is not a bound: expected a number, or a size such as K")
        return end

    def end(self, index: Index) -> End | None:
        if index.name is None or index.name in self.theory.sizes:
            return End(index.name or "", index.offset)
        return None

    def check_run(self, expr: Any, index: Index, run: Range, axis: Range) -> None:
        """An index must stay on the axis that it is used on."""
        sizes, (first, final) = self.theory.sizes, axis
        low, high = run.shifted(index.offset)
        if at_most(first, low, sizes) and at_most(high, final, sizes):
            return
        message = f"{index.name} runs over {run}, but that axis over {axis}"
        allowed = axis.shifted(-index.offset)
        if run == allowed.shifted(run.first.offset - allowed.first.offset):
            limits = f"{allowed.first}, {allowed.final}"
            message += (
                f", counted from {first.offset}: write ({index.name}, {limits}) in Sum and "
                f"Idx({index.name!r}, ({limits})), or declare the axis as {Range(low, high)}"
            )
        raise _error(expr, message)

    # --- operators ------------------------------------------------------------------------------

    def sum(self, expr: Any, scope: Mapping[str, Range | None]) -> Sum:
        inner, binders = dict(scope), list[Binder]()
        for limit in reversed(expr.limits):  # SymPy writes the innermost sum first
            if len(limit) != 3 or not isinstance(limit[0], sympy.Symbol | sympy.Idx):
                raise _error(expr, "expected limits such as (k, 1, K)")
            first, final = (self.index(end, expr, inner) for end in limit[1:])
            name = self.note("index", limit[0])
            low, high = self.end(first), self.end(final)
            inner[name] = None if low is None or high is None else Range(low, high)
            starts = low.offset + self.theory.sizes.get(low.size, 0) if low else -1
            self.check_index(limit[0], starts)
            binders.append(Binder(name, first=first, final=final))
        body = self.read(expr.function, inner)
        if len({binder.index for binder in binders}) == len(binders):
            return Sum(tuple(binders), body)
        *outer, innermost = binders
        return reduce(lambda e, binder: Sum((binder,), e), outer[::-1], Sum((innermost,), body))

    def derivative(self, expr: Any, scope: Mapping[str, Range | None]) -> Derivative:
        variables: list[Entry] = []
        for variable, count in expr.variable_count:
            if not isinstance(variable, sympy.Symbol | sympy.Indexed):
                raise _error(expr, f"expected a variable such as z[i] or x, not {variable}")
            if not isinstance(count, sympy.Integer):
                raise _error(expr, f"{count} is no number of times to differentiate")
            read = self.factor(variable, scope)
            assert isinstance(read, Entry)
            variables += [read] * int(count)
        return Derivative(self.read(expr.expr, scope), tuple(variables))

    def delta(self, expr: Any, scope: Mapping[str, Range | None]) -> Delta:
        if len(expr.args) != 2:
            raise _error(expr, "expected KroneckerDelta(i, j), without a range")
        left, right = (self.index(place, expr, scope) for place in expr.args)
        return Delta(left, right)


def _foremost(facts: list[str]) -> str:
    """The fact that says most: those that SymPy derives from it come after."""
    order = "not commutative, positive, negative, zero, nonnegative, nonpositive, nonzero, integer"
    return next((fact for fact in order.split(", ") if fact in facts), facts[0])


def _fraction(value: Any) -> Expr:
    over = Number(Fraction(int(value.p)))
    return over if value.q == 1 else Div(over, Number(Fraction(int(value.q))))


def _negated(expr: Expr) -> Expr:
    """-a*b/c, with the sign at the first factor, as it is written on paper."""
    match expr:
        case Mul(left, right):
            return Mul(_negated(left), right)
        case Div(left, right):
            return Div(_negated(left), right)
    return Neg(expr)


def _error(expr: Any, problem: str) -> ValueError:
    text = str(expr)
    return ValueError(f"{text if len(text) <= 100 else text[:99] + '…'}: {problem}")


def _advice(expr: Any) -> str:
    if isinstance(expr, AppliedUndef):
        name = expr.func.__name__
        return (
            f"the language has no functions of its own: write Symbol({name!r}) for a scalar, "
            f"IndexedBase({name!r})[i] for an entry of an array"
        )
    if isinstance(expr, MatrixElement):
        return f"write IndexedBase({str(expr.parent)!r})[i, j]: a matrix of SymPy counts from 0"
    if isinstance(expr, sympy.Float):
        return "expected an exact number, such as Rational(1, 10)"
    if isinstance(expr, sympy.Idx):
        return "the language has no index as a number"
    return f"{type(expr).__name__} is not in the language; {_EXPECTED}"
