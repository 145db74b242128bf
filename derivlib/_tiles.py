"""Large arrays in tiles: some rows at a time, and of wide rows some classes at a time.

A kernel is written for `Rows`: a few rows, with all of their classes. It looks at them block by
block, each a matrix in the dtype to compute in (a row an example, a column a class), and is not
told whether that is the caller's own memory or a copy, nor in which order it lies there. Rows that
fit into a tile are one block, which stays as the kernel left it between two looks; of wider rows
each look loads its blocks anew. So nothing of the caller's size is ever copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import TypeAlias, TypeVar

import numpy as np

from derivlib._arrays import Array, FloatArray, FloatDType
from derivlib._threads import run
from derivlib._workspace import SMALL, Order, Workspace, workspace

T = TypeVar("T")
Index: TypeAlias = tuple[int | slice, ...]

STRIP = 512  # classes that are summed up together; blocks end where a strip ends
NARROW = 16  # rows of so many classes are too short for a loop of their own
TILE = 512 * 1024  # bytes of an array that are in work at a time, so that they stay in the cache
SCRATCH = 448 * 1024  # bytes that a thread may take for copies and intermediate results
RUN = 1024  # bytes that are worth a jump to another place in memory


class Block:
    """Some classes of some rows: the inputs, and room for a result of their shape."""

    __slots__ = ("columns", "holds", "in_place", "inputs", "out", "whole", "work")

    def __init__(
        self,
        inputs: list[FloatArray],
        out: FloatArray,
        columns: slice,
        work: Workspace,
        whole: bool = True,
        in_place: bool = True,
    ) -> None:
        self.inputs, self.out, self.columns, self.work = inputs, out, columns, work
        self.whole = whole  # whether these are all of the classes
        self.in_place = in_place  # whether `out` is where the result belongs
        self.holds: object = None  # what a kernel has filled `out` with


class Rows:
    """Some rows of the arrays that a kernel works on: as they are here, one block in memory."""

    __slots__ = ("_block", "classes", "count", "dtype", "labels")

    def __init__(self, block: Block, labels: Array | None) -> None:
        self._block, self.labels = block, labels
        self.count, self.classes = block.out.shape
        self.dtype = block.out.dtype

    def each(self, look: Callable[[Block], T]) -> list[T]:
        """What `look` returns for every block, in order."""
        return [look(self._block)]

    def write(self, fill: Callable[[Block], object]) -> None:
        """Let `fill` put the result into every block's `out`."""
        fill(self._block)


class Tile(Rows):
    """Some rows of a plan's arrays."""

    __slots__ = ("_inputs", "_kept", "_output", "_plan")

    def __init__(self, plan: Plan, index: Index, work: Workspace) -> None:
        self._plan = plan
        self._kept: list[Block] = []
        if plan.as_is and plan.output is not None:
            matrices, output = [array[index] for array in plan.inputs], plan.output[index]
            whole = len(plan.blocks) == 1
            self._kept = [
                Block([matrix[:, part] for matrix in matrices], output[:, part], part, work, whole)
                for part in plan.blocks
            ]
            self.count, self.classes, self.dtype = len(output), plan.classes, plan.dtype
            self.labels = None if plan.labels is None else _classes(plan.labels[index])
            return
        self._inputs = [_Slab(array[index], plan) for array in plan.inputs]
        self._output = None if plan.output is None else _Slab(plan.output[index], plan)
        self.count, self.classes, self.dtype = self._inputs[0].count, plan.classes, plan.dtype
        self.labels = None if plan.labels is None else _classes(plan.labels[index])
        if len(plan.blocks) == 1:
            self._kept = [self._load(plan.blocks[0], work, True)]

    def each(self, look: Callable[[Block], T]) -> list[T]:
        return self._visit(look, write=False)

    def write(self, fill: Callable[[Block], object]) -> None:
        self._visit(fill, write=True)

    def _visit(self, look: Callable[[Block], T], *, write: bool) -> list[T]:
        if len(self._kept) == 1:
            (block,) = self._kept
            found = look(block)
            if write and not block.in_place:
                self._store(block)
            return [found]
        blocks = self._plan.blocks
        results: dict[int, T] = {}

        def visit(i: int) -> None:
            with workspace() as work:
                if self._kept:
                    block = self._kept[i]
                    block.work = work
                else:
                    block = self._load(blocks[i], work, write)
                results[i] = look(block)
                if write and not block.in_place:
                    self._store(block)

        run(visit, range(len(blocks)))
        return [results[i] for i in range(len(blocks))]

    def _load(self, columns: slice, work: Workspace, write: bool) -> Block:
        dtype = self._plan.dtype
        shape = (self.count, columns.stop - columns.start)
        usable = self._output is not None and (write or self._plan.apart)
        output = self._output.matrix(columns) if self._output and usable else None
        order = (_order(output) if output is not None else None) or "rows"
        if output is None and self.classes <= NARROW:
            first = self._inputs[0].matrix(columns)
            order = (None if first is None else _order(first)) or "rows"
        if any(slab.whole is None for slab in self._inputs):
            order = "rows"
        inputs = []
        for i, (slab, own) in enumerate(zip(self._inputs, self._plan.own, strict=True)):
            matrix = slab.matrix(columns) if own else None
            if matrix is None or _order(matrix) != order:
                matrix = work.matrix(f"input {i}", shape, dtype, order)
                slab.read(columns, matrix)
            inputs.append(matrix)
        in_place = output is not None and output.dtype == dtype and _order(output) == order
        if output is None or not in_place:
            output = work.matrix("output", shape, dtype, order)
        whole = len(self._plan.blocks) == 1
        return Block(inputs, output, columns, work, whole, in_place)

    def _store(self, block: Block) -> None:
        if self._output is not None:
            self._output.write(block.columns, block.out)


