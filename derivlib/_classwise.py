"""What the softmax's kernels are made of: each example's extremes, sums and exponentials."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from derivlib._arrays import Array, FloatArray
from derivlib._sums import (
    COMPENSATED,
    FEW,
    NARROW,
    class_sums,
    compensated_sums,
    pieces,
    side_by_side,
    strip_sums,
    sum_dtype,
)
from derivlib._tiles import Block, Tile
from derivlib._workspace import Workspace


def classwise(operation: np.ufunc, a: Array, per_example: FloatArray, out: Array) -> Array:
    """`operation` of every entry of `a` with its example's entry of `per_example`."""
    classes, examples = a.shape
    per_example = per_example.astype(a.dtype, copy=False)
    if classes > 5 or examples < FEW or not side_by_side(a):
        operation(a, per_example, out=out)
        return out
    for few in pieces(examples, 2 * classes * a.itemsize):  # so few that loops would be too short
        part = a[:, few]
        spread = np.empty_like(part)
        for row in spread:
            row[...] = per_example[few]
        operation(part, spread, out=out[:, few])
    return out


def total(tile: Tile, terms: Callable[[Block], FloatArray]) -> FloatArray:
    """Each example's sum of `terms`, a matrix for every block; see `class_sums`."""
    parts = tile.each(lambda block: _part_of_total(block, terms(block)))
    return parts[0] if len(parts) == 1 else class_sums(np.concatenate(parts), Workspace())


def accurate_total(
    tile: Tile, terms: Callable[[Block], FloatArray], *, positive: bool
) -> tuple[FloatArray, FloatArray | None]:
    """The same, and what rounding took off it, where that is worth the time."""
    if tile.classes > COMPENSATED:
        return total(tile, terms), None
    (found,) = tile.each(
        lambda block: compensated_sums(terms(block), block.work, positive=positive)
    )
    return found


def _part_of_total(block: Block, terms: FloatArray) -> FloatArray:
    sums = class_sums if block.whole else strip_sums
    return sums(terms, block.work)


def extremes(tile: Tile, extreme: np.ufunc) -> FloatArray:
    """Each example's largest logit (`np.maximum`) or smallest (`np.minimum`)."""
    parts = tile.each(lambda block: _extremes(extreme, block.inputs[0]))
    return parts[0] if len(parts) == 1 else _extremes(extreme, np.stack(parts))


def _extremes(extreme: np.ufunc, z: FloatArray) -> FloatArray:
    classes, examples = z.shape
    if classes > NARROW or examples < FEW or not side_by_side(z):
        found: FloatArray = extreme.reduce(z, axis=0)
        return found
    found = z[0].copy()
    for j in range(1, classes):
        extreme(found, z[j], out=found)
    return found


def largest(tile: Tile) -> tuple[FloatArray, Array]:
    """Each example's largest logit, and its class: the first of them, if there are several."""

    def look(block: Block) -> tuple[FloatArray, Array]:
        top, column = _largest(block.inputs[0])
        return top, column + block.start

    (top, column), *others = tile.each(look)
    for candidate, place in others:
        higher = candidate > top
        np.copyto(top, candidate, where=higher | np.isnan(candidate))
        np.copyto(column, place, where=higher)
    return top, column


def _largest(z: FloatArray) -> tuple[FloatArray, Array]:
    classes, examples = z.shape
    column: Array = np.empty(examples, np.intp)
    if side_by_side(z):
        for few in pieces(examples, classes * z.itemsize):  # NumPy might copy them
            np.argmax(z[:, few], axis=0, out=column[few])
        memory, index = at(z, column)
        return memory.take(index), column
    top: FloatArray = np.maximum.reduce(z, axis=0)
    # The first class that is equal to it has the highest rank; NaN is equal to none.
    ranks: Array = np.arange(classes, 0, -1)[:, None]
    ranks = ranks.astype(np.int8 if classes < 2**7 else np.int32)
    for few in pieces(examples, classes * z.itemsize):
        here = np.equal(z[:, few], top[few]).view(np.int8)
        rank = np.maximum.reduce(here * ranks, axis=0)
        np.subtract(classes, np.maximum(rank, 1, out=rank), out=column[few])
    return top, column


