"""The sums of the rows of a matrix, without the errors that NumPy's make.

A row's sum depends on that row alone, to the last bit: not on its neighbours, and not on the order
in which the matrix lies in memory. So short rows are added up column by column, and longer ones,
where NumPy's pairwise sums are fast, are brought into its favourite order first. Float32 is added
up in float64. Elsewhere a row's largest entry is added last, since every addition to it rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import frexp, ldexp

import numpy as np

from derivlib._arrays import FloatArray, FloatDType
from derivlib._plan import NARROW, STRIP
from derivlib._workspace import Workspace

FEW = 64  # rows that are not worth a loop over the columns
PIECE = 128 * 1024  # bytes that are copied at a time
RUN = 5  # classes that are added up from left to right
WIDE = 256  # classes up to which sums can be exact: with more of them, errors average out


def sum_dtype(dtype: FloatDType) -> FloatDType:
    """The dtype of the sums."""
    return np.dtype(np.float64) if dtype == np.float32 else dtype


def row_sums(
    e: FloatArray,
    work: Workspace,
    *,
    exact: bool = False,
    lent: bool = False,
) -> FloatArray:
    """The sum of each row.

    `exact` makes those of up to `WIDE` classes as good as rounded once. A matrix that is `lent` may
    be changed meanwhile, which makes other sums more accurate.
    """
    classes, dtype = e.shape[1], sum_dtype(e.dtype)
    if classes > STRIP:
        return row_sums(strip_sums(e, work, lent=lent), work, lent=True)
    exact = exact and 2 < classes <= WIDE and dtype == e.dtype
    if classes <= NARROW:
        return _exact_narrow(e) if exact else _narrow(e, dtype)
    if dtype == e.dtype and not exact and e.strides[0] >= e.strides[1]:
        return _largest_last(e) if lent else _plain(e)
    sums = np.empty(len(e), dtype)
    for few in pieces(len(e), classes * dtype.itemsize):
        part = e[few]
        room = work.take("spare", part.shape, dtype)
        np.copyto(room, part)
        if exact:
            sums[few] = _exact(room, work.take("coarse", part.shape, dtype))
        elif dtype == e.dtype and lent:
            sums[few] = _largest_last(room)
        else:
            np.add.reduce(room, axis=1, out=sums[few])
    return sums


def strip_sums(e: FloatArray, work: Workspace, *, lent: bool) -> FloatArray:
    """The sums of each row's strips, one column a strip."""
    rows, classes = e.shape
    count = -(-classes // STRIP)
    whole = classes // STRIP
    sums = np.empty((rows, count), sum_dtype(e.dtype))
    if rows < whole and e.strides[0] >= e.strides[1]:
        for row, out in zip(e, sums, strict=True):
            strips = row[: whole * STRIP].reshape(whole, STRIP)
            out[:whole] = row_sums(strips, work, lent=lent)
    else:
        whole = 0
    for i in range(whole, count):
        sums[:, i] = row_sums(e[:, i * STRIP : (i + 1) * STRIP], work, lent=lent)
    return sums


def pieces(size: int, width: int) -> Iterator[slice]:
    """`size` lines of `width` bytes, a few at a time."""
    step = max(PIECE // width, 1)
    return (slice(start, start + step) for start in range(0, size, step))


def _narrow(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """Sums of halves, down to a few classes: the fewer in a chain, the fewer roundings."""
    rows, classes = e.shape
    if rows == 1 and dtype == np.float64:
        return np.array([_narrow_row(e[0].tolist())])
    if rows < FEW:
        e = np.asfortranarray(e, dtype)
    if classes <= RUN:
        return _left_to_right(e, dtype)
    half = classes // 2
    return _narrow(e[:, :half], dtype) + _narrow(e[:, half:], dtype)


def _narrow_row(e: list[float]) -> float:
    half = len(e) // 2
    if len(e) > RUN:
        return _narrow_row(e[:half]) + _narrow_row(e[half:])
    total = e[0]
    for x in e[1:]:
        total += x
    return total


def _left_to_right(e: FloatArray, dtype: FloatDType) -> FloatArray:
    rows, classes = e.shape
    if rows == 1:
        return np.add.accumulate(e.astype(dtype, copy=False), axis=1)[:, -1]
    if rows < FEW or e.strides[0] < e.strides[1]:
        by_column: FloatArray = np.add.reduce(np.asfortranarray(e, dtype), axis=1)
        return by_column
    total: FloatArray = e[:, 0].astype(dtype)
    for j in range(1, classes):
        np.add(total, e[:, j], out=total)
    return total


def _largest_last(e: FloatArray) -> FloatArray:
    row, column = np.arange(len(e)), np.argmax(e, axis=1)
    largest: FloatArray = e[row, column]
    e[row, column] = 0
    total: FloatArray = np.add.reduce(e, axis=1)
    e[row, column] = largest
    total += largest
    return total


def _exact(e: FloatArray, coarse: FloatArray) -> FloatArray:
    """Sums as good as rounded once; `coarse` is room.

    Adding and taking away a large power of two splits every term, exactly, into a multiple of a
    common unit and a remainder: the multiples add up without rounding, and the remainders are too
    small for theirs to be seen (S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point
    summation, part I", SIAM Journal on Scientific Computing 31 (2008)).
    """
    size = np.maximum(np.maximum.reduce(e, axis=1), -np.minimum.reduce(e, axis=1))
    power = _power(size, e.shape[1])[:, None]
    np.add(e, power, out=coarse)
    np.subtract(coarse, power, out=coarse)
    total = _plain(coarse)
    np.subtract(e, coarse, out=coarse)
    total += _plain(coarse)
    return _finite(total, e)


def _exact_narrow(e: FloatArray) -> FloatArray:
    """The same, operation by operation, in the way that suits the number of rows."""
    rows, classes = e.shape
    if rows == 1 and e.dtype == np.float64:
        return np.array([_exact_row(e[0].tolist())])
    by_column = rows >= FEW and e.strides[0] >= e.strides[1]
    sums = np.empty(rows, e.dtype)
    for few in pieces(rows, e.itemsize * (4 if by_column else classes)):
        part = e[few]
        if by_column:
            sums[few] = _exact_by_column(part)
        else:
            part = np.asfortranarray(part)
            sums[few] = _exact(part, np.empty_like(part))
    return sums


def _exact_by_column(e: FloatArray) -> FloatArray:
    rows, classes = e.shape
    size = np.abs(e[:, 0])
    for j in range(1, classes):
        np.maximum(size, np.abs(e[:, j]), out=size)
    power = _power(size, classes)
    total, rest, coarse, fine = np.zeros((4, rows), e.dtype)
    for j in range(classes):
        np.add(e[:, j], power, out=coarse)
        np.subtract(coarse, power, out=coarse)
        np.add(total, coarse, out=total)
        np.subtract(e[:, j], coarse, out=fine)
        np.add(rest, fine, out=rest)
    return _finite(total + rest, e)


def _exact_row(e: list[float]) -> float:
    size = max(max(e), -min(e)) * len(e)
    power = ldexp(2.0, frexp(size)[1]) if size < 2.0**1022 else 0.0
    total = rest = 0.0
    for x in e:
        coarse = (x + power) - power
        total += coarse
        rest += x - coarse
    return total + rest if power else total


def _power(size: FloatArray, classes: int) -> FloatArray:
    """A power of two, above twice the sum of so many terms of this size."""
    power: FloatArray = np.ldexp(size.dtype.type(2), np.frexp(size * classes)[1])
    return power


def _finite(total: FloatArray, e: FloatArray) -> FloatArray:
    """`total`; plain sums where it came to nothing."""
    finite = np.isfinite(total)
    if np.count_nonzero(finite) < len(finite):
        np.copyto(total, _plain(e), where=~finite)
    return total


def _plain(e: FloatArray) -> FloatArray:
    if e.shape[1] <= NARROW:
        return _left_to_right(e, e.dtype)
    total: FloatArray = np.add.reduce(e, axis=1)
    return total
