"""The common case of few logits: the same bits as from `derivlib._tiles`, in fewer calls.

Cutting, copying and caring for edges take longer than the exponentials of small arrays. So these
functions take only rows that need none of it, and return None for all others: then take the tiles.
A change here or in the kernels must keep the bits equal: a test compares them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._cross_entropy_kernels import two_class_losses
from derivlib._exponentials import SplitSums, exp_range, log1p_of_ratio
from derivlib._softmax_kernels import two_class_logsumexp
from derivlib._sums import class_sums, compensated_sums, sum_dtype
from derivlib._workspace import Workspace

MOST = 1024  # logits
DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def rows_of(z: Array, axis: Any, out: FloatArray | None) -> FloatArray | None:
    """The logits as a matrix with a row for each example, or None if they need the tiles.

    Only contiguous logits are taken, at most MOST of them, in at least two classes along the last
    axis.
    """
    if out is not None or not 0 < z.size <= MOST or z.dtype not in DTYPES:
        return None
    if type(axis) is not int or z.ndim == 0 or axis not in (-1, z.ndim - 1):
        return None
    if not z.flags.c_contiguous or not z.flags.aligned or z.shape[-1] < 2:
        return None
    return z.reshape(-1, z.shape[-1])


def softmax(rows: FloatArray) -> FloatArray | None:
    """The softmax of each row; None if one needs a shift."""
    e: FloatArray = np.exp(rows)
    sums = class_sums(e.T, Workspace())
    if not _need_no_shift(sums, e.dtype):
        return None
    return np.divide(e, sums[:, None].astype(e.dtype, copy=False), out=e)


def log_softmax(rows: FloatArray) -> FloatArray | None:
    """The log-softmax of each row; None if one needs a shift."""
    found = _split_at_largest(rows, compensated=True)
    if found is None:
        return None
    top, split = found
    result: FloatArray = rows - top[:, None]
    log_rest = log1p_of_ratio(split).astype(rows.dtype, copy=False)
    return np.subtract(result, log_rest[:, None], out=result)


def logsumexp(rows: FloatArray) -> FloatArray | None:
    """The log-sum-exp of each row; None if one needs a shift."""
    if rows.shape[1] == 2:
        return two_class_logsumexp(rows.T).astype(rows.dtype, copy=False)
    found = _split_at_largest(rows, compensated=False)
    if found is None:
        return None
    top, split = found
    result = log1p_of_ratio(split)
    result += top
    return result.astype(rows.dtype, copy=False)


def cross_entropy(
    rows: FloatArray, labels: Array, *, value: bool, grad: bool
) -> tuple[FloatArray, FloatArray] | None:
    """The losses and their gradients for true classes; the entry not asked for is unspecified.

    None if a row needs a shift, or a label's exponential underflows.
    """
    if rows.shape[1] == 2:
        losses = np.empty(len(rows), sum_dtype(rows.dtype))
        grads = np.empty_like(rows)
        two_class_losses(
            rows.T, labels.reshape(-1), losses if value else None, grads.T if grad else None
        )
        return losses.astype(rows.dtype, copy=False), grads
    index = _flat_index(rows, labels.astype(np.intp, copy=False))
    e: FloatArray = np.exp(rows)
    split = _split_sums(e, index, compensated=value)
    if split is None:
        return None
    losses = split.rest
    if value:
        losses = log1p_of_ratio(split)
        bounds = exp_range(rows.dtype)
        underflows = np.minimum.reduce(split.term) < bounds.tiny
        if underflows or not np.maximum.reduce(losses) <= bounds.max:
            return None
        losses = losses.astype(rows.dtype, copy=False)
    if not grad:
        return losses, e
    e.reshape(-1)[index] = -split.rest
    return losses, np.divide(e, split.sums[:, None].astype(e.dtype, copy=False), out=e)


def _flat_index(rows: FloatArray, class_index: Array) -> Array:
    """The index, in the flattened rows, of each row's entry in the class `class_index`."""
    if len(rows) == 1:
        return class_index.reshape(1)
    count, classes = rows.shape
    index: Array = np.arange(0, count * classes, classes)
    index += class_index.reshape(-1)
    return index


def _split_at_largest(
    rows: FloatArray, *, compensated: bool
) -> tuple[FloatArray, SplitSums] | None:
    """Each row's largest logit, and its sum of exponentials split there; None as `_split_sums`."""
    index = _flat_index(rows, rows.argmax(axis=1))
    split = _split_sums(np.exp(rows), index, compensated=compensated)
    return None if split is None else (rows.take(index), split)


def _split_sums(e: FloatArray, index: Array, *, compensated: bool) -> SplitSums | None:
    """As `derivlib._exponentials.split_sums`, of rows of exponentials; None if one needs a shift.

    `e` is set to 0 at `index`, its entries in the one class.
    """
    memory = e.reshape(-1)
    term: FloatArray = memory.take(index).astype(sum_dtype(e.dtype), copy=False)
    memory[index] = 0
    correction = None
    if compensated:
        rest, correction = compensated_sums(e.T, Workspace(), positive=True)
    else:
        rest = class_sums(e.T, Workspace())
    sums = rest + term
    if not _need_no_shift(sums, e.dtype):
        return None
    if not np.minimum.reduce(rest) >= exp_range(e.dtype).safe_sum:
        return None
    return SplitSums(None, term, rest, correction, sums)


def _need_no_shift(sums: FloatArray, dtype: np.dtype[Any]) -> bool:
    """Whether all sums of exponentials are finite, and so large that subnormal terms do not matter.

    `derivlib._exponentials.shift_for` gives None for such rows, and for some others.
    """
    most = exp_range(dtype).max
    if len(sums) == 1:
        return bool(1 <= sums.item() <= most)
    return bool(np.minimum.reduce(sums) >= 1 and np.maximum.reduce(sums) <= most)
