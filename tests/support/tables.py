"""Arrays over the axes of a theory, place by place, for the tests of what evaluates expressions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import count, product
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import sympy

from derivlib.proof.bridge.to_sympy import to_sympy
from derivlib.proof.language.ranges import End, Range
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory

Array: TypeAlias = npt.NDArray[Any]


def run(range_: Range, sizes: Mapping[str, int]) -> range:
    """The values of a range, whose ends are numbers or sizes with an offset."""

    def value(end: End) -> int:
        return end.offset + (sizes[str(end.symbol)] if end.symbol else 0)

    return range(value(range_.first), value(range_.final) + 1)


def shape(theory: Theory, name: str, sizes: Mapping[str, int]) -> list[int]:
    return [len(run(axis, sizes)) for axis in theory.axes(name) or ()]


def by_symbol(
    theory: Theory, arrays: Mapping[str, Any], sizes: Mapping[str, int]
) -> dict[str, Any]:
    """Each entry under the name of its symbol, such as h_0_1."""
    found = {}
    for name, array in arrays.items():
        runs = [run(axis, sizes) for axis in theory.axes(name) or ()]
        for place, entry in zip(product(*runs), np.asarray(array).flat, strict=True):
            found["_".join([name, *map(str, place)])] = entry
    return found


def rationals(theory: Theory, sizes: Mapping[str, int]) -> dict[str, Array]:
    """Arrays of distinct fractions between 0 and 1."""
    numerators = count(1)
    arrays = {}
    for name in theory.variables:
        lengths = shape(theory, name, sizes)
        entries = [Fraction(next(numerators) * 17 % 61, 61) for _ in range(prod(lengths))]
        arrays[name] = np.array(entries, dtype=object).reshape(lengths)
    return arrays


def floats(arrays: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(array, dtype=float) for name, array in arrays.items()}


def by_sympy(
    theory: Theory,
    expr: Expr,
    sizes: Mapping[str, int],
    free: Mapping[str, Range],
    arrays: Mapping[str, Any],
) -> Array:
    """The values of an expression over its free indices, to double precision."""
    values = by_symbol(theory, arrays, sizes)

    def number(entry: sympy.Expr) -> float:
        point = {symbol: sympy.Rational(values[symbol.name]) for symbol in entry.free_symbols}
        return float(entry.xreplace(point).evalf(20))

    written = to_sympy(theory, expr, sizes, free=free)
    if not free:
        return np.array(number(written))
    return np.array([number(e) for e in sympy.flatten(written)]).reshape(written.shape)
