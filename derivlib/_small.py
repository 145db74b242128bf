"""A few rows of logits in the common case: the same bits as from `derivlib._tiles`, in fewer calls.

Cutting, copying and caring for edges take longer than the exponentials of small arrays. So here
only rows go that need none of it; every function returns None where some do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._cross_entropy_kernels import of_two
from derivlib._exponentials import Apart, limits, log1p_of_ratio
from derivlib._softmax_kernels import logsumexp_of_two
from derivlib._sums import class_sums, compensated_sums, sum_dtype
from derivlib._workspace import Workspace

MOST = 1024  # logits
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def rows_of(z: Array, axis: Any, out: FloatArray | None) -> FloatArray | None:
    """The logits as rows, if they are few and lie in this order, two or more to a row."""
    if out is not None or not 0 < z.size <= MOST or z.dtype not in DTYPES:
        return None
    if type(axis) is not int or z.ndim == 0 or axis not in (-1, z.ndim - 1):
        return None
    if not z.flags.c_contiguous or not z.flags.aligned or z.shape[-1] < 2:
        return None
    return z.reshape(-1, z.shape[-1])


def softmax(rows: FloatArray) -> FloatArray | None:
    e: FloatArray = np.exp(rows)
    sums = class_sums(e.T, Workspace())
    if not _need_no_shift(sums, e.dtype):
        return None
    return np.divide(e, sums[:, None].astype(e.dtype, copy=False), out=e)


def log_softmax(rows: FloatArray) -> FloatArray | None:
    found = _top_apart(rows, compensated=True)
    if found is None:
        return None
    top, apart = found
    result: FloatArray = rows - top[:, None]
    log_rest = log1p_of_ratio(apart).astype(rows.dtype, copy=False)
    return np.subtract(result, log_rest[:, None], out=result)


def logsumexp(rows: FloatArray) -> FloatArray | None:
    if rows.shape[1] == 2:
        return logsumexp_of_two(rows.T).astype(rows.dtype, copy=False)
    found = _top_apart(rows, compensated=False)
    if found is None:
        return None
    top, apart = found
    result = log1p_of_ratio(apart)
    result += top
    return result.astype(rows.dtype, copy=False)


def cross_entropy(
    rows: FloatArray, labels: Array, *, value: bool, grad: bool
) -> tuple[FloatArray, FloatArray] | None:
    """The losses and their gradients for true classes; what was not asked for is something."""
    if rows.shape[1] == 2:
        losses = np.empty(len(rows), sum_dtype(rows.dtype))
        slopes = np.empty_like(rows)
        of_two(rows.T, labels.reshape(-1), losses if value else None, slopes.T if grad else None)
        return losses.astype(rows.dtype, copy=False), slopes
    place = _places(rows, labels.astype(np.intp, copy=False))
    e: FloatArray = np.exp(rows)
    apart = _set_apart(e, place, compensated=value)
    if apart is None:
        return None
    losses = apart.rest
    if value:
        losses = log1p_of_ratio(apart)
        bounds = limits(rows.dtype)
        lost = np.minimum.reduce(apart.term) < bounds.tiny
        if lost or not np.maximum.reduce(losses) <= bounds.max:
            return None
        losses = losses.astype(rows.dtype, copy=False)
    if not grad:
        return losses, e
    e.reshape(-1)[place] = -apart.rest
    return losses, np.divide(e, apart.sums[:, None].astype(e.dtype, copy=False), out=e)


def _places(rows: FloatArray, column: Array) -> Array:
    """Where in the memory of the rows the entries in `column` are."""
    if len(rows) == 1:
        return column.reshape(1)
    count, classes = rows.shape
    place: Array = np.arange(0, count * classes, classes)
    place += column.reshape(-1)
    return place


def _top_apart(rows: FloatArray, *, compensated: bool) -> tuple[FloatArray, Apart] | None:
    place = _places(rows, rows.argmax(axis=1))
    apart = _set_apart(np.exp(rows), place, compensated=compensated)
    return None if apart is None else (rows.take(place), apart)


def _set_apart(e: FloatArray, place: Array, *, compensated: bool) -> Apart | None:
    """As `derivlib._classwise.set_apart`."""
    memory = e.reshape(-1)
    term: FloatArray = memory.take(place).astype(sum_dtype(e.dtype), copy=False)
    memory[place] = 0
    lost = None
    if compensated:
        rest, lost = compensated_sums(e.T, Workspace(), positive=True)
    else:
        rest = class_sums(e.T, Workspace())
    sums = rest + term
    if not _need_no_shift(sums, e.dtype) or not (np.minimum.reduce(rest) >= limits(e.dtype).faint):
        return None
    return Apart(None, term, rest, lost, sums)


def _need_no_shift(sums: FloatArray, dtype: np.dtype[Any]) -> bool:
    most = limits(dtype).max
    if len(sums) == 1:
        return bool(1 <= sums.item() <= most)
    return bool(np.minimum.reduce(sums) >= 1 and np.maximum.reduce(sums) <= most)