def at(matrix: Array, column: Array, examples: Array | None = None) -> tuple[Array, Array]:
    """The matrix's memory, and where in it the `examples` (None is all) have these classes."""
    down, across = (stride // matrix.itemsize for stride in matrix.strides)
    if matrix.flags.forc:
        memory = matrix.reshape(-1, order="A")
    else:
        last = (matrix.shape[0] - 1) * down + (matrix.shape[1] - 1) * across
        memory = _span(matrix, last + 1)
    if examples is None:
        index = np.arange(matrix.shape[1])
        if across != 1:
            index *= across
    else:
        index = examples * across
    index += column if down == 1 else column * down
    return memory, index


def _span(matrix: Array, size: int) -> Array:
    """The memory from the first entry of a matrix to its last, `size` numbers apart."""
    base = matrix.base
    if isinstance(base, np.ndarray) and base.dtype == matrix.dtype and base.flags.forc:
        first, rest = divmod(matrix.ctypes.data - base.ctypes.data, matrix.itemsize)
        if rest == 0 and base.flags.writeable == matrix.flags.writeable:
            return base.reshape(-1, order="A")[first : first + size]
    return as_strided(matrix, (size,), (matrix.itemsize,), writeable=matrix.flags.writeable)


class Places(NamedTuple):
    """Where in a block the entries are that have one class of each example."""

    which: Array | slice  # of the examples have such an entry
    memory: Array
    at: Array


def places(block: Block, matrix: Array, column: Array) -> Places:
    """Of `matrix`, which is of the block's shape."""
    if block.whole:
        if block.memo is None or block.memo[0] is not matrix or block.memo[1] is not column:
            block.memo = matrix, column, Places(slice(None), *at(matrix, column))
        found: Places = block.memo[2]
        return found
    inside = (column >= block.start) & (column < block.start + len(matrix))
    which = np.flatnonzero(inside)
    return Places(which, *at(matrix, column[which] - block.start, which))


def entries(tile: Tile, which: int, column: Array) -> FloatArray:
    """The entries of an input that have one class of each example."""
    found: FloatArray = np.empty(tile.examples, tile.dtype)

    def look(block: Block) -> None:
        here, memory, index = places(block, block.inputs[which], column)
        found[here] = memory.take(index)

    tile.each(look)
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
    classes, examples = z.shape
    if examples == 1 or z.strides[0] > z.strides[1]:
        for few in pieces(classes, z.itemsize * examples):
            part = z[few]
            shifted_exp(part, shift, block.out[few], block.work.like("spare", part))
    else:
        for few in pieces(examples, z.itemsize * classes):
            part = z[:, few]
            shifted_exp(part, shift[few], block.out[:, few], block.work.like("spare", part))


def shifted_exp(z: FloatArray, shift: FloatArray, e: FloatArray, error: FloatArray) -> None:
    """exp(z − shift), with the rounding of the difference put right.

    The shift is a whole number for each example, the largest logit rounded, or 0. So what rounding
    took off z − shift is z − ((z − shift) + shift), exactly: for |z| <= |shift| see T. J. Dekker,
    "A floating-point technique for extending the available precision", Numerische Mathematik 18
    (1971); beyond that, the sum in brackets is itself exact.
    """
    classwise(np.subtract, z, shift, e)
    classwise(np.add, e, shift, error)
    np.subtract(z, error, out=error)
    np.exp(e, out=e)
    np.fmin(error, 1, out=error)  # 1 for NaN, too: where z is infinite, so that 0 · error is 0
    np.multiply(error, e, out=error)
    np.add(e, error, out=e)


def difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a − b, rounded, and its rounding error: D. E. Knuth's two-sum."""
    rounded: FloatArray = a - b
    again = rounded - a
    error: FloatArray = (a - (rounded - again)) - (b + again)
    return rounded, error


def exp_of_difference(rounded: FloatArray, error: FloatArray, *, tame: bool) -> FloatArray:
    """The exponential of their sum; what was in them is lost. `tame` means finite."""
    e: FloatArray = np.exp(rounded, out=rounded)
    if not tame:
        np.fmin(error, 1, out=error)  # 1 for NaN, too: where an infinity has e = 0
    error *= e
    e += error
    return e


def spread(z: FloatArray) -> float:
    """The largest entry less the smallest; NaN or infinite if an entry is."""
    memory = z if z.flags.c_contiguous else z.T
    return float(memory.max()) - float(memory.min())


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


def shift_for(tile: Tile, sums: FloatArray) -> FloatArray | None:
    """The shift that the examples need whose exponentials have these sums; None if none needs any.

    A shift costs accuracy and time, so no example has one without need. None needs one whose sum is
    at least 1, which magnifies no subnormal term's error, nor one without subnormal terms.
    """
    bounds = limits(tile.dtype)
    if len(sums) == 1 and 1 <= sums.item() <= bounds.max:
        return None
    if np.maximum.reduce(sums) <= bounds.max:
        if np.minimum.reduce(sums) >= 1 or min(tile.each(_least)) >= bounds.lowest:
            return None
        fine = (sums >= 1) | (extremes(tile, np.minimum) >= bounds.lowest)
    else:  # too large, or NaN
        fine = sums <= bounds.max
        fine &= (sums >= 1) | (extremes(tile, np.minimum) >= bounds.lowest)
    shift: FloatArray = np.rint(extremes(tile, np.maximum))
    shift[fine] = 0
    return shift


def _least(block: Block) -> Any:
    z = block.inputs[0]
    return (z if z.flags.c_contiguous else z.T).min()  # along the memory


def sums_of_exponentials(tile: Tile) -> tuple[FloatArray | None, FloatArray]:
    """The shift, and each example's Σ exp(z − shift)."""
    sums = total(tile, lambda block: exponentials(block, None))
    shift = shift_for(tile, sums)
    if shift is not None:
        sums = total(tile, lambda block: exponentials(block, shift))
    return shift, sums


class Apart(NamedTuple):
    """Each example's exponential of one class, the sum of all others, and the sum of all.

    `lost` is what rounding took off `rest`, where that is known.
    """

    shift: FloatArray | None
    term: FloatArray
    rest: FloatArray
    lost: FloatArray | None
    sums: FloatArray


def set_apart(tile: Tile, column: Array, *, compensated: bool) -> Apart:
    """Each example's exponentials, those in `column` apart: there, `out` holds 0.

    What is small beside that one survives in the sum of the others: P. Blanchard, D. J. Higham and
    N. J. Higham, "Accurately computing the log-sum-exp and softmax functions", IMA Journal of
    Numerical Analysis 41 (2021).
    """

    def apart(shift: FloatArray | None) -> Apart:
        term, rest, lost = _parts(tile, column, shift, compensated)
        return Apart(shift, term, rest, lost, rest + term)

    found = apart(None)
    shift = shift_for(tile, found.sums)
    if shift is not None:
        found = apart(shift)
    brighter = _brighter(tile, found) if tile.classes > 1 else None
    return found if brighter is None else apart(brighter)


def _parts(
    tile: Tile, column: Array, shift: FloatArray | None, compensated: bool
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    term: FloatArray = np.empty(tile.examples, sum_dtype(tile.dtype))

    def others(block: Block) -> FloatArray:
        e = exponentials(block, shift)
        which, memory, index = places(block, e, column)
        term[which] = memory.take(index)
        memory[index] = 0
        return e

    if not compensated:
        return term, total(tile, others), None
    return term, *accurate_total(tile, others, positive=True)


def _brighter(tile: Tile, apart: Apart) -> FloatArray | None:
    """A shift with which no example's rest is made of subnormal numbers; None if none is."""
    bounds = limits(tile.dtype)
    if np.minimum.reduce(apart.rest) >= bounds.faint:
        return None
    faint = apart.rest < bounds.faint
    faint &= apart.rest < apart.term
    if np.count_nonzero(faint) == 0:
        return None
    lifted = np.rint(extremes(tile, np.maximum)) - bounds.lift
    brighter: FloatArray = np.where(faint, lifted, 0 if apart.shift is None else apart.shift)
    return brighter


def log1p_of_ratio(apart: Apart) -> FloatArray:
    """log(1 + rest/term); where the sum's rounding is known, the quotient's is put right, too."""
    ratio = apart.rest / apart.term
    result: FloatArray = np.log1p(ratio)
    if apart.lost is not None:
        left = apart.lost
        if ratio.dtype == np.float64:
            left = left + _remainder(apart.rest, ratio, apart.term)
        result += left / apart.sums
    return result


def _remainder(a: FloatArray, ratio: FloatArray, b: FloatArray) -> FloatArray:
    """a − ratio · b in float64, but for the product of the least halves of their digits."""
    upper, b_upper = _upper_half(ratio), _upper_half(b)
    left: FloatArray = a - upper * b_upper
    left -= upper * (b - b_upper)
    left -= (ratio - upper) * b
    return left


def _upper_half(a: FloatArray) -> FloatArray:
    """`a` without its last 27 digits: the product of two such numbers is exact."""
    upper: FloatArray = (a.view(np.int64) & -(2**27)).view(np.float64)
    return upper
