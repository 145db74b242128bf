"""Exponentials of logits, shifted where they must be, and their sums without one class.

What this brings to the kernels' error bounds: NumPy's exp is off by at most 0.66 ULP in float64 and
2.3 in float32 (measured with NumPy 2), and a shift adds less than one rounding, since the rounding
of z − shift is put right.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._classwise import classwise, compensated_total, extremes, locate, total
from derivlib._sums import chunks, sum_dtype
from derivlib._tiles import Block, Tile


def exponentials(block: Block, shift: FloatArray | None) -> FloatArray:
    """exp(z − shift) in the block's `out`, computed unless it is there; a shift of None is 0."""
    key = np.exp if shift is None else shift
    if block.out_key is not key:
        z = block.inputs[0]
        if shift is None:
            np.exp(z, out=block.out)
        else:
            _shifted_exp_in_chunks(z, shift, block)
        block.out_key = key
    return block.out


def _shifted_exp_in_chunks(z: FloatArray, shift: FloatArray, block: Block) -> None:
    """`shifted_exp` into the block's `out`, some of its memory at a time."""
    classes, examples = z.shape
    if examples == 1 or z.strides[0] > z.strides[1]:
        for chunk in chunks(classes, z.itemsize * examples):
            part = z[chunk]
            shifted_exp(part, shift, block.out[chunk], block.work.like("rounding", part))
    else:
        for chunk in chunks(examples, z.itemsize * classes):
            part = z[:, chunk]
            shifted_exp(part, shift[chunk], block.out[:, chunk], block.work.like("rounding", part))


def shifted_exp(z: FloatArray, shift: FloatArray, e: FloatArray, scratch: FloatArray) -> None:
    """Write exp(z − shift) to `e`, with the rounding of the difference put right.

    The shift of each example must be an integer: its largest logit, rounded, or 0. Then the
    rounding error of z − shift is exactly z − ((z − shift) + shift): for |z| <= |shift| see T. J.
    Dekker, "A floating-point technique for extending the available precision", Numerische
    Mathematik 18 (1971); for larger |z| the sum in brackets is itself exact.
    """
    error = scratch
    classwise(np.subtract, z, shift, e)
    classwise(np.add, e, shift, error)
    np.subtract(z, error, out=error)
    np.exp(e, out=e)
    np.fmin(error, 1, out=error)  # 1 also for NaN, where z is infinite: so 0 · error is 0
    np.multiply(error, e, out=error)
    np.add(e, error, out=e)


def difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a − b, rounded, and its rounding error: D. E. Knuth's two-sum."""
    rounded: FloatArray = a - b
    again = rounded - a
    error: FloatArray = (a - (rounded - again)) - (b + again)
    return rounded, error


def exp_of_difference(rounded: FloatArray, error: FloatArray, *, finite: bool) -> FloatArray:
    """exp(rounded + error); both arguments are overwritten. Pass `finite` only if both are."""
    e: FloatArray = np.exp(rounded, out=rounded)
    if not finite:
        np.fmin(error, 1, out=error)  # 1 also for NaN, where an infinity has e = 0
    error *= e
    e += error
    return e


def spread(z: FloatArray) -> float:
    """The largest entry less the smallest; NaN or infinite if an entry is."""
    memory = z if z.flags.c_contiguous else z.T
    return float(memory.max()) - float(memory.min())


class ExpRange(NamedTuple):
    """Which exponentials and sums of exponentials a floating dtype holds at full precision."""

    tiny: Any
    """The smallest normal number."""
    max: Any
    """The largest number."""
    min_logit: float
    """The smallest integer whose exponential is a normal number."""
    safe_sum: Any
    """A sum of at least this is accurate, even if some of its terms are subnormal."""
    lift: int
    """Add this to logits whose exponentials have a sum below `safe_sum`."""


@cache
def exp_range(dtype: np.dtype[Any]) -> ExpRange:
    """The range of a floating dtype, as Python floats unless it is longdouble."""
    info = np.finfo(dtype)
    tiny, largest = info.tiny, info.max
    if dtype != np.longdouble:
        tiny, largest = float(tiny), float(largest)
    min_logit = float(np.ceil(np.log(info.tiny)))
    return ExpRange(tiny, largest, min_logit, tiny / float(info.eps), info.nmant)


def shift_for(tile: Tile, sums: FloatArray) -> FloatArray | None:
    """The shift to take for examples whose exponentials have these sums; None if none needs one.

    A shift costs accuracy and time, so an example that needs none gets 0. An example needs none if
    its sum is at least 1 and finite, since then the error of a subnormal term does not matter, or
    if none of its terms is subnormal.
    """
    bounds = exp_range(tile.dtype)
    if len(sums) == 1 and 1 <= sums.item() <= bounds.max:
        return None
    if np.maximum.reduce(sums) <= bounds.max:
        if np.minimum.reduce(sums) >= 1 or min(tile.each(_smallest)) >= bounds.min_logit:
            return None
        unshifted = (sums >= 1) | (extremes(tile, np.minimum) >= bounds.min_logit)
    else:  # a sum is infinite or NaN
        unshifted = sums <= bounds.max
        unshifted &= (sums >= 1) | (extremes(tile, np.minimum) >= bounds.min_logit)
    shift: FloatArray = np.rint(extremes(tile, np.maximum))
    shift[unshifted] = 0
    return shift


