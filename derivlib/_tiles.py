"""Large arrays in tiles: some rows at a time, and of wide rows some classes at a time.

A kernel is written for `Rows`: a few rows, with all of their classes. It looks at them block by
block, each a matrix in the dtype to compute in (a row an example, a column a class), and is not
told whether that is the caller's own memory or a copy, nor in which order it lies there. Rows that
fit into a tile are one block, which stays as the kernel left it between two looks; of wider rows
each look loads its blocks anew. So nothing of the caller's size is ever copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TypeVar

import numpy as np

from derivlib._arrays import Array, FloatArray, FloatDType
from derivlib._plan import NARROW, Index, Plan, as_matrix, order_of
from derivlib._threads import run
from derivlib._workspace import SMALL, Workspace, workspace

T = TypeVar("T")


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
        order = (order_of(output) if output is not None else None) or "rows"
        if output is None and self.classes <= NARROW:
            first = self._inputs[0].matrix(columns)
            order = (None if first is None else order_of(first)) or "rows"
        if any(slab.whole is None for slab in self._inputs):
            order = "rows"
        inputs = []
        for i, (slab, own) in enumerate(zip(self._inputs, self._plan.own, strict=True)):
            matrix = slab.matrix(columns) if own else None
            if matrix is None or order_of(matrix) != order:
                matrix = work.matrix(f"input {i}", shape, dtype, order)
                slab.read(columns, matrix)
            inputs.append(matrix)
        in_place = output is not None and output.dtype == dtype and order_of(output) == order
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
            self.whole = as_matrix(array, batch)

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
    if labels is not None and output is not None and np.may_share_memory(labels, output):
        labels = labels.copy()  # they are looked at again when some of the result is written
    if inputs[0].size * dtype.itemsize <= SMALL:
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
    block = Block(matrices, out, slice(0, classes), Workspace())
    result = kernel(Rows(block, None if labels is None else _classes(labels)))
    if output is not None and not in_place:
        output[...] = out.reshape(output.shape)
    if per_row is not None and result is not None:
        per_row[...] = result.reshape(per_row.shape)


def _classes_last(array: Array, axes: tuple[int, ...]) -> Array:
    return array.transpose(*(i for i in range(array.ndim) if i not in axes), *axes)


def _apart(array: Array, output: Array) -> Array:
    """The input, or its copy where writing the result would destroy what is still to be read."""
    if not np.may_share_memory(array, output):
        return array
    same = array.ctypes.data == output.ctypes.data and array.strides == output.strides
    return array if same and array.dtype == output.dtype else array.copy()


def _classes(labels: Array) -> Array:
    return labels.reshape(-1).astype(np.intp, copy=False)
