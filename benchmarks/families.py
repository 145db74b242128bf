"""The logits that the kernels are judged on: easy ones, and every place known to be hard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.random import Generator

from .kernels import Array

FLOATS = ("float64", "float32", "float16", "longdouble")


@dataclass(frozen=True)
class Family:
    """`draw` makes rows of `classes` logits (float64 or wider) for each of its dtypes.

    With `all_sizes` the soft labels and the directions have all sizes, too.
    """

    name: str
    classes: int
    draw: Callable[[Generator, int, int, np.dtype[Any]], Array]
    dtypes: tuple[str, ...] = FLOATS
    all_sizes: bool = False

    def rows(self, logits: int, dtype: np.dtype[Any], seed: int) -> Array:
        """At least so many logits, rounded to the dtype."""
        rng = np.random.default_rng(seed)
        count = -(-logits // self.classes)
        return np.asarray(self.draw(rng, count, self.classes, dtype).astype(dtype))


def largest_exponent(dtype: np.dtype[np.floating]) -> float:
    """The z up to which exp(z) is finite, or 709 for dtypes beyond float64."""
    return min(float(np.log(np.finfo(dtype).max)), 709.0)


def vanishing(dtype: np.dtype[np.floating]) -> tuple[float, float]:
    """The z between which exp(−z) is subnormal."""
    info = np.finfo(dtype)
    smallest = float(info.minexp) * log(2)
    return -smallest, -smallest + float(info.nmant) * log(2)


def normal(rng: Generator, rows: int, classes: int, _: np.dtype[np.floating]) -> Array:
    return rng.normal(0, 3, (rows, classes))


def wide(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """Within ±690; for narrower dtypes, half of the rows within what their exp can reach."""
    reach = np.where(np.arange(rows) % 2, 690, 0.97 * largest_exponent(dtype))
    z: Array = reach[:, None] * rng.uniform(-1, 1, (rows, classes))
    return z


def offset(rng: Generator, rows: int, classes: int, _: np.dtype[np.floating]) -> Array:
    """N(0, 3) about a centre within ±10⁴."""
    return rng.normal(0, 3, (rows, classes)) + rng.uniform(-1e4, 1e4, (rows, 1))


def two(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """Two classes, some differences small and some large."""
    size = 10 ** rng.uniform(-8, np.log10(0.97 * largest_exponent(dtype)), (rows, 1))
    z: Array = size * rng.normal(0, 1, (rows, classes)).clip(-3, 3) / 3
    return z


def near_ties(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """All within 10⁻³ of one another or much nearer, some equal."""
    level = rng.choice([0.0, 1.0, -3.0, 50.0, -80.0], (rows, 1)) * rng.uniform(0, 1, (rows, 1))
    gap = 10 ** rng.uniform(np.log10(np.finfo(dtype).eps), -3, (rows, 1))
    return level + gap * rng.integers(-3, 4, (rows, classes))


def dominant(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """One class above all others by 1 to 670, in narrower dtypes by as much as they resolve."""
    most = min(670.0, vanishing(dtype)[0] - 4)
    z = rng.uniform(-2, 0, (rows, classes))
    z[np.arange(rows), rng.integers(classes, size=rows)] = rng.uniform(1, most, rows)
    return z + rng.choice([0.0, 0.0, 5.0, -30.0, 1000.0], (rows, 1)) * rng.uniform(0, 1, (rows, 1))


def subnormal(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """All classes but one so far below it that their probabilities are subnormal."""
    near, far = vanishing(dtype)
    z = -rng.uniform(near - 1, far + 1, (rows, classes))
    z[np.arange(rows), rng.integers(classes, size=rows)] = 0
    return z + rng.choice([0.0, 0.0, 300.0, -400.0], (rows, 1)) * rng.uniform(0, 1, (rows, 1))


def any_size(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.floating]) -> Array:
    """Sizes from the smallest of the dtype to a thousandth of its largest."""
    low = float(np.log10(np.finfo(dtype).tiny)) if dtype.itemsize <= 8 else -300.0
    high = min(float(np.log10(np.finfo(dtype).max)), 308.0) - 3
    size = 10 ** rng.uniform(max(low, -300), high, (rows, 1))
    return size * rng.uniform(-1, 1, (rows, classes))


SOFTMAX = [
    Family("normal", 10, normal),
    Family("wide", 10, wide),
    Family("offset", 10, offset),
    Family("K=2", 2, two),
    Family("near ties", 10, near_ties),
    Family("dominant", 10, dominant),
    Family("subnormal", 10, subnormal),
    Family("any size", 10, any_size),
    Family("K=1000", 1000, normal),
    Family("K=100000", 100_000, normal),
]


def line(rng: Generator, rows: int, _: int, dtype: np.dtype[np.floating]) -> Array:
    """From −760 to 760; in narrower dtypes, half of it where σ is no constant."""
    reach = np.where(np.arange(rows) % 2, 760, min(760, 1.1 * vanishing(dtype)[1]))
    return (reach * (np.linspace(-1, 1, rows) + rng.uniform(0, 2 / rows, rows)))[:, None]


def near_zero(rng: Generator, rows: int, _: int, dtype: np.dtype[np.floating]) -> Array:
    smallest = float(np.log10(np.finfo(dtype).smallest_subnormal.astype(np.longdouble)))
    return (rng.choice([-1, 1], rows) * 10 ** rng.uniform(max(smallest, -323), 0.5, rows))[:, None]


def near_one(rng: Generator, rows: int, _: int, dtype: np.dtype[np.floating]) -> Array:
    """About the z, ±37 in float64, from which on σ rounds to 1."""
    edge = (np.finfo(dtype).nmant + 1) * log(2)
    return (rng.choice([-1, 1], rows) * (edge + rng.uniform(-2, 2, rows)))[:, None]


def vanishing_slope(rng: Generator, rows: int, _: int, dtype: np.dtype[np.floating]) -> Array:
    near, far = vanishing(dtype)
    return (rng.choice([-1, 1], rows) * rng.uniform(near - 2, far + 2, rows))[:, None]


SIGMOID = [
    Family("line", 1, line),
    Family("near 0", 1, near_zero),
    Family("near ±37", 1, near_one),
    Family("σ subnormal", 1, vanishing_slope),
]
