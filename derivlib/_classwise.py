"""What every kernel of the softmax does along the classes: totals, extremes, single entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

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
        expanded = np.empty_like(part)
        for row in expanded:
            row[...] = per_example[few]
        operation(part, expanded, out=out[:, few])
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
        whole = z.flags.f_contiguous  # else NumPy copies what it is given
        for few in [slice(None)] if whole else pieces(examples, classes * z.itemsize):
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
