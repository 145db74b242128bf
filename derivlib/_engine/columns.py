"""Steps of the kernels: what they do with the columns of a matrix, which are the examples.

A matrix of a few examples with very many classes is larger than the cache. Here it is cut along the
classes into parts, which threads share; a smaller one is a single part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from derivlib._engine.arguments import Array, FloatArray
from derivlib._engine.threads import run

__all__ = [
    "classwise",
    "column_sums",
    "entries",
    "halved_sums",
    "in_blocks",
    "parts",
    "redo",
]

PART = 512 * 1024  # bytes of a part
BLOCK = 64 * 1024  # bytes of the examples that a kernel with many intermediate matrices is given
STRIP = 1024  # classes that are summed in one piece
CHAIN = 4  # up to as many classes are added one after the other
FEW, LOOPS = 16, 128  # between these, einsum adds up along the memory faster than NumPy's sum


def parts(matrix: Array) -> list[slice]:
    """Slices of the classes that cut a matrix into parts, each of some strips."""
    classes, examples = matrix.shape
    step = max(PART // (examples * matrix.itemsize * STRIP), 1) * STRIP
    if classes <= 4 * step:
        return [slice(0, classes)]
    return [slice(start, min(start + step, classes)) for start in range(0, classes, step)]


def classwise(operation: Callable[..., Any], *matrices: Any, out: FloatArray) -> FloatArray:
    """`operation` of matrices, and of vectors with a number for each example, into `out`."""
    if out.nbytes <= 4 * PART or len(pieces := parts(out)) == 1:
        operation(*matrices, out=out)
        return out

    def work(part: slice) -> None:
        operation(*(m[part] if np.ndim(m) == 2 else m for m in matrices), out=out[part])

    run(work, pieces)
    return out


def column_sums(*factors: FloatArray) -> FloatArray:
    """The sum of each column of a matrix, or of the product of two.

    The chains of additions are short, so that the rounding errors stay small. What is added to what
    depends on the layout and the number of classes alone, not on the other columns: those that are
    done again give what they would have given beside any others.
    """
    classes, examples = factors[0].shape
    if classes <= STRIP:
        return _sums(factors[0] if len(factors) == 1 else factors[0] * factors[1])
    sums = np.empty((examples, -(-classes // STRIP)), factors[0].dtype).T

    def work(part: slice) -> None:
        first, *others = (factor[part] for factor in factors)
        rows = sums[part.start // STRIP : -(-part.stop // STRIP)]
        _strip_sums(first * others[0] if others else first, rows)

    run(work, parts(factors[0]))
    return column_sums(sums)


def halved_sums(terms: FloatArray) -> FloatArray:
    """The sum of each column, by halves, so that few roundings add up; `terms` is spent."""
    while (classes := len(terms)) > 1:
        half = classes // 2
        terms[:half] += terms[-half:]
        terms = terms[: classes - half]
    sums: FloatArray = terms[0]
    return sums


def _strip_sums(e: FloatArray, out: FloatArray) -> None:
    """The sums of each column over each strip of the classes."""
    whole = len(e) // STRIP
    if _example_major(e):
        strips = e.T[:, : whole * STRIP].reshape(e.shape[1], whole, STRIP)
        np.add.reduce(strips, axis=2, out=out[:whole].T)
    else:
        for i in range(whole):
            out[i] = _sums(e[i * STRIP : (i + 1) * STRIP])
    if len(e) % STRIP:
        out[whole] = _sums(e[whole * STRIP :])


def _sums(e: FloatArray) -> FloatArray:
    classes, along_memory = len(e), _example_major(e)
    if classes > CHAIN and not along_memory:
        whole = classes // CHAIN if classes >= CHAIN * CHAIN else classes // 2
        count = classes // whole
        folded = np.add.reduce(e[: count * whole].reshape(count, whole, -1), axis=0)
        folded[: classes % whole] += e[count * whole :]
        return _sums(folded)
    few = along_memory and FEW < classes <= LOOPS
    sums: FloatArray = np.einsum("ij->j", e) if few else np.add.reduce(e, axis=0)
    return sums


def _example_major(e: FloatArray) -> bool:
    """Whether the classes of an example lie side by side, rather than the examples of a class."""
    return e.strides[0] < e.strides[1] or e.shape[1] == 1


def entries(matrix: Array, rows: Array) -> tuple[Array, Array]:
    """`memory` and `index` such that memory[index] are the entries of each column in its row.

    `memory` is a vector in the matrix's own memory: writing to it writes to the matrix.
    """
    down, across = (stride // matrix.itemsize for stride in matrix.strides)
    classes, examples = matrix.shape
    index = rows * down if down != 1 else rows
    if examples > 1:
        index = index + np.arange(0, examples * across, across)
    if matrix.flags.forc:
        return matrix.reshape(-1, order="A"), index
    span = (classes - 1) * down + (examples - 1) * across + 1
    return as_strided(matrix, (span,), (matrix.itemsize,)), index


def in_blocks(kernel: Callable[..., None]) -> Callable[..., None]:
    """`kernel`, called on so few examples that its intermediate matrices fit into the cache."""

    def call(*arrays: Array) -> None:
        classes, examples = arrays[0].shape
        step = max(BLOCK // (classes * arrays[0].itemsize), 2)
        for start in range(0, examples, step):
            kernel(*(array[..., start : start + step] for array in arrays))

    return call


def redo(
    kernel: Callable[..., None],
    columns: Array,
    reads: Sequence[Array],
    writes: Sequence[Array | None],
) -> None:
    """Call `kernel` with shifted=True, on these columns alone."""
    if len(columns) == reads[0].shape[1]:
        kernel(*reads, *writes, shifted=True)
        return
    if len(columns) == 1:
        columns = np.repeat(columns, 2)  # a single column has no layout, and sums depend on it
    given = [_taken(r, columns) for r in reads]
    again = [w if w is None else np.empty_like(_taken(w, columns)) for w in writes]
    kernel(*given, *again, shifted=True)
    for w, result in zip(writes, again, strict=True):
        if w is not None:
            w[..., columns] = result


def _taken(array: Array, columns: Array) -> Array:
    """Some columns of a matrix or vector, in the same layout."""
    if array.ndim == 2 and array.strides[0] < array.strides[1]:
        return array.T.take(columns, axis=0).T
    return array.take(columns, axis=-1)