def _smallest(block: Block) -> Any:
    """The smallest logit of all examples."""
    z = block.inputs[0]
    return (z if z.flags.c_contiguous else z.T).min()  # along the memory


def sums_of_exponentials(tile: Tile) -> tuple[FloatArray | None, FloatArray]:
    """The shift, and each example's Σ exp(z − shift)."""
    sums = total(tile, lambda block: exponentials(block, None))
    shift = shift_for(tile, sums)
    if shift is not None:
        sums = total(tile, lambda block: exponentials(block, shift))
    return shift, sums


class SplitSums(NamedTuple):
    """Each example's sum of exponentials, split into one class and the rest."""

    shift: FloatArray | None
    term: FloatArray
    """The exponential of the one class."""
    rest: FloatArray
    """The sum of all other exponentials."""
    correction: FloatArray | None
    """What to add to `rest` for almost the exact sum, if that was asked for and is known."""
    sums: FloatArray
    """rest + term"""


def split_sums(tile: Tile, class_index: Array, *, compensated: bool) -> SplitSums:
    """Each example's sum of exponentials, split into the class of `class_index` and the rest.

    Afterwards `exponentials(block, shift)` has, in the classes `class_index`, the term or 0: write
    these entries before you use them.

    What is small beside the one term survives in the rest: P. Blanchard, D. J. Higham and N. J.
    Higham, "Accurately computing the log-sum-exp and softmax functions", IMA Journal of Numerical
    Analysis 41 (2021).
    """

    def with_shift(shift: FloatArray | None) -> SplitSums:
        term, rest, correction = _term_and_rest(tile, class_index, shift, compensated)
        return SplitSums(shift, term, rest, correction, rest + term)

    split = with_shift(None)
    shift = shift_for(tile, split.sums)
    if shift is not None:
        split = with_shift(shift)
    shift = _shift_for_rest(tile, split) if tile.classes > 1 else None
    return split if shift is None else with_shift(shift)


def _term_and_rest(
    tile: Tile, class_index: Array, shift: FloatArray | None, compensated: bool
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """`term`, `rest` and `correction` of `split_sums`, for a given shift."""
    term: FloatArray = np.empty(tile.examples, sum_dtype(tile.dtype))

    def others(block: Block) -> FloatArray:
        e = exponentials(block, shift)
        examples, memory, index = locate(block, e, class_index)
        term[examples] = memory.take(index)
        memory[index] = 0
        return e

    if not compensated:
        return term, total(tile, others), None
    return term, *compensated_total(tile, others, positive=True)


def _shift_for_rest(tile: Tile, split: SplitSums) -> FloatArray | None:
    """Where the rest is a sum of subnormal numbers, return a shift that makes them normal.

    The other examples keep their shift. None if no example needs another one.
    """
    bounds = exp_range(tile.dtype)
    if np.minimum.reduce(split.rest) >= bounds.safe_sum:
        return None
    subnormal = split.rest < bounds.safe_sum
    subnormal &= split.rest < split.term
    if np.count_nonzero(subnormal) == 0:
        return None
    lifted = np.rint(extremes(tile, np.maximum)) - bounds.lift
    shift: FloatArray = np.where(subnormal, lifted, 0 if split.shift is None else split.shift)
    return shift


def log1p_of_ratio(split: SplitSums) -> FloatArray:
    """log(1 + rest/term), with the rounding of the sum and of the quotient put right.

    That is done only where the correction of `rest` is known. To first order, a remainder of the
    quotient changes the logarithm by remainder / (rest + term).
    """
    ratio = split.rest / split.term
    result: FloatArray = np.log1p(ratio)
    if split.correction is not None:
        remainder = split.correction
        if ratio.dtype == np.float64:
            remainder = remainder + _remainder(split.rest, ratio, split.term)
        result += remainder / split.sums
    return result


def _remainder(a: FloatArray, ratio: FloatArray, b: FloatArray) -> FloatArray:
    """a − ratio · b in float64, where the product has more digits than float64 holds."""
    ratio_upper, b_upper = _upper_half(ratio), _upper_half(b)
    remainder: FloatArray = a - ratio_upper * b_upper
    remainder -= ratio_upper * (b - b_upper)
    remainder -= (ratio - ratio_upper) * b
    return remainder


def _upper_half(a: FloatArray) -> FloatArray:
    """`a` with its last 27 bits cleared: the product of two such numbers is exact."""
    upper: FloatArray = (a.view(np.int64) & -(2**27)).view(np.float64)
    return upper
