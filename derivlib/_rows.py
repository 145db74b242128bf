"""Extremes, sums and exponentials of rows, which all of the softmax's kernels are made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._plan import NARROW, STRIP
from derivlib._sums import FEW, pieces, row_sums, strip_sums, sum_dtype
from derivlib._tiles import Block, Rows
from derivlib._workspace import Workspace


def row_extremes(extreme: np.ufunc, z: FloatArray) -> FloatArray:
    """Each row's `np.maximum` or `np.minimum`."""
    rows, classes = z.shape
    if classes > NARROW or rows < FEW or z.strides[0] < z.strides[1]:
        found: FloatArray = extreme.reduce(z, axis=1)
        return found
    found = z[:, 0].copy()
    for j in range(1, classes):
        extreme(found, z[:, j], out=found)
    return found


def rowwise(operation: np.ufunc, a: Array, row: FloatArray, out: Array) -> Array:
    """`operation` of every entry of `a` with its row's entry of `row`."""
    if len(a) == 1:
        operation(a, row.item(), out=out)
        return out
    row = row.astype(a.dtype, copy=False)
    if a.shape[1] <= 6 and len(a) >= FEW:
        for j in range(a.shape[1]):
            operation(a[:, j], row, out=out[:, j])
    else:
        operation(a, row[:, None], out=out)
    return out


def total(
    rows: Rows,
    terms: Callable[[Block], FloatArray],
    *,
    exact: bool = False,
    lent: bool = True,
) -> FloatArray:
    """Each row's sum of `terms`, a matrix for every block; see `row_sums`."""
    if rows.classes <= STRIP:
        (sums,) = rows.each(
            lambda block: row_sums(terms(block), block.work, exact=exact, lent=lent)
        )
        return sums
    parts = rows.each(lambda block: strip_sums(terms(block), block.work, lent=lent))
    return row_sums(np.concatenate(parts, axis=1), Workspace(), lent=True)


def extremes(rows: Rows, extreme: np.ufunc) -> FloatArray:
    """Each row's largest logit (`np.maximum`) or smallest (`np.minimum`)."""
    parts = rows.each(lambda block: row_extremes(extreme, block.inputs[0]))
    return parts[0] if len(parts) == 1 else row_extremes(extreme, np.stack(parts, axis=1))


def largest(rows: Rows) -> tuple[FloatArray, Array]:
    """Each row's largest logit, and its class: the first of them, if there are several."""

    def look(block: Block) -> tuple[FloatArray, Array]:
        z = block.inputs[0]
        column = np.empty(len(z), np.intp)
        for few in pieces(
            len(z), z.itemsize * z.shape[1]
        ):  # NumPy copies what it does not find row by row
            np.argmax(z[few], axis=1, out=column[few])
        return z[np.arange(len(z)), column], column + block.columns.start

    (top, column), *others = rows.each(look)
    for candidate, place in others:
        higher = candidate > top
        np.copyto(top, candidate, where=higher | np.isnan(candidate))
        np.copyto(column, place, where=higher)
    return top, column


class Places(NamedTuple):
    """Where in a block the entries are that have one class of each row."""

    which: Array | slice  # of the rows have such an entry
    row: Array
    column: Array


def places(block: Block, column: Array) -> Places:
    if block.whole:
        return Places(slice(None), np.arange(len(column)), column)
    start, stop = block.columns.start, block.columns.stop
    row = np.flatnonzero((column >= start) & (column < stop))
    return Places(row, row, column[row] - start)


def entries(rows: Rows, which: int, column: Array) -> FloatArray:
    """The entries of an input that have one class of each row."""
    found: FloatArray = np.empty(rows.count, rows.dtype)

    def look(block: Block) -> None:
        at = places(block, column)
        found[at.which] = block.inputs[which][at.row, at.column]

    rows.each(look)
    return found


def exponentials(block: Block, shift: FloatArray | None) -> FloatArray:
    """exp(z − shift) in the block's `out`, unless it is there already; None is no shift."""
    wanted = np.exp if shift is None else shift
    if block.holds is not wanted:
        z = block.inputs[0]
        if shift is None:
            np.exp(z, out=block.out)
        else:
            _shifted(z, shift, block)
        block.holds = wanted
    return block.out


def _shifted(z: FloatArray, shift: FloatArray, block: Block) -> None:
    rows, classes = z.shape
    if rows == 1 or z.strides[0] < z.strides[1]:
        for columns in pieces(classes, z.itemsize * rows):
            part = z[:, columns]
            shifted_exp(part, shift, block.out[:, columns], block.work.like("spare", part))
    else:
        for few in pieces(rows, z.itemsize * classes):
            part = z[few]
            shifted_exp(part, shift[few], block.out[few], block.work.like("spare", part))


def shifted_exp(z: FloatArray, shift: FloatArray, e: FloatArray, error: FloatArray) -> None:
    """exp(z − shift), with the rounding of the difference put right.

    The shift is a whole number for each row, the largest entry rounded, or 0. So what rounding took
    off z − shift is z − ((z − shift) + shift), exactly: for |z| <= |shift| see T. J. Dekker, "A
    floating-point technique for extending the available precision", Numerische Mathematik 18
    (1971); beyond that, the sum in brackets is itself exact.
    """
    rowwise(np.subtract, z, shift, e)
    rowwise(np.add, e, shift, error)
    np.subtract(z, error, out=error)
    np.exp(e, out=e)
    np.fmin(error, 1, out=error)  # 1 for NaN, too: where z is infinite, so that 0 · error is 0
    np.multiply(error, e, out=error)
    np.add(e, error, out=e)


