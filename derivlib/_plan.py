"""Where to cut arrays into tiles, so that neither the cache nor the memory overflows.

A tile is some rows with all of their classes, or with some (a block) where rows are wide. It is
worked on where it lies if NumPy's loops can go through it at full speed, and copied otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TypeAlias

import numpy as np

from derivlib._arrays import Array, FloatArray, FloatDType
from derivlib._workspace import Order

Index: TypeAlias = tuple[int | slice, ...]

STRIP = 512  # classes that are summed up together; blocks end where a strip ends
NARROW = 16  # rows of so many classes are too short for a loop of their own
TILE = 512 * 1024  # bytes of an array that are in work at a time, so that they stay in the cache
SCRATCH = 448 * 1024  # bytes that a thread may take for copies and intermediate results
RUN = 1024  # bytes that are worth a jump to another place in memory


class Plan:
    """Arrays with their classes last, and how to cut them."""

    __slots__ = (
        "apart", "as_is", "blocks", "class_dims", "classes", "dtype", "flat", "inputs", "labels",
        "output", "own", "per_row", "tiles",
    )  # fmt: skip

    def __init__(
        self,
        inputs: Sequence[Array],
        output: FloatArray | None,
        labels: Array | None,
        per_row: FloatArray | None,
        batch: int,
        dtype: FloatDType,
        spare: int,
        vectors: int,
    ) -> None:
        arrays = [*inputs] if output is None else [*inputs, output]
        shared = [output is not None and np.may_share_memory(array, output) for array in inputs]
        self.apart = not any(shared)  # whether the output is free before it is written to
        self.own = [
            array.dtype == dtype and array.flags.aligned and not clash
            for array, clash in zip(inputs, shared, strict=True)
        ]
        slim = [array for array in (labels, per_row) if array is not None]
        matrices = [as_matrix(array, batch) for array in arrays]
        self.flat = all(matrix is not None for matrix in matrices) and all(
            _merged(array.shape, array.strides) for array in slim
        )
        if self.flat:
            arrays = [matrix for matrix in matrices if matrix is not None]
            labels = None if labels is None else labels.reshape(-1)
            per_row = None if per_row is None else per_row.reshape(-1)
            batch = 1
        self.class_dims = arrays[0].ndim - batch
        self.classes = prod(arrays[0].shape[batch:])
        self.inputs, self.output = arrays[: len(inputs)], None if output is None else arrays[-1]
        self.labels, self.per_row, self.dtype = labels, per_row, dtype
        self.blocks = [slice(0, self.classes)]
        self.tiles: list[Index] = [()]
        self._cut(arrays, batch, spare, vectors)

    def _cut(self, arrays: list[Array], batch: int, spare: int, vectors: int) -> None:
        shape, size, main = arrays[0].shape[:batch], self.dtype.itemsize, arrays[-1]
        own = [*self.own, main.dtype == self.dtype][: len(arrays)]
        orders = [order_of(array) if self.flat else None for array in arrays]
        alike = [
            mine and order is not None and order == orders[-1]
            for mine, order in zip(own, orders, strict=True)
        ]
        in_place = self.output is not None and self.apart and all(alike)
        side_by_side = self.flat and shape[0] > 1 and abs(main.strides[0]) < abs(main.strides[1])
        copies = spare + alike.count(False)
        if self.output is None:
            copies += 1 + (side_by_side and self.classes > NARROW)
        elif not self.apart:
            copies += 1
        room = min(TILE, SCRATCH // max(copies, 1)) // size
        # Where rows lie side by side, so many are taken together that memory is read in long runs.
        run = max(min(shape[0], RUN // size, room // STRIP), 1) if side_by_side else 1
        widest = max(room // run // STRIP, 1) * STRIP
        row = self.classes * size
        if self.classes > (2 * widest if in_place and side_by_side else widest):
            starts = range(0, self.classes, widest)
            self.blocks = [slice(a, min(a + widest, self.classes)) for a in starts]
            rows = run
        else:
            rows = max(room * size // row, run if in_place else 1)
            rows = min(rows, SCRATCH // (row * copies + max(size, 8) * vectors + 16))
        self.tiles = cuts(shape, max(rows, 1))
        self.as_is = in_place and (orders[-1] == "rows" or shape[0] % max(rows, 1) != 1)


def cuts(shape: tuple[int, ...], rows: int) -> list[Index]:
    """Indices that cut an array of `shape`, each into pieces of at most `rows` entries."""
    inner, dim = 1, len(shape)
    while dim and inner * shape[dim - 1] <= rows:
        dim -= 1
        inner *= shape[dim]
    if dim == 0:
        return [()]
    step = max(rows // inner, 1)
    slices = [slice(a, min(a + step, shape[dim - 1])) for a in range(0, shape[dim - 1], step)]
    return [(*lead, cut) for lead in product(*map(range, shape[: dim - 1])) for cut in slices]


def as_matrix(array: Array, batch: int) -> Array | None:
    """`array` as a matrix in the same memory, the first `batch` dimensions its rows."""
    if array.ndim == 2 and batch == 1:
        return array
    shape, strides = array.shape, array.strides
    if _merged(shape[:batch], strides[:batch]) and _merged(shape[batch:], strides[batch:]):
        return array.reshape(prod(shape[:batch]), prod(shape[batch:]))
    return None


def _merged(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether the dimensions are like one: each stride as long as all of the next dimension."""
    expected = None
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if expected is not None and stride != expected:
                return False
            expected = size * stride
    return True


def order_of(matrix: Array) -> Order | None:
    """How a matrix lies in memory, if NumPy's loops can go through it at full speed."""
    rows, columns = matrix.shape
    down, across = matrix.strides
    size = matrix.itemsize
    if (across == size or columns == 1) and (
        down == columns * size or rows == 1 or columns > NARROW
    ):
        return "rows"
    return "columns" if down == size and rows > 1 else None
