"""Exponentials of logits, shifted where they must be, and their sums without one class."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._classwise import accurate_total, classwise, extremes, places, total
from derivlib._sums import pieces, sum_dtype
from derivlib._tiles import Block, Tile


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