class Limits(NamedTuple):
    """The normal numbers of a floating dtype, and the least logit whose exponential is one.

    Of sums below `faint` some terms may be subnormal. `lift` added to the logits makes them normal.
    """

    tiny: Any
    max: Any
    lowest: float
    faint: Any
    lift: int


@cache
def limits(dtype: np.dtype[Any]) -> Limits:
    info = np.finfo(dtype)
    tiny, largest = info.tiny, info.max
    if dtype != np.longdouble:
        tiny, largest = float(tiny), float(largest)
    lowest = float(np.ceil(np.log(info.tiny)))
    return Limits(tiny, largest, lowest, tiny / float(info.eps), info.nmant)


def shift_for(rows: Rows, sums: FloatArray) -> FloatArray | None:
    """The shift that the rows need whose exponentials have these sums; None where none needs any.

    A shift costs accuracy and time, so no row has one without need. None needs one whose sum is at
    least 1, which magnifies no subnormal term's error, nor one without subnormal terms.
    """
    bounds = limits(rows.dtype)
    if len(sums) == 1 and 1 <= sums.item() <= bounds.max:
        return None
    fine = (sums >= 1) & (sums <= bounds.max)
    if np.count_nonzero(fine) == len(fine):
        return None
    low = sums < 1
    if np.count_nonzero(low):
        if min(rows.each(lambda block: block.inputs[0].min())) >= bounds.lowest:
            fine |= low
        else:
            fine |= low & (extremes(rows, np.minimum) >= bounds.lowest)
        if np.count_nonzero(fine) == len(fine):
            return None
    shift: FloatArray = np.rint(extremes(rows, np.maximum))
    shift[fine] = 0
    return shift


def sums_of_exponentials(rows: Rows) -> tuple[FloatArray | None, FloatArray]:
    """The shift, and each row's Σ exp(z − shift)."""
    sums = total(rows, lambda block: exponentials(block, None))
    shift = shift_for(rows, sums)
    if shift is not None:
        sums = total(rows, lambda block: exponentials(block, shift))
    return shift, sums


class Apart(NamedTuple):
    """Each row's exponential of one class, the sum of all others, and the sum of all."""

    shift: FloatArray | None
    term: FloatArray
    rest: FloatArray
    sums: FloatArray


def set_apart(rows: Rows, column: Array, *, exact: bool = True) -> Apart:
    """Each row's exponentials, those in `column` apart: there, `out` holds 0.

    What is small beside that one survives in the sum of the others: P. Blanchard, D. J. Higham and
    N. J. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA Journal of
    Numerical Analysis 41 (2021).
    """

    def parts(shift: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        term: FloatArray = np.empty(rows.count, sum_dtype(rows.dtype))

        def others(block: Block) -> FloatArray:
            e = exponentials(block, shift)
            which, row, here = places(block, column)
            term[which] = e[row, here]
            e[row, here] = 0
            return e

        rest = total(rows, others, exact=exact)
        return term, rest

    return _apart(rows, parts)


def set_top_apart(rows: Rows, *, exact: bool) -> tuple[FloatArray, Apart]:
    """Each row's largest logit, and its exponential apart from the others."""
    if rows.classes > NARROW:
        top, column = largest(rows)
        return top, set_apart(rows, column, exact=exact)

    def parts(shift: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        return rows.each(lambda block: _ranked(exponentials(block, shift), block.work, exact))[0]

    return extremes(rows, np.maximum), _apart(rows, parts)


def _ranked(e: FloatArray, work: Workspace, exact: bool) -> tuple[FloatArray, FloatArray]:
    """Each row's largest entry, and the sum of the others."""
    rows, classes = e.shape
    if classes == 1:
        return e[:, 0].astype(sum_dtype(e.dtype)), np.zeros(rows, sum_dtype(e.dtype))
    others = work.matrix("others", (rows, classes - 1), e.dtype, "columns")
    if rows < FEW:
        leader = np.maximum.accumulate(e, axis=1)
        np.minimum(leader[:, :-1], e[:, 1:], out=others)
        first = leader[:, -1]
    else:
        first = e[:, 0].copy()
        for j in range(1, classes):  # the larger one goes on
            np.minimum(first, e[:, j], out=others[:, j - 1])
            np.maximum(first, e[:, j], out=first)
    return first.astype(sum_dtype(e.dtype)), row_sums(others, work, exact=exact)


def _apart(
    rows: Rows, parts: Callable[[FloatArray | None], tuple[FloatArray, FloatArray]]
) -> Apart:
    """The parts, with the shift that the rows need."""
    term, rest = parts(None)
    sums = rest + term
    shift = shift_for(rows, sums)
    if shift is not None:
        term, rest = parts(shift)
        np.add(rest, term, out=sums)
    if rows.classes > 1:
        shift, again = _brighten(rows, shift, term, rest)
        if again:
            term, rest = parts(shift)
            np.add(rest, term, out=sums)
    return Apart(shift, term, rest, sums)


def _brighten(
    rows: Rows, shift: FloatArray | None, term: FloatArray, rest: FloatArray
) -> tuple[FloatArray | None, bool]:
    """The shift with which no row's rest is made of subnormal numbers; whether it is a new one."""
    bounds = limits(rows.dtype)
    faint = (rest < bounds.faint) & (rest < term)
    if np.count_nonzero(faint) == 0:
        return shift, False
    lifted = np.rint(extremes(rows, np.maximum)) - bounds.lift
    return np.where(faint, lifted, 0 if shift is None else shift), True
