"""How far a result is from the exact one, in the unit that suits the kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .exact import Exact
from .kernels import Array


def ulps(actual: Array, exact: Exact) -> NDArray[np.float64]:
    """In units in the last place at the exact value: Goldberg's unit, as in derivlib.evidence."""
    info = np.finfo(actual.dtype)
    exponent = np.frexp(exact.high)[1] - 1
    # A high part that was rounded up to a power of two belongs to the binade below.
    exponent -= (np.abs(np.frexp(exact.high)[0]) == 0.5) & (exact.high * exact.low < 0)
    exponent = np.where(exact.high == 0, info.minexp, exponent + exact.scale)
    unit = np.maximum(exponent, info.minexp) - info.nmant
    with np.errstate(all="ignore"):
        return _plain(np.ldexp(_gap(actual, exact), exact.scale - unit))


def of_size(actual: Array, exact: Exact, size: Array) -> NDArray[np.float64]:
    """In units in the last place at `size`, which no error of the inputs' own can be below."""
    info = np.finfo(actual.dtype)
    exponent = np.maximum(np.frexp(size)[1] - 1, info.minexp)
    with np.errstate(all="ignore"):
        return _plain(np.ldexp(_gap(actual, exact), exact.scale - (exponent - info.nmant)))


def beside(actual: Array, exact: Exact, size: Array) -> NDArray[np.float64]:
    """In u · `size`, where u is half of eps; no less than the smallest float."""
    info = np.finfo(actual.dtype)
    with np.errstate(all="ignore"):
        unit = np.maximum(
            size * (np.longdouble(info.eps) / 2), np.longdouble(info.smallest_subnormal)
        )
        return _plain(np.ldexp(_gap(actual, exact), exact.scale) / unit)


def in_smallest(actual: Array, exact: Exact, size: Array) -> NDArray[np.float64]:
    """In the smallest float times `size`."""
    unit = np.longdouble(np.finfo(actual.dtype).smallest_subnormal) * size
    with np.errstate(all="ignore"):
        return _plain(np.ldexp(_gap(actual, exact), exact.scale) / unit)


def normwise(
    actual: Array, exact: Exact, size: Array | None = None, least: Array | float = 1.0
) -> NDArray[np.float64]:
    """‖error‖₂ of each row, in eps · ‖exact‖₂, or eps · `size`.

    The unit is no less than `least` times the smallest float for each entry.
    """
    info = np.finfo(actual.dtype)
    with np.errstate(all="ignore"):
        error = np.ldexp(_gap(actual, exact), exact.scale)
        if size is None:
            # the norm, too, must be a number, even if results are infinite
            most = np.finfo(np.longdouble).max / actual.shape[-1]
            rows = np.abs(np.ldexp(exact.high.astype(np.longdouble), exact.scale))
            size = _norm(np.minimum(rows, most))
        floor = least * np.longdouble(info.smallest_subnormal) * np.sqrt(actual.shape[-1])
        unit = np.maximum(info.eps * size, floor)
        return _plain(_norm(error) / unit)


def _gap(actual: Array, exact: Exact) -> Array:
    """|actual − exact| / 2^scale; NaN where a NaN was given.

    An infinity counts as the power of 2 that is no number any more, or as exact, if it is.
    """
    scaled = np.ldexp(actual.astype(np.longdouble), -exact.scale)
    end = np.ldexp(np.longdouble(1), np.finfo(actual.dtype).maxexp - exact.scale)
    scaled = np.where(np.isinf(actual), np.copysign(end, actual), scaled)
    beyond = np.isinf(actual) & (actual == exact.rounded(actual.dtype))
    return np.where(beyond, 0, np.abs((scaled - exact.high) - exact.low))


def _norm(rows: Array) -> Array:
    """The Euclidean norm, without underflow."""
    largest = np.abs(rows).max(axis=-1)
    scaled = rows / np.where(largest > 0, largest, 1)[..., None]
    return np.asarray(largest * np.sqrt((scaled * scaled).sum(axis=-1)))


def _plain(errors: Array) -> NDArray[np.float64]:
    errors = errors.astype(np.float64)
    errors[np.isnan(errors)] = np.inf
    return errors
