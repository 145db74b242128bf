"""Logits of all magnitudes: whatever a dtype can hold, where the families of `families` stop."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .families import FLOATS, Family
from .kernels import Array

Dtype = np.dtype[np.floating]


def sizes(rng: Generator, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """Positive numbers whose exponents are uniform, from the smallest to the largest of a dtype."""
    info = np.finfo(dtype)
    exponents = rng.integers(info.minexp - info.nmant + 1, info.maxexp + 1, shape)
    mantissas = rng.uniform(0.5, 1, shape) + rng.uniform(0, 2.0**-54, shape).astype(np.longdouble)
    with np.errstate(over="ignore"):  # what rounds up to infinity
        return np.asarray(np.minimum(np.ldexp(mantissas, exponents).astype(dtype), info.max))


def signs(rng: Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.choice([-1.0, 1.0], shape))


def exponents(rng: Generator, rows: int, classes: int, dtype: Dtype) -> Array:
    """Each entry of a size of its own."""
    shape = rows, classes
    return np.asarray(signs(rng, shape) * sizes(rng, shape, dtype))


def one_exponent(rng: Generator, rows: int, classes: int, dtype: Dtype) -> Array:
    """The entries of a row within one size, which is anything."""
    return np.asarray(sizes(rng, (rows, 1), dtype) * rng.uniform(-1, 1, (rows, classes)))


def offsets(rng: Generator, rows: int, classes: int, dtype: Dtype) -> Array:
    """A size for the row, and a few units in the last place, or some more, of differences."""
    level = (signs(rng, (rows, 1)) * sizes(rng, (rows, 1), dtype)).astype(np.longdouble)
    apart = np.abs(np.spacing(level.astype(dtype))) * rng.choice([1, 2, 2.0**10, 0], (rows, 1))
    largest = np.finfo(dtype).max
    near = level / 2 + apart * rng.integers(-3, 4, (rows, classes))
    return np.asarray(near.clip(-largest, largest))


def one_far_above(rng: Generator, rows: int, classes: int, dtype: Dtype) -> Array:
    """All entries small, and one of any size."""
    z = rng.normal(0, 3, (rows, classes)).astype(np.longdouble)
    z[np.arange(rows), rng.integers(classes, size=rows)] = sizes(rng, (rows,), dtype)
    return np.asarray(z * signs(rng, (rows, 1)))


def edges(rng: Generator, rows: int, classes: int, dtype: Dtype) -> Array:
    """Numbers at which something ends: the dtype, exp, whole numbers; and their neighbours."""
    info = np.finfo(dtype)
    ends = np.array([info.max, info.tiny, info.smallest_subnormal, 0, 1, info.eps], dtype)
    exp_ends = np.log(np.array([info.max, info.tiny, info.smallest_subnormal], dtype))
    whole = np.ldexp(np.ones(3, dtype), [info.nmant, info.nmant + 1, info.nmant + 2])
    found = np.concatenate([ends, exp_ends, whole, whole * 0.75]).astype(dtype)
    with np.errstate(all="ignore"):
        around = np.concatenate([found, np.nextafter(found, 0), found / 2, found / 4])
    shape = rows, classes
    return np.asarray(rng.choice(around, shape).astype(np.longdouble) * signs(rng, shape))


def integers(rng: Generator, rows: int, classes: int, dtype: np.dtype[np.integer]) -> Array:
    """To the ends of the dtype, exponents uniform; near-ties in half of the rows."""
    info = np.iinfo(dtype)
    bits = rng.integers(0, info.bits - (info.min < 0) + 1, (rows, classes))
    highest = np.uint64(2**64 - 1) >> (64 - bits).clip(0, 63).astype(np.uint64)
    top = np.where(bits > 0, highest, np.uint64(0))
    z = rng.integers(0, top, dtype=np.uint64, endpoint=True).astype(dtype)
    tied = rng.uniform(size=rows) < 0.5
    z[tied] = z[tied, :1] ^ rng.integers(0, 4, (int(tied.sum()), classes)).astype(dtype)
    return np.where(rng.uniform(size=z.shape) < 0.5, ~z, z) if info.min < 0 else z


WHOLE = ("int64", "uint64")
OF_MANY = tuple(dtype for dtype in FLOATS if dtype != "longdouble")
"""Of many logits with exponents to 16384, the exact values alone take gigabytes and minutes."""

EVERY_SOFTMAX = [
    Family("one class, all sizes", 1, exponents, all_sizes=True),
    Family("all sizes, K=2", 2, exponents, all_sizes=True),
    Family("all sizes, K=3", 3, exponents, all_sizes=True),
    Family("all sizes", 10, exponents, all_sizes=True),
    Family("all sizes, K=1000", 1000, exponents, OF_MANY, all_sizes=True),
    Family("all sizes, K=100000", 100_000, exponents, OF_MANY, all_sizes=True),
    Family("a size a row, K=2", 2, one_exponent, all_sizes=True),
    Family("a size a row", 10, one_exponent, all_sizes=True),
    Family("offsets, K=2", 2, offsets, all_sizes=True),
    Family("offsets", 10, offsets, all_sizes=True),
    Family("one far above, K=2", 2, one_far_above, all_sizes=True),
    Family("one far above", 10, one_far_above, all_sizes=True),
    Family("edges, K=2", 2, edges, all_sizes=True),
    Family("edges", 5, edges, all_sizes=True),
    Family("integers, K=2", 2, integers, WHOLE, all_sizes=True),
    Family("integers", 10, integers, WHOLE, all_sizes=True),
]
EVERY_SIGMOID = [
    Family("z of all sizes", 1, exponents, all_sizes=True),
    Family("z at edges", 1, edges, all_sizes=True),
    Family("z integers", 1, integers, WHOLE, all_sizes=True),
]
