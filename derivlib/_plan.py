"""Where to cut arrays into tiles, so that neither the cache nor the memory overflows.

A tile is some examples with all of their classes, or with some (a block) where there are many. It
is worked on where it lies if NumPy's loops can go through it at full speed, and copied otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TypeAlias

from derivlib._arrays import Array, FloatArray, FloatDType, overlap
from derivlib._sums import BLOCK, NARROW, STRIP
from derivlib._workspace import Order

Index: TypeAlias = tuple[int | slice, ...]

# Bytes of an array that are in work at a time: few enough to stay in the cache, and so many that
# NumPy is called seldom, since threads wait for one another between its calls.
TILE = 1536 * 1024
SCRATCH = 640 * 1024  # bytes that a thread may take for copies and intermediate results
LONG = 512 * 1024  # bytes that keep NumPy busy for a while
RUN = 2048  # bytes that are worth a jump to another place in memory


class Plan:
    """Arrays with their classes last, and how to cut them."""

    __slots__ = (
        "apart", "blocks", "class_dims", "classes", "dtype", "flat", "inputs", "labels",
        "order", "output", "own", "per_example", "shared", "tiles",
    )  # fmt: skip

    def __init__(
        self,
        inputs: Sequence[Array],
        output: FloatArray | None,
        labels: Array | None,
        per_example: FloatArray | None,
        batch: int,
        dtype: FloatDType,
        turned: bool,
        spare: int,
        vectors: int,
    ) -> None:
        arrays = [*inputs] if output is None else [*inputs, output]
        shared = [output is not None and overlap(array, output) for array in inputs]
        self.apart = not any(shared)  # whether the output is free before it is written to
        # Which arrays, the output last, may be worked on where they lie if their order allows.
        self.own = [array.dtype == dtype and array.flags.aligned for array in arrays]
        self.own[: len(inputs)] = [
            mine and not clash for mine, clash in zip(self.own, shared, strict=False)
        ]
        slim = [array for array in (labels, per_example) if array is not None]
        matrices = [as_matrix(array, batch) for array in arrays]
        self.flat = all(matrix is not None for matrix in matrices) and all(
            _merged(array.shape, array.strides) for array in slim
        )
        self.classes = prod(arrays[0].shape[batch:])
        self.class_dims = arrays[0].ndim - batch
        if self.flat:
            arrays = [matrix for matrix in matrices if matrix is not None]
            labels = None if labels is None else labels.reshape(-1)
            per_example = None if per_example is None else per_example.reshape(-1)
            batch, self.class_dims = 1, 1
        self.inputs, self.output = arrays[: len(inputs)], None if output is None else arrays[-1]
        self.labels, self.per_example, self.dtype = labels, per_example, dtype
        self.blocks = [slice(0, self.classes)]
        self._cut(arrays, batch, turned and self.classes <= NARROW, spare, vectors)

    def _cut(self, arrays: list[Array], batch: int, turned: bool, spare: int, vectors: int) -> None:
        shape, size, main = arrays[0].shape[:batch], self.dtype.itemsize, arrays[-1]
        fits = self.flat and in_order(main.T, "examples") and not in_order(main.T, "classes")
        self.order: Order = "examples" if fits or (turned and self.flat) else "classes"
        as_is = [
            mine and self.flat and in_order(array.T, self.order)
            for mine, array in zip(self.own, arrays, strict=True)
        ]
        copies = spare + as_is.count(False)
        if self.output is None or (as_is[-1] and not self.apart):
            copies += 1
        in_place = self.output is not None and self.apart and all(as_is)
        room = min(TILE, SCRATCH // copies if copies else TILE) // size
        # Where examples lie side by side, so many are taken that memory is read in long runs.
        run = max(min(shape[0], RUN // size, room // STRIP), 1) if fits else 1
        widest = max(room // run // STRIP, 1) * STRIP
        example = self.classes * size
        if self.classes > (2 * widest if in_place and fits else widest):
            if self.output is not None and as_is[-1] and self.apart:
                # The first look does not write to it.
                room = min(TILE, SCRATCH // (copies + 1)) // size
                widest = max(room // run // STRIP, 1) * STRIP
            starts = range(0, self.classes, widest)
            self.blocks = [slice(a, min(a + widest, self.classes)) for a in starts]
            rows = run
        else:
            rows = max(room * size // example, run if in_place else 1)
            width = example * copies + max(size, 8) * vectors
            rows = min(rows, SCRATCH // width) if width else rows
        self.tiles = cuts(shape, max(rows, 1))
        # Threads that call NumPy for a few microseconds at a time stand in one another's way.
        few = 1 < self.classes <= BLOCK
        self.shared = not few and rows * self.blocks[0].stop * size >= LONG


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


def in_order(matrix: Array, order: Order) -> bool:
    """Whether NumPy's loops can go at full speed through a matrix, its rows the classes."""
    classes, examples = matrix.shape
    down, across = matrix.strides
    size = matrix.itemsize
    if order == "examples":
        apart = down >= examples * size and down % size == 0
        return across == size and (apart or classes == 1)
    if classes > 1 and down != size:
        return False
    packed: bool = examples == 1 or across == classes * size
    return packed or (classes > NARROW and across > 0 and across % size == 0)
