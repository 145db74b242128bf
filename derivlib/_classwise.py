"""Steps along the classes that the softmax's kernels share: sums, extremes, single entries.

A class index is a vector with the number of one class for each example.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from derivlib._arrays import Array, FloatArray
from derivlib._sums import (
    COMPENSATED,
    FEW_EXAMPLES,
    NARROW,
    chunks,
    class_sums,
    compensated_sums,
    example_major,
    strip_sums,
)
from derivlib._tiles import Block, Tile
from derivlib._workspace import Workspace


def classwise(operation: np.ufunc, a: Array, per_example: FloatArray, out: Array) -> Array:
    """Apply `operation` to each entry of `a` and its example's entry of `per_example`.

    The result is in `out`, which may be `a`, and is returned.
    """
    classes, examples = a.shape
    per_example = per_example.astype(a.dtype, copy=False)
    if classes > 5 or examples < FEW_EXAMPLES or not example_major(a):
        operation(a, per_example, out=out)
        return out
    for chunk in chunks(examples, 2 * classes * a.itemsize):  # NumPy's loops would be too short
        part = a[:, chunk]
        expanded = np.empty_like(part)
        for row in expanded:
            row[...] = per_example[chunk]
        operation(part, expanded, out=out[:, chunk])
    return out


def total(tile: Tile, terms: Callable[[Block], FloatArray]) -> FloatArray:
    """Each example's sum of `terms`, which gives a matrix for every block; see `class_sums`."""
    parts = tile.each(lambda block: _partial_total(block, terms(block)))
    return parts[0] if len(parts) == 1 else class_sums(np.concatenate(parts), Workspace())


def compensated_total(
    tile: Tile, terms: Callable[[Block], FloatArray], *, positive: bool
) -> tuple[FloatArray, FloatArray | None]:
    """The sums of `total` and their corrections, or None; see `compensated_sums`."""
    if tile.classes > COMPENSATED:
        return total(tile, terms), None
    (pair,) = tile.each(lambda block: compensated_sums(terms(block), block.work, positive=positive))
    return pair


def _partial_total(block: Block, terms: FloatArray) -> FloatArray:
    """The block's sums, or where it lacks classes, those of its strips: `total` adds them up."""
    sums = class_sums if block.all_classes else strip_sums
    return sums(terms, block.work)


def extremes(tile: Tile, extreme: np.ufunc) -> FloatArray:
    """Each example's largest logit (`np.maximum`) or smallest (`np.minimum`)."""
    parts = tile.each(lambda block: _extremes(extreme, block.inputs[0]))
    return parts[0] if len(parts) == 1 else _extremes(extreme, np.stack(parts))


def _extremes(extreme: np.ufunc, z: FloatArray) -> FloatArray:
    reduced: FloatArray
    classes, examples = z.shape
    if classes > NARROW or examples < FEW_EXAMPLES or not example_major(z):
        reduced = extreme.reduce(z, axis=0)
        return reduced
    reduced = z[0].copy()
    for j in range(1, classes):
        extreme(reduced, z[j], out=reduced)
    return reduced


def largest(tile: Tile) -> tuple[FloatArray, Array]:
    """Each example's largest logit and the class index of it: the first, if several are equal."""

    def visit(block: Block) -> tuple[FloatArray, Array]:
        top, class_index = _largest(block.inputs[0])
        return top, class_index + block.start

    (top, class_index), *others = tile.each(visit)
    for other_top, other_index in others:
        higher = other_top > top
        np.copyto(top, other_top, where=higher | np.isnan(other_top))
        np.copyto(class_index, other_index, where=higher)
    return top, class_index


def _largest(z: FloatArray) -> tuple[FloatArray, Array]:
    classes, examples = z.shape
    class_index: Array = np.empty(examples, np.intp)
    if example_major(z):
        contiguous = z.flags.f_contiguous  # np.argmax copies any other matrix
        for chunk in [slice(None)] if contiguous else chunks(examples, classes * z.itemsize):
            np.argmax(z[:, chunk], axis=0, out=class_index[chunk])
        memory, index = flat_index(z, class_index)
        return memory.take(index), class_index
    top: FloatArray = np.maximum.reduce(z, axis=0)
    # The first class that is equal to the maximum has the highest rank; NaN is equal to none.
    ranks: Array = np.arange(classes, 0, -1)[:, None]
    ranks = ranks.astype(np.int8 if classes < 2**7 else np.int32)
    for chunk in chunks(examples, classes * z.itemsize):
        equal = np.equal(z[:, chunk], top[chunk]).view(np.int8)
        rank = np.maximum.reduce(equal * ranks, axis=0)
        np.subtract(classes, np.maximum(rank, 1, out=rank), out=class_index[chunk])
    return top, class_index


def flat_index(
    matrix: Array, class_index: Array, examples: Array | None = None
) -> tuple[Array, Array]:
    """`memory` and `index` such that memory[index] are the entries in the classes `class_index`.

    `class_index` is for the `examples`, or for all if None. `memory` is a vector in the matrix's
    own memory: writing to it writes to the matrix.
    """
    down, across = (stride // matrix.itemsize for stride in matrix.strides)
    if matrix.flags.forc:
        memory = matrix.reshape(-1, order="A")
    else:
        last = (matrix.shape[0] - 1) * down + (matrix.shape[1] - 1) * across
        memory = _memory_span(matrix, last + 1)
    if examples is None:
        index = np.arange(matrix.shape[1])
        if across != 1:
            index *= across
    else:
        index = examples * across
    index += class_index if down == 1 else class_index * down
    return memory, index


def _memory_span(matrix: Array, size: int) -> Array:
    """The memory from the first entry of a matrix to its last, as a vector of `size` entries."""
    base = matrix.base
    if isinstance(base, np.ndarray) and base.dtype == matrix.dtype and base.flags.forc:
        first, rest = divmod(matrix.ctypes.data - base.ctypes.data, matrix.itemsize)
        if rest == 0 and base.flags.writeable == matrix.flags.writeable:
            return base.reshape(-1, order="A")[first : first + size]
    return as_strided(matrix, (size,), (matrix.itemsize,), writeable=matrix.flags.writeable)


class Located(NamedTuple):
    """The entries of a block in a class index: memory[positions], one for each of `examples`."""

    examples: Array | slice
    """The examples whose class is in the block."""
    memory: Array
    positions: Array


def locate(block: Block, matrix: Array, class_index: Array) -> Located:
    """Find the entries in the classes `class_index` in `matrix`, which has the block's shape."""
    if block.all_classes:
        last = block.located
        if last is None or last[0] is not matrix or last[1] is not class_index:
            found = Located(slice(None), *flat_index(matrix, class_index))
            block.located = matrix, class_index, found
        answer: Located = block.located[2]
        return answer
    inside = (class_index >= block.start) & (class_index < block.start + len(matrix))
    examples = np.flatnonzero(inside)
    return Located(examples, *flat_index(matrix, class_index[examples] - block.start, examples))


def entries(tile: Tile, number: int, class_index: Array) -> FloatArray:
    """Each example's entry of input `number` in the class that `class_index` gives."""
    taken: FloatArray = np.empty(tile.examples, tile.dtype)

    def visit(block: Block) -> None:
        examples, memory, index = locate(block, block.inputs[number], class_index)
        taken[examples] = memory.take(index)

    tile.each(visit)
    return taken
