"""Where to cut arrays into tiles, so that neither the cache nor the memory overflows.

A tile is some examples with all of their classes, cut into blocks of some classes where there are
many. A block is worked on in the caller's memory if NumPy's loops go through it at full speed, and
copied otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TypeAlias

from derivlib._arrays import Array, FloatArray, FloatDType, overlap
from derivlib._sums import NARROW, PAIRWISE, STRIP
from derivlib._workspace import Layout

Index: TypeAlias = tuple[int | slice, ...]

# Bytes of an array that are worked on at a time: few enough to stay in the cache, and so many that
# NumPy is called seldom, since threads wait for one another between its calls.
TILE = 1536 * 1024
SCRATCH = 640 * 1024  # bytes that a thread may use for copies and intermediate results
LONG = 512 * 1024  # bytes of a tile that is worth a thread of its own
RUN = 2048  # bytes that are worth a jump to another place in memory


class Plan:
    """Arrays with their classes last, and how to cut them."""

    __slots__ = (
        "blocks", "class_dims", "classes", "dtype", "inputs", "labels", "layout", "matrices",
        "output", "output_is_free", "per_example", "threaded", "tiles", "usable",
    )  # fmt: skip

    def __init__(
        self,
        inputs: Sequence[Array],
        output: FloatArray | None,
        labels: Array | None,
        per_example: FloatArray | None,
        batch: int,
        dtype: FloatDType,
        class_major: bool,
        scratch_matrices: int,
        scratch_vectors: int,
    ) -> None:
        """Arguments as of `run_tiles`; the first `batch` dimensions of the arrays are examples."""
        arrays = [*inputs] if output is None else [*inputs, output]
        overlapping = [output is not None and overlap(array, output) for array in inputs]
        # Whether the output may be written to before all inputs have been read.
        self.output_is_free = not any(overlapping)
        # For each input, then the output: whether its blocks may be used without a copy, as far as
        # dtype, alignment and overlap go. The layout is asked for each block, by `has_layout`.
        self.usable = [array.dtype == dtype and array.flags.aligned for array in arrays]
        self.usable[: len(inputs)] = [
            usable and not clash for usable, clash in zip(self.usable, overlapping, strict=False)
        ]
        vectors = [array for array in (labels, per_example) if array is not None]
        as_matrices = [as_matrix(array, batch) for array in arrays]
        # Whether every array was reshaped without a copy: to a matrix with a row for each example,
        # labels and `per_example` to vectors.
        self.matrices = all(matrix is not None for matrix in as_matrices) and all(
            _evenly_strided(array.shape, array.strides) for array in vectors
        )
        self.classes = prod(arrays[0].shape[batch:])
        self.class_dims = arrays[0].ndim - batch
        if self.matrices:
            arrays = [matrix for matrix in as_matrices if matrix is not None]
            labels = None if labels is None else labels.reshape(-1)
            per_example = None if per_example is None else per_example.reshape(-1)
            batch, self.class_dims = 1, 1
        self.inputs, self.output = arrays[: len(inputs)], None if output is None else arrays[-1]
        self.labels, self.per_example, self.dtype = labels, per_example, dtype
        self.blocks = [slice(0, self.classes)]
        class_major = class_major and self.classes <= NARROW
        self._cut(arrays, batch, class_major, scratch_matrices, scratch_vectors)

    def _cut(
        self,
        arrays: list[Array],
        batch: int,
        class_major: bool,
        scratch_matrices: int,
        scratch_vectors: int,
    ) -> None:
        """Set `layout`, `blocks`, `tiles` and `threaded`."""
        shape, size, main = arrays[0].shape[:batch], self.dtype.itemsize, arrays[-1]
        already_class_major = (
            self.matrices
            and has_layout(main.T, "class-major")
            and not has_layout(main.T, "example-major")
        )
        wanted = already_class_major or (class_major and self.matrices)
        self.layout: Layout = "class-major" if wanted else "example-major"
        uncopied = [
            usable and self.matrices and has_layout(array.T, self.layout)
            for usable, array in zip(self.usable, arrays, strict=True)
        ]
        copies = scratch_matrices + uncopied.count(False)
        if self.output is None or (uncopied[-1] and not self.output_is_free):
            copies += 1
        in_place = self.output is not None and self.output_is_free and all(uncopied)
        capacity = (
            min(TILE, SCRATCH // copies if copies else TILE) // size
        )  # of a block, in numbers
        # Of a class-major array, take so many examples that memory is read in long runs.
        run = 1
        if already_class_major:
            run = max(min(shape[0], RUN // size, capacity // STRIP), 1)
        widest = max(capacity // run // STRIP, 1) * STRIP
        example = self.classes * size
        if self.classes > (2 * widest if in_place and already_class_major else widest):
            if self.output is not None and uncopied[-1] and self.output_is_free:
                # `Tile.each` takes scratch memory in place of the output.
                capacity = min(TILE, SCRATCH // (copies + 1)) // size
                widest = max(capacity // run // STRIP, 1) * STRIP
            starts = range(0, self.classes, widest)
            self.blocks = [slice(a, min(a + widest, self.classes)) for a in starts]
            rows = run
        else:
            rows = max(capacity * size // example, run if in_place else 1)
            width = example * copies + max(size, 8) * scratch_vectors
            rows = min(rows, SCRATCH // width) if width else rows
        self.tiles = cuts(shape, max(rows, 1))
        # Threads that call NumPy for a few microseconds at a time stand in one another's way.
        few_classes = 1 < self.classes <= PAIRWISE
        self.threaded = not few_classes and rows * self.blocks[0].stop * size >= LONG


def cuts(shape: tuple[int, ...], rows: int) -> list[Index]:
    """Indices that cut an array of `shape` into pieces of at most `rows` entries each."""
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
    """A view of `array` as a matrix, the first `batch` dimensions its rows; None if it has none."""
    if array.ndim == 2 and batch == 1:
        return array
    shape, strides = array.shape, array.strides
    rows = _evenly_strided(shape[:batch], strides[:batch])
    if rows and _evenly_strided(shape[batch:], strides[batch:]):
        return array.reshape(prod(shape[:batch]), prod(shape[batch:]))
    return None


def _evenly_strided(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether all entries are one stride apart, so that the dimensions can be taken as one."""
    expected = None
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if expected is not None and stride != expected:
                return False
            expected = size * stride
    return True


def has_layout(matrix: Array, layout: Layout) -> bool:
    """Whether NumPy's loops can go at full speed through a matrix, its rows the classes."""
    classes, examples = matrix.shape
    down, across = matrix.strides
    size = matrix.itemsize
    if layout == "class-major":
        disjoint = down >= examples * size and down % size == 0
        return across == size and (disjoint or classes == 1)
    if classes > 1 and down != size:
        return False
    packed: bool = examples == 1 or across == classes * size
    return packed or (classes > NARROW and across > 0 and across % size == 0)
