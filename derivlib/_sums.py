"""Sums over the classes for every example: accurate, and the same bits in any memory layout.

Which numbers are added to which depends on the number of classes alone, so a sum depends neither on
the other examples nor on the layout of the matrix. Few classes are added by halves, the second to
the first, until a short chain is left; more of them in the order of NumPy's pairwise sum. Both keep
the chains of additions short, and so the rounding errors small. Float32 is added up in float64.

What this brings to the kernels' error bounds: a sum of non-negative terms, each of which takes part
in at most h additions, is off by at most h u of itself, where u is half of the dtype's eps. Here h
is at most 10 up to 128 classes, and below 50 up to 100000. The bounds that the kernels promise are
smaller than such worst cases: they are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from derivlib._arrays import FloatArray, FloatDType
from derivlib._workspace import Workspace

STRIP = 512  # classes summed in one piece; wider matrices are cut where a strip ends
PAIRWISE, LANES = 128, 8  # NumPy's pairwise sum: adds up to 128 numbers in 8 interleaved chains
CHAIN = 7  # up to as many classes are added from first to last, as NumPy does
NARROW = 16  # up to as many classes are too few for a NumPy loop along them
MAX_LISTED = 24  # up to as many classes of one example are faster as a Python list
FEW_EXAMPLES = 64  # fewer examples are too few for a NumPy loop along them
CHUNK = 160 * 1024  # bytes that are worked on at a time
COMPENSATED = 128  # classes up to which rounding errors of the sum are computed


def sum_dtype(dtype: FloatDType) -> FloatDType:
    """The dtype to add up numbers of `dtype` in: float64 for float32, else `dtype` itself."""
    return np.dtype(np.float64) if dtype == np.float32 else dtype


def class_sums(e: FloatArray, work: Workspace) -> FloatArray:
    """The sum of each column of `e`, one entry an example; `e` is not written to."""
    classes, examples = e.shape
    if classes > STRIP:
        return class_sums(strip_sums(e, work), work)
    dtype = sum_dtype(e.dtype)
    if examples == 1 and classes <= MAX_LISTED and dtype == np.float64:
        one_sum: FloatArray = np.array([_sum_of_list(e[:, 0].tolist())])
        return one_sum
    if classes <= CHAIN:
        return _sum_in_order(e, dtype)
    if classes > PAIRWISE:
        sums = _numpy_sum(e, dtype) if example_major(e) else _pairwise_sum(e, dtype)
        _add_dominant_last(e[None], sums[None])
        return sums
    if examples * classes * dtype.itemsize <= CHUNK:
        return _sum_by_halves(e, dtype, work)
    sums = np.empty(examples, dtype)
    for chunk in chunks(examples, classes * dtype.itemsize):
        sums[chunk] = _sum_by_halves(e[:, chunk], dtype, work)
    return sums


def _sum_by_halves(e: FloatArray, dtype: FloatDType, work: Workspace) -> FloatArray:
    """The second half of the classes added to the first, again and again, until CHAIN are left."""
    classes, examples = e.shape
    half = classes // 2
    if examples >= FEW_EXAMPLES and example_major(e):
        partial = work.take("halves", (classes, examples), dtype)
        if classes > NARROW:
            np.copyto(partial, e)
            np.add(partial[:half], partial[-half:], out=partial[:half])
        else:
            for j in range(half):
                np.add(e[j], e[j - half], out=partial[j], dtype=dtype)
            partial[half : classes - half] = e[half : classes - half]
        partial = partial[: classes - half]
    else:
        partial = work.take("halves", (classes - half, examples), dtype)
        np.add(e[:half], e[-half:], out=partial[:half], dtype=dtype)
        if classes % 2:
            partial[half] = e[half]
    while len(partial) > CHAIN:
        half = len(partial) // 2
        np.add(partial[:half], partial[-half:], out=partial[:half])
        partial = partial[:-half]
    return _sum_in_order(partial, dtype)


def _numpy_sum(e: FloatArray, dtype: FloatDType) -> FloatArray:
    sums: FloatArray = np.add.reduce(e, axis=0, dtype=dtype)
    return sums


def _sum_of_list(e: list[float]) -> float:
    """As `_sum_by_halves`, the same bits: of so few numbers, faster than one call of NumPy."""
    while len(e) > CHAIN:
        half = len(e) // 2
        e[:half] = map(float.__add__, e[:half], e[-half:])
        del e[-half:]
    total = e[0]
    for term in e[1:]:
        total += term
    return total


def _pairwise_sum(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """As `_numpy_sum` of an example-major matrix, the same bits, for the class-major layout."""
    if len(e) > PAIRWISE:
        half = len(e) // 2 // LANES * LANES
        return _pairwise_sum(e[:half], dtype) + _pairwise_sum(e[half:], dtype)
    whole = len(e) // LANES
    chains = e[: whole * LANES].reshape(whole, LANES, -1)
    lanes: FloatArray = np.add.reduce(chains, axis=0, dtype=dtype)
    while len(lanes) > 1:
        lanes = lanes[::2] + lanes[1::2]
    total: FloatArray = lanes[0]
    for row in e[whole * LANES :]:
        np.add(total, row, out=total)
    return total


def strip_sums(e: FloatArray, work: Workspace) -> FloatArray:
    """The sums over each strip of the classes: one row a strip, one column an example."""
    classes, examples = e.shape
    whole, dtype = classes // STRIP, sum_dtype(e.dtype)
    sums = np.empty((-(-classes // STRIP), examples), dtype)
    if example_major(e):
        strips = e[: whole * STRIP].T.reshape(examples, whole, STRIP)
        np.add.reduce(strips, axis=2, dtype=dtype, out=sums[:whole].T)
        _add_dominant_last(strips.transpose(1, 2, 0), sums[:whole])
    else:
        for i in range(whole):
            sums[i] = class_sums(e[i * STRIP : (i + 1) * STRIP], work)
    if classes % STRIP:
        sums[whole] = class_sums(e[whole * STRIP :], work)
    return sums


def _add_dominant_last(e: FloatArray, sums: FloatArray) -> None:
    """Correct in place the sums of the strips where one term exceeds all others together.

    Every addition to that term rounds, and there may be a dozen: add it last, so that one does.
    """
    if e.dtype != sums.dtype:
        return
    dominant = np.maximum.reduce(e, axis=1) > sums / 2
    strip, example = np.nonzero(dominant)
    for chunk in chunks(len(strip), e.shape[1] * e.itemsize):
        terms = np.ascontiguousarray(e[strip[chunk], :, example[chunk]])
        row = np.arange(len(terms))
        column = terms.argmax(axis=1)
        top = terms[row, column]
        terms[row, column] = 0
        sums[strip[chunk], example[chunk]] = np.add.reduce(terms, axis=1) + top


def chunks(lines: int, width: int) -> Iterator[slice]:
    """Slices that cut `lines` lines of `width` bytes into chunks of at most CHUNK bytes."""
    step = max(CHUNK // width, 1)
    return (slice(start, start + step) for start in range(0, lines, step))


def example_major(e: FloatArray) -> bool:
    """Whether the classes of an example lie side by side, rather than the examples of a class."""
    return e.strides[0] < e.strides[1] or e.shape[1] == 1


def _sum_in_order(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """The sum from the first class to the last, at most CHAIN of them."""
    classes, examples = e.shape
    if examples >= FEW_EXAMPLES and example_major(e):
        total: FloatArray = e[0].astype(dtype)
        for j in range(1, classes):
            np.add(total, e[j], out=total)
        return total
    return _numpy_sum(e, dtype)  # a single chain, too, for fewer than LANES numbers


def compensated_sums(
    e: FloatArray, work: Workspace, *, positive: bool
) -> tuple[FloatArray, FloatArray | None]:
    """The sums of `class_sums` and their corrections: add these for almost the exact sum.

    The corrections are None where the sums are accurate enough without (float32, in float64), and
    for fewer than 3 or more than COMPENSATED classes. Pass `positive` only if no term is negative.

    Adding and taking away a large number splits every term, exactly, into a multiple of a common
    unit and a remainder. The multiples add up without rounding, and the remainders are so small
    that the rounding of their sum does not matter: S. M. Rump, T. Ogita and S. Oishi, "Accurate
    floating-point summation, part I", SIAM Journal on Scientific Computing 31 (2008).
    """
    classes, examples = e.shape
    if not 3 <= classes <= COMPENSATED or sum_dtype(e.dtype) != e.dtype:
        return class_sums(e, work), None
    if examples == 1 and classes <= MAX_LISTED and e.dtype == np.float64:
        pair: FloatArray = np.array(_compensated_list(e[:, 0].tolist()))
        return pair[:1], pair[1:]
    if 2 * examples * classes * e.itemsize <= CHUNK:
        return _compensated(e, work, positive)
    sums, corrections = np.empty((2, examples), e.dtype)
    for chunk in chunks(examples, 2 * classes * e.itemsize):
        sums[chunk], corrections[chunk] = _compensated(e[:, chunk], work, positive)
    return sums, corrections


def _compensated(e: FloatArray, work: Workspace, positive: bool) -> tuple[FloatArray, FloatArray]:
    """The sums and corrections of `compensated_sums`, of any number of examples at once."""
    fine, coarse = (work.take(name, e.shape, e.dtype) for name in ("fine", "coarse"))
    np.copyto(fine, e)
    sums = class_sums(fine, work)
    # At least 2 n times the largest of the n terms.
    large = sums if positive else class_sums(np.abs(fine, out=coarse), work)
    large = large * (2.0 * len(e))
    np.add(fine, large, out=coarse)
    np.subtract(coarse, large, out=coarse)
    np.subtract(fine, coarse, out=fine)
    corrections: FloatArray = np.add.reduce(coarse, axis=0)
    corrections -= sums
    corrections += class_sums(fine, work)
    if not np.isfinite(np.add.reduce(corrections)):  # `large` has overflowed: correct nothing
        np.copyto(corrections, 0, where=~np.isfinite(corrections))
    return sums, corrections


def _compensated_list(e: list[float]) -> tuple[float, float]:
    """As `_compensated`: of so few numbers, faster than one call of NumPy."""
    large = _sum_of_list([abs(term) for term in e]) * (2.0 * len(e))
    coarse = [(term + large) - large for term in e]
    fine = [term - multiple for term, multiple in zip(e, coarse, strict=True)]
    total = _sum_of_list(e)
    correction = sum(coarse) - total + _sum_of_list(fine)
    return total, correction if isfinite(correction) else 0.0
