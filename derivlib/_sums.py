"""Sums over the classes, of every example: accurate, and the same to the last bit in any layout.

Which numbers are added to which depends on the number of classes alone, so a sum neither depends
on the other examples nor on how the matrix lies in memory. Few classes are added up by halves, the
second to the first, until only a short chain is left; more of them as NumPy adds up what lies side
by side. Both keep chains of additions short, so that few roundings add up. Float32 is added up in
float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from derivlib._arrays import FloatArray, FloatDType
from derivlib._workspace import Workspace

STRIP = 512  # classes that are summed up together; wider matrices are cut where a strip ends
BLOCK, LANES = 128, 8  # up to so many numbers NumPy adds up in so many chains
CHAIN = 7  # classes that are added up from the first to the last, as NumPy does
NARROW = 16  # so many classes side by side are too few for a loop of NumPy's along them
LISTED = 24  # classes of a single example that are worth no array
FEW = 64  # examples that are not worth a loop over the classes
PIECE = 160 * 1024  # bytes that are in work at a time
COMPENSATED = 128  # classes up to which rounding errors are worth the time to know them


def sum_dtype(dtype: FloatDType) -> FloatDType:
    """The dtype of the sums."""
    return np.dtype(np.float64) if dtype == np.float32 else dtype


def class_sums(e: FloatArray, work: Workspace) -> FloatArray:
    """The sum of each column, with an entry for every example; `e` is only read."""
    classes, examples = e.shape
    if classes > STRIP:
        return class_sums(strip_sums(e, work), work)
    dtype = sum_dtype(e.dtype)
    if examples == 1 and classes <= LISTED and dtype == np.float64:
        alone: FloatArray = np.array([_sum_of_list(e[:, 0].tolist())])
        return alone
    if classes <= CHAIN:
        return _chained(e, dtype)
    if classes > BLOCK:
        sums = _along(e, dtype) if side_by_side(e) else _in_lanes(e, dtype)
        _add_dominant_last(e[None], sums[None])
        return sums
    if examples * classes * dtype.itemsize <= PIECE:
        return _in_halves(e, dtype, work)
    sums = np.empty(examples, dtype)
    for few in pieces(examples, classes * dtype.itemsize):
        sums[few] = _in_halves(e[:, few], dtype, work)
    return sums


def _in_halves(e: FloatArray, dtype: FloatDType, work: Workspace) -> FloatArray:
    """The second half of the classes added to the first, over and over."""
    classes, examples = e.shape
    half = classes // 2
    if examples >= FEW and side_by_side(e):
        room = work.take("halves", (classes, examples), dtype)
        if classes > NARROW:
            np.copyto(room, e)
            np.add(room[:half], room[-half:], out=room[:half])
        else:
            for j in range(half):
                np.add(e[j], e[j - half], out=room[j], dtype=dtype)
            room[half : classes - half] = e[half : classes - half]
        room = room[: classes - half]
    else:
        room = work.take("halves", (classes - half, examples), dtype)
        np.add(e[:half], e[-half:], out=room[:half], dtype=dtype)
        if classes % 2:
            room[half] = e[half]
    while len(room) > CHAIN:
        half = len(room) // 2
        np.add(room[:half], room[-half:], out=room[:half])
        room = room[:-half]
    return _chained(room, dtype)


def _along(e: FloatArray, dtype: FloatDType) -> FloatArray:
    sums: FloatArray = np.add.reduce(e, axis=0, dtype=dtype)
    return sums


def _sum_of_list(e: list[float]) -> float:
    """As `_in_halves`: of so few numbers in less time than NumPy needs for a call."""
    while len(e) > CHAIN:
        half = len(e) // 2
        e[:half] = map(float.__add__, e[:half], e[-half:])
        del e[-half:]
    total = e[0]
    for term in e[1:]:
        total += term
    return total


def _in_lanes(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """In the order in which NumPy adds up numbers that lie side by side."""
    if len(e) > BLOCK:
        half = len(e) // 2 // LANES * LANES
        return _in_lanes(e[:half], dtype) + _in_lanes(e[half:], dtype)
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
    """The sums of the strips of each column, one row a strip."""
    classes, examples = e.shape
    whole, dtype = classes // STRIP, sum_dtype(e.dtype)
    sums = np.empty((-(-classes // STRIP), examples), dtype)
    if side_by_side(e):
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
    """Put right the sums of the strips in which one term is more than all others together.

    Every addition to that term rounds, and there may be a dozen of them; so it comes last.
    """
    if e.dtype != sums.dtype:
        return
    dominant = np.maximum.reduce(e, axis=1) > sums / 2
    strip, example = np.nonzero(dominant)
    for few in pieces(len(strip), e.shape[1] * e.itemsize):
        terms = np.ascontiguousarray(e[strip[few], :, example[few]])
        row = np.arange(len(terms))
        column = terms.argmax(axis=1)
        top = terms[row, column]
        terms[row, column] = 0
        sums[strip[few], example[few]] = np.add.reduce(terms, axis=1) + top


def pieces(size: int, width: int) -> Iterator[slice]:
    """`size` lines of `width` bytes, a few at a time."""
    step = max(PIECE // width, 1)
    return (slice(start, start + step) for start in range(0, size, step))


def side_by_side(e: FloatArray) -> bool:
    """Whether the classes of an example are, rather than the examples of a class."""
    return e.strides[0] < e.strides[1] or e.shape[1] == 1


def _chained(e: FloatArray, dtype: FloatDType) -> FloatArray:
    """The sum from the first class to the last."""
    classes, examples = e.shape
    if examples >= FEW and side_by_side(e):
        total: FloatArray = e[0].astype(dtype)
        for j in range(1, classes):
            np.add(total, e[j], out=total)
        return total
    return _along(e, dtype)  # fewer than 8 are a single chain


def compensated_sums(
    e: FloatArray, work: Workspace, *, positive: bool
) -> tuple[FloatArray, FloatArray | None]:
    """The same sums, and what rounding took off them; None where they are good enough.

    Adding and taking away a large number splits every term, exactly, into a multiple of a common
    unit and a remainder. The multiples add up without rounding, and the remainders are too small
    for theirs to be seen: S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation,
    part I", SIAM Journal on Scientific Computing 31 (2008).
    """
    classes, examples = e.shape
    if not 3 <= classes <= COMPENSATED or sum_dtype(e.dtype) != e.dtype:
        return class_sums(e, work), None
    if examples == 1 and classes <= LISTED and e.dtype == np.float64:
        alone: FloatArray = np.array(_compensated_list(e[:, 0].tolist()))
        return alone[:1], alone[1:]
    if 2 * examples * classes * e.itemsize <= PIECE:
        return _compensated(e, work, positive)
    sums, lost = np.empty((2, examples), e.dtype)
    for few in pieces(examples, 2 * classes * e.itemsize):
        sums[few], lost[few] = _compensated(e[:, few], work, positive)
    return sums, lost


def _compensated(e: FloatArray, work: Workspace, positive: bool) -> tuple[FloatArray, FloatArray]:
    fine, coarse = (work.take(name, e.shape, e.dtype) for name in ("fine", "coarse"))
    np.copyto(fine, e)
    sums = class_sums(fine, work)
    # No smaller than any term.
    large = sums if positive else class_sums(np.abs(fine, out=coarse), work)
    large = large * (2.0 * len(e))
    np.add(fine, large, out=coarse)
    np.subtract(coarse, large, out=coarse)
    np.subtract(fine, coarse, out=fine)
    lost: FloatArray = np.add.reduce(coarse, axis=0)
    lost -= sums
    lost += class_sums(fine, work)
    if not np.isfinite(np.add.reduce(lost)):
        np.copyto(lost, 0, where=~np.isfinite(lost))  # where so large a number is not finite
    return sums, lost


def _compensated_list(e: list[float]) -> tuple[float, float]:
    """The same, of so few numbers in less time than NumPy needs for a call."""
    large = _sum_of_list([abs(term) for term in e]) * (2.0 * len(e))
    coarse = [(term + large) - large for term in e]
    fine = [term - multiple for term, multiple in zip(e, coarse, strict=True)]
    total = _sum_of_list(e)
    lost = sum(coarse) - total + _sum_of_list(fine)
    return total, lost if isfinite(lost) else 0.0
