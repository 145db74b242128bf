"""The sums of the rows of a matrix, without the errors that NumPy's make.

A row's sum depends on that row alone, to the last bit: not on its neighbours, and not on the order
in which the matrix lies in memory. So short rows are added up column by column, and longer ones,
where NumPy's pairwise sums are fast, are brought into its favourite order first. Float32 is added
up in float64. Elsewhere a row's largest entry is added last, since every addition to it rounds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derivlib._arrays import FloatArray, FloatDType
from derivlib._tiles import NARROW, STRIP
from derivlib._workspace import Order, Workspace

FEW = 64  # rows that are not worth a loop over the columns
PIECE = 8192  # entries that are copied at a time
RUN = 8  # classes that are added up from left to right
WIDE = 256  # classes up to which sums can be exact: with more of them, errors average out


def sum_dtype(dtype: FloatDType) -> FloatDType:
    """The dtype of the sums."""
    return np.dtype(np.float64) if dtype == np.float32 else dtype


def row_sums(e: FloatArray, work: Workspace, *, exact: bool = False) -> FloatArray:
    """The sum of each row; `exact` makes those of up to `WIDE` classes as good as rounded once."""
    classes, dtype = e.shape[1], sum_dtype(e.dtype)
    if classes > STRIP:
        return row_sums(strip_sums(e, work), work)
    exact = exact and 2 < classes <= WIDE and dtype == e.dtype
    if classes <= NARROW and not exact:
        return _narrow(e, dtype)
    order: Order = "columns" if classes <= NARROW else "rows"
    sums = np.empty(len(e), dtype)
    for few in pieces(*e.shape):
        part = e[few]
        room = work.matrix("spare", part.shape, dtype, order)
        np.copyto(room, part)
        if exact:
            sums[few] = _exact(room, work)
        elif dtype == e.dtype:
            sums[few] = _largest_last(room)
        else:
            np.add.reduce(room, axis=1, out=sums[few])
    return sums


def strip_sums(e: FloatArray, work: Workspace) -> FloatArray:
    """The sums of each row's strips, one column a strip."""
    rows, classes = e.shape
    count = -(-classes // STRIP)
    whole = classes // STRIP
    sums = np.empty((rows, count), sum_dtype(e.dtype))
    if rows < whole and e.strides[0] >= e.strides[1]:
        for row, out in zip(e, sums, strict=True):
            out[:whole] = row_sums(row[: whole * STRIP].reshape(whole, STRIP), work)
    else:
        whole = 0
    for i in range(whole, count):
        sums[:, i] = row_sums(e[:, i * STRIP : (i + 1) * STRIP], work)
    return sums


def pieces(size: int, width: int) -> Iterator[slice]:
    """`size` lines of `width` entries, a few at a time."""
    step = max(PIECE // width, 1)
    return (slice(start, start + step) for start in range(0, size, step))


def _narrow(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """Sums from left to right, of both halves where there are more than a few classes."""
    rows, classes = e.shape
    if classes > RUN:
        half = classes // 2
        return _narrow(e[:, :half], dtype) + _narrow(e[:, half:], dtype)
    if rows == 1:
        return np.add.accumulate(e.astype(dtype, copy=False), axis=1)[:, -1]
    if rows < FEW or e.strides[0] < e.strides[1]:
        return np.add.reduce(np.asfortranarray(e, dtype), axis=1)  # column by column
    total: FloatArray = e[:, 0].astype(dtype)
    for j in range(1, classes):
        np.add(total, e[:, j], out=total)
    return total


def _largest_last(e: FloatArray) -> FloatArray:
    row, column = np.arange(len(e)), np.argmax(e, axis=1)
    largest = e[row, column]
    e[row, column] = 0
    largest += np.add.reduce(e, axis=1)
    return largest


def _exact(e: FloatArray, work: Workspace) -> FloatArray:
    """Sums as good as rounded once.

    Adding and taking away a large power of two splits every term, exactly, into a multiple of a
    common unit and a remainder: the multiples add up without rounding, and the remainders are too
    small for theirs to be seen (S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point
    summation, part I", SIAM Journal on Scientific Computing 31 (2008)).
    """
    size = np.maximum(e.max(axis=1), -e.min(axis=1)) * e.shape[1]
    power = np.ldexp(np.full_like(size, 2), np.frexp(size)[1])[:, None]
    coarse = work.like("coarse", e)
    np.add(e, power, out=coarse)
    np.subtract(coarse, power, out=coarse)
    total = _plain(coarse)
    np.subtract(e, coarse, out=coarse)
    total += _plain(coarse)
    infinite = ~np.isfinite(total)
    if np.count_nonzero(infinite):
        np.copyto(total, _plain(e), where=infinite)
    return total


def _plain(e: FloatArray) -> FloatArray:
    return _narrow(e, e.dtype) if e.shape[1] <= NARROW else np.add.reduce(e, axis=1)
