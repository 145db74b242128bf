"""An expression as a function of NumPy arrays: the textbook formula, exactly as written.

Every value has one axis for each index in scope, outermost first, of length 1 where it does not
depend on that index; axes at the front may be missing. A Σ adds an axis at the end and sums it
away. So NumPy's own broadcasting lines all indices up, and no entry is visited by a Python loop.
Where a Σ runs over fewer places for some outer indices than for others, as in Σ(s in 1..t, …), the
axes of those indices are merged with its own (see `ragged`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from mpmath import mp

from derivlib.proof.language.functions import FUNCTIONS, formula_of
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import End, Range, shifted, symbol_of
from derivlib.proof.language.signature import Signature, Variable
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
    walk,
)
from derivlib.proof.views.ragged import Rows

Array: TypeAlias = npt.NDArray[Any]


def to_numpy(theory: Signature, expr: Expr, free: Mapping[str, Range]) -> Callable[..., Any]:
    """A resolved expression as a function of keyword arrays.

    The formula is evaluated as the author wrote it and is deliberately not stabilised: where
    exp overflows on paper, it overflows here. Properties such as `sum 1` are not checked. Complex
    arrays are welcome (a complex step differentiates the formula; `Max` compares real parts), and
    so are longdouble and object arrays of mpmath's numbers: these go through mpmath's functions,
    to the precision in force.

    Args:
        theory: what the letters mean.
        expr: a side of `theory.statement(…)`, without ∂.
        free: the free indices with the ranges they run over, as a `Statement` gives them.

    Returns:
        A function f(*, z, y, …) whose keywords are the declared variables: those that `expr`
        depends on, and, optional, the rest of the theory's, from which sizes are read if need be.
        Shapes are as declared, and the first entry along an axis `0..T`, of length T+1, is that at
        0; integers and booleans become float64, other dtypes are kept. It
        returns an array with one axis for each free index, in the order of `free`, of the dtype
        that NumPy promotes the arguments to; without free indices, a NumPy scalar. It raises
        TypeError for an argument missing, unexpected, or not numeric, and ValueError for a wrong
        shape, sizes that disagree, or an index that leaves its axis.

    Raises:
        ValueError: `expr` contains ∂.

    >>> from derivlib.proof import Theory
    >>> theory = Theory('''
    ...     z: K
    ...     p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    ... ''')
    >>> statement = theory.statement("p[i]*(δ(i,j) - p[j])", "0")
    >>> hessian = to_numpy(theory, statement.left, statement.free)
    >>> inspect.signature(hessian)
    <Signature (*, z)>
    >>> hessian(z=[0, 0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    >>> from derivlib.proof import Theory
    >>> theory = Theory("h: 0..T")
    >>> statement = theory.statement("Σ(s in 0..t-1, h[s])", "h[t]")
    >>> to_numpy(theory, statement.left, statement.free)(h=[1, 10, 100])
    array([ 0.,  1., 11.])
    """
    names = _dependencies(theory, expr)
    bodies = [theory.definitions[name].body for name in names if name in theory.definitions]
    if any(isinstance(node, Derivative) for body in (expr, *bodies) for node in walk(body)):
        raise ValueError(f"this line still contains ∂: take a later line; given {to_text(expr)}")
    needed = [variable for name, variable in theory.variables.items() if name in names]

    def formula(**arrays: npt.ArrayLike | None) -> Any:
        given = _read(theory, needed, arrays)
        return _Evaluation(theory, given).table(expr, free)

    _document(formula, theory, needed, expr, free)
    return formula


def _dependencies(theory: Signature, expr: Expr) -> set[str]:
    entries = [node.name for node in walk(expr) if isinstance(node, Entry)]
    return {name for entry in entries for name in theory.dependencies(entry)}


def _document(
    formula: Callable[..., Any],
    theory: Signature,
    needed: list[Variable],
    expr: Expr,
    free: Mapping[str, Range],
) -> None:
    """Give a function its name, docstring and signature."""
    name = expr.name if isinstance(expr, Entry) else "formula"
    formula.__name__ = formula.__qualname__ = name
    takes = ", ".join(f"{v.name} {_shape(map(str, v.axes))}" for v in needed) or "nothing"
    axes = ", ".join(f"{index} = {range_.in_full()}" for index, range_ in free.items())
    gives = f"an array over {axes}" if axes else "a scalar"
    formula.__doc__ = (
        f"{to_text(expr)}\n\nTakes {takes}; returns {gives}. "
        "The textbook formula as written, not stabilised."
    )
    required = [_keyword(v.name, inspect.Parameter.empty) for v in needed]
    optional = [_keyword(v.name, None) for v in theory.variables.values() if v not in needed]
    formula.__signature__ = inspect.Signature(required + optional)  # type: ignore[attr-defined]


def _keyword(name: str, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)


# --- arguments ----------------------------------------------------------------------------------


def _shape(axes: Iterable[str]) -> str:
    axes = list(axes)
    return f"({', '.join(axes)}{',' * (len(axes) == 1)})"


def _lengths(variable: Variable) -> str:
    """The expected shape: (T+1, H) for the axes 0..T and H."""
    return _shape(str(_length(axis)) for axis in variable.axes)


def _length(axis: Range) -> End:
    """The number of an axis's places: a size with an offset."""
    return shifted(axis.final, 1 - axis.first.offset)


def _read(
    theory: Signature, needed: list[Variable], arguments: Mapping[str, npt.ArrayLike | None]
) -> dict[str, Array]:
    """The arguments as arrays of floats, with their names checked."""
    for name in arguments:
        if name not in theory.variables:
            expected = ", ".join(theory.variables)
            raise TypeError(f"unexpected argument {name!r}: the theory declares {expected}")
    for variable in needed:
        if arguments.get(variable.name) is None:
            shape = _lengths(variable)
            raise TypeError(f"missing argument {variable.name!r}, an array of shape {shape}")
    return {name: _floats(name, value) for name, value in arguments.items() if value is not None}


def _floats(name: str, value: npt.ArrayLike) -> Array:
    array = np.asarray(value)
    numbers = array.dtype.kind in "biufc" or (
        array.dtype.kind == "O" and all(isinstance(x, (mp.mpf, mp.mpc, int)) for x in array.flat)
    )
    if not numbers:
        raise TypeError(f"argument {name!r} has dtype {array.dtype}; expected numbers")
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def _sizes(theory: Signature, arrays: Mapping[str, Array]) -> dict[str, int]:
    """The sizes that the shapes show."""
    sizes: dict[str, int] = {}
    shown: dict[str, str] = {}
    for name, array in arrays.items():
        axes = theory.variables[name].axes
        expected = _lengths(theory.variables[name])
        given = f"argument {name!r} has shape {array.shape}; expected {expected}"
        if array.ndim != len(axes):
            raise ValueError(given)
        for axis, length in zip(axes, array.shape, strict=True):
            size, value = symbol_of(axis), length - _length(axis).offset
            if value < theory.sizes[size]:
                raise ValueError(f"{given} with {size} >= {theory.sizes[size]}")
            if sizes.setdefault(size, value) != value:
                raise ValueError(f"{given} with {size} = {sizes[size]}, as {shown[size]} has it")
            shown.setdefault(size, repr(name))
    return sizes


# --- evaluation ---------------------------------------------------------------------------------


_REAL: dict[str, Callable[..., Any]] = {
    name: getattr(np, word.numpy) for name, word in FUNCTIONS.items() if word.numpy
}
# np.maximum compares complex numbers by their real parts, and objects as Python does.
_COMPLEX = {name: apply for name, apply in _REAL.items() if not FUNCTIONS[name].formula}
_MPMATH = _COMPLEX | {
    name: np.frompyfunc(getattr(mp, word.mpmath), 1, 1)
    for name, word in FUNCTIONS.items()
    if word.mpmath
}

Places: TypeAlias = Mapping[str, Array]
"""For each index in scope its values, as an array over the scope's axes."""


class _Evaluation:
    """One call of a formula. A definition becomes an array, once, when it is first needed."""

    def __init__(self, theory: Signature, arrays: Mapping[str, Array]) -> None:
        self.theory = theory
        self.sizes = _sizes(theory, arrays)
        self.arrays = dict(arrays)
        # Numbers take the arguments' own precision, lest they round or promote the result.
        dtype = np.result_type(*arrays.values()) if arrays else np.dtype(np.float64)
        exact = dtype.kind == "O"
        self.real: Callable[[int], Any] = mp.mpf if exact else np.zeros((), dtype).real.dtype.type
        self.functions = _MPMATH if exact else _COMPLEX if dtype.kind == "c" else _REAL

    def size(self, name: str) -> int:
        if name not in self.sizes:
            variables = self.theory.variables.values()
            bearing = [v.name for v in variables if name in map(symbol_of, v.axes)]
            raise ValueError(
                f"no argument shows the size {name}: give one of {', '.join(bearing)} as well"
            )
        return self.sizes[name]

    def every(self, range_: Range | None) -> Array:
        """The values of a range."""
        if range_ is None:
            raise ValueError("the expression is not resolved: take it from theory.statement(…)")
        first, final = map(self.end, range_)
        return np.arange(first, final + 1)

    def end(self, end: End) -> int:
        return end.offset + (self.size(end.size) if end.symbol else 0)

    def table(self, expr: Expr, free: Mapping[str, Range]) -> Any:
        """The values of `expr` over all places of `free`."""
        runs = [self.every(range_) for range_ in free.values()]
        shape = tuple(map(len, runs))
        places = dict(zip(free, np.ix_(*runs), strict=True))
        return np.array(np.broadcast_to(self.value(expr, places), shape))[()]

    def value(self, expr: Expr, places: Places) -> Any:
        def at(part: Expr) -> Any:
            return self.value(part, places)

        match expr:
            case Number(value):
                return self.real(value.numerator) / self.real(value.denominator)
            case Size(name):
                return self.real(self.size(name))
            case Entry():
                return self.entry(expr, places)
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
                if name not in self.functions:
                    return at(formula_of(expr))
                values = map(at, arguments)
                apply = self.functions[name]
                return apply(*values) if FUNCTIONS[name].arity else reduce(apply, values)
            case Delta(left, right):
                equal = self.place(left, places) == self.place(right, places)
                return np.where(equal, self.real(1), self.real(0))
            case Sum(binders, body):
                return self.total(binders, body, places)
        raise AssertionError(expr)

    def place(self, index: Index, places: Places) -> Array:
        if index.name is None:
            return np.asarray(index.offset)
        if index.name in places:
            return np.asarray(places[index.name] + index.offset)
        if index.name in self.theory.sizes:
            return np.asarray(self.size(index.name) + index.offset)
        raise ValueError(f"free: {index.name!r} is missing, with the range it runs over")

    def entry(self, entry: Entry, places: Places) -> Any:
        array = self.array(entry.name)
        axes = self.theory.axes(entry.name) or ()
        at = []
        for index, axis, length in zip(entry.indices, axes, array.shape, strict=True):
            first = axis.first.offset
            place = self.place(index, places) - first
            if np.any((place < 0) | (place >= length)):
                raise ValueError(
                    f"index {str(index)!r} of {entry.name!r} leaves its axis {axis} "
                    f"of length {length}"
                )
            at.append(place)
        return array[tuple(at)]

    def array(self, name: str) -> Array:
        if name not in self.arrays:
            definition = self.theory.definitions[name]
            free = dict(zip(definition.parameters, definition.axes, strict=True))
            self.arrays[name] = np.asarray(self.table(definition.body, free))
        return self.arrays[name]

    def total(self, binders: tuple[Binder, ...], body: Expr, places: Places) -> Any:
        if not binders:
            return self.value(body, places)
        binder, *rest = binders
        outer = {name: place[..., np.newaxis] for name, place in places.items()}
        every = self.every(binder.range)
        counted = self.counted(binder, every, outer)
        if counted.all():
            terms = self.total(tuple(rest), body, outer | {binder.index: every})
            # A term without the index counts once for each of its values.
            shape = np.broadcast_shapes(np.shape(terms), every.shape)
            return np.broadcast_to(terms, shape).sum(axis=-1)
        # In Σ(k != i, 1/(z[i] - z[k])) nothing may be divided by 0.
        rows = Rows(counted, axes=max(place.ndim for place in (counted, *outer.values())))
        inner = {name: rows.spread(place) for name, place in outer.items()}
        inner[binder.index] = rows.places(every)
        return rows.sums(self.total(tuple(rest), body, inner))

    def counted(self, binder: Binder, every: Array, outer: Places) -> Array:
        """Which values of the index a sum takes, for all values of the indices in scope."""
        counted = np.ones(every.shape, bool)
        if binder.first is not None and binder.final is not None:
            first, final = self.place(binder.first, outer), self.place(binder.final, outer)
            counted = (first <= every) & (every <= final)
        for index in binder.excluded:
            counted = counted & (every != self.place(index, outer))
        return counted