class _Slab:
    """The part of an array that belongs to some rows."""

    __slots__ = ("array", "count", "whole")

    def __init__(self, array: Array, plan: Plan) -> None:
        self.array = array
        self.whole: Array | None  # as a matrix in the same memory, where there is one
        if plan.flat:
            self.count, self.whole = len(array), array
        else:
            batch = array.ndim - plan.class_dims
            self.count = prod(array.shape[:batch])
            self.whole = _matrix(array, batch)

    def matrix(self, columns: slice) -> Array | None:
        return None if self.whole is None else self.whole[:, columns]

    def read(self, columns: slice, room: FloatArray) -> None:
        if self.whole is not None:
            np.copyto(room, self.whole[:, columns], "unsafe")
        elif room.size == self.array.size:
            np.copyto(room.reshape(self.array.shape), self.array, "unsafe")
        else:
            room[0] = self.array.flat[columns]

    def write(self, columns: slice, values: FloatArray) -> None:
        if self.whole is None:
            if values.size == self.array.size:
                self.array[...] = values.reshape(self.array.shape)
            else:
                self.array.flat[columns] = values[0]
            return
        target = self.whole[:, columns]
        if values.shape[1] <= NARROW < len(values):
            for j in range(values.shape[1]):  # NumPy would go along the short rows
                target[:, j] = values[:, j]
        else:
            target[...] = values


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
        matrices = [_matrix(array, batch) for array in arrays]
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
        orders = [_order(array) if self.flat else None for array in arrays]
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
        run = min(shape[0], RUN // size, room // STRIP) if side_by_side else 1
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


def run_rows(
    kernel: Callable[[Rows], FloatArray | None],
    axes: tuple[int, ...],
    dtype: FloatDType,
    inputs: Sequence[Array],
    *,
    output: FloatArray | None = None,
    labels: Array | None = None,
    per_row: FloatArray | None = None,
    spare: int = 0,
    vectors: int = 6,
) -> None:
    """Run `kernel` on the slices along `axes` of arrays of one shape, computing in `dtype`.

    What it writes goes to `output`; what it returns, to `per_row`, which has the shape without
    `axes`, as have the `labels`. `spare` is the number of matrices that it makes for itself, and
    `vectors` that of vectors.
    """
    if axes != (inputs[0].ndim - 1,):
        inputs = [_classes_last(array, axes) for array in inputs]
        output = None if output is None else _classes_last(output, axes)
    batch = inputs[0].ndim - len(axes)
    if inputs[0].nbytes <= SMALL:
        _run_small(kernel, batch, dtype, inputs, output, labels, per_row)
        return
    for array in (output, per_row):
        if array is not None:
            inputs = [_apart(given, array) for given in inputs]
    plan = Plan(inputs, output, labels, per_row, batch, dtype, spare, vectors)

    def work(index: Index) -> None:
        with workspace() as room:
            result = kernel(Tile(plan, index, room))
        if plan.per_row is not None and result is not None:
            target = plan.per_row[(*index, ...)]
            target[...] = result.reshape(target.shape)

    if len(plan.tiles) == 1:
        work(plan.tiles[0])
    else:
        run(work, plan.tiles)


def _run_small(
    kernel: Callable[[Rows], FloatArray | None],
    batch: int,
    dtype: FloatDType,
    inputs: Sequence[Array],
    output: FloatArray | None,
    labels: Array | None,
    per_row: FloatArray | None,
) -> None:
    """The same for arrays that are not worth cutting, nor saving a copy."""
    first = inputs[0]
    classes = first.shape[-1] if batch == first.ndim - 1 else prod(first.shape[batch:])
    shape = (first.size // classes, classes)
    in_place = output is not None and output.dtype == dtype and output.flags.c_contiguous
    out = output.reshape(shape) if output is not None and in_place else np.empty(shape, dtype)
    matrices = []
    for array in inputs:
        matrix = np.ascontiguousarray(array, dtype).reshape(shape)
        shared = in_place and np.may_share_memory(matrix, out)
        matrices.append(matrix.copy() if shared else matrix)
    block = Block(matrices, out, slice(0, classes), _small)
    result = kernel(Rows(block, None if labels is None else _classes(labels)))
    if output is not None and not in_place:
        output[...] = out.reshape(output.shape)
    if per_row is not None and result is not None:
        per_row[...] = result.reshape(per_row.shape)


_small = Workspace()  # for several threads at once, since it keeps nothing of this size


def _classes_last(array: Array, axes: tuple[int, ...]) -> Array:
    return array.transpose(*(i for i in range(array.ndim) if i not in axes), *axes)


def _apart(array: Array, output: Array) -> Array:
    """The input, or its copy where writing the result would destroy what is still to be read."""
    if not np.may_share_memory(array, output):
        return array
    same = array.ctypes.data == output.ctypes.data and array.strides == output.strides
    return array if same and array.dtype == output.dtype else array.copy()


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


def _matrix(array: Array, batch: int) -> Array | None:
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


def _order(matrix: Array) -> Order | None:
    """How a matrix lies in memory, if NumPy's loops can go through it at full speed."""
    rows, columns = matrix.shape
    down, across = matrix.strides
    size = matrix.itemsize
    if (across == size or columns == 1) and (
        down == columns * size or rows == 1 or columns > NARROW
    ):
        return "rows"
    return "columns" if down == size and rows > 1 else None


def _classes(labels: Array) -> Array:
    return labels.reshape(-1).astype(np.intp, copy=False)
