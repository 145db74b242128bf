"""Large arrays in tiles: some examples at a time, and of many classes some at a time.

A kernel is written for a `Tile`: a few examples, with all of their classes. It looks at them block
by block, each a matrix in the dtype to compute in (a row a class, a column an example, so that
NumPy broadcasts over the classes), and is not told whether that is the caller's own memory or a
copy, nor in which order it lies there. Examples that fit into the cache are one block, which stays
as the kernel left it between two looks; of more classes each look loads its blocks anew. So nothing
of the caller's size is ever copied. An elementwise kernel sees examples of a single class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import prod
from typing import Any, TypeAlias, TypeVar

import numpy as np

from derivlib._arrays import Array, FloatArray, FloatDType, overlap
from derivlib._plan import Index, Plan, as_matrix, in_order
from derivlib._sums import FEW, NARROW
from derivlib._threads import run
from derivlib._workspace import SMALL, Workspace, workspace

T = TypeVar("T")


class Block:
    """Some classes of some examples: the inputs, and room for a result of their shape."""

    __slots__ = ("holds", "in_place", "inputs", "memo", "out", "start", "whole", "work")

    def __init__(
        self,
        inputs: list[FloatArray],
        out: FloatArray,
        work: Workspace,
        start: int = 0,
        whole: bool = True,
        in_place: bool = True,
    ) -> None:
        self.inputs, self.out, self.work = inputs, out, work
        self.start = start  # its first class
        self.whole = whole  # whether these are all of the classes
        self.in_place = in_place  # whether `out` is where the result belongs
        self.holds: object = None  # what a kernel has filled `out` with
        self.memo: Any = None  # the last answer of `places`


class Tile:
    """Some examples of the arrays that a kernel works on: as they are here, one block."""

    __slots__ = ("_blocks", "classes", "dtype", "examples", "labels", "values")

    def __init__(self, block: Block, labels: Array | None) -> None:
        self._blocks, self.labels = [block], labels
        self.values: FloatArray | None = None  # where the values belong, if they can go there
        self.classes, self.examples = block.out.shape
        self.dtype = block.out.dtype

    def each(self, look: Callable[[Block], T]) -> list[T]:
        """What `look` returns for every block, in order."""
        return [look(self._blocks[0])]

    def write(self, fill: Callable[[Block], object]) -> None:
        """Let `fill` put the result into every block's `out`."""
        fill(self._blocks[0])


Kernel: TypeAlias = Callable[[Tile], FloatArray | None]


class _PlannedTile(Tile):
    """Some examples of a plan's arrays."""

    __slots__ = ("_inputs", "_output", "_plan")

    def __init__(self, plan: Plan, index: Index, work: Workspace) -> None:
        self._plan = plan
        self._inputs = [_Slab(array[index], plan) for array in plan.inputs]
        self._output = None if plan.output is None else _Slab(plan.output[index], plan)
        self.examples, self.classes = self._inputs[0].examples, plan.classes
        self.dtype = plan.dtype
        self.labels = None if plan.labels is None else _classes(plan.labels[index])
        self.values = None
        if plan.flat and plan.per_example is not None and plan.per_example.dtype == plan.dtype:
            self.values = plan.per_example[index]
        self._blocks = [self._load(plan.blocks[0], work, True)] if len(plan.blocks) == 1 else []

    def each(self, look: Callable[[Block], T]) -> list[T]:
        return self._visit(look, write=False)

    def write(self, fill: Callable[[Block], object]) -> None:
        self._visit(fill, write=True)

    def _visit(self, look: Callable[[Block], T], *, write: bool) -> list[T]:
        if self._blocks:
            (block,) = self._blocks
            found = look(block)
            if write and not block.in_place:
                self._store(block, slice(0, self.classes))
            return [found]
        blocks = self._plan.blocks
        results: dict[int, T] = {}

        def visit(i: int) -> None:
            with workspace() as work:
                block = self._load(blocks[i], work, write)
                results[i] = look(block)
                if write and not block.in_place:
                    self._store(block, blocks[i])

        share_out(visit, range(len(blocks)), self._plan)
        return [results[i] for i in range(len(blocks))]

    def _load(self, classes: slice, work: Workspace, write: bool) -> Block:
        plan, order = self._plan, self._plan.order
        shape = (classes.stop - classes.start, self.examples)
        inputs = []
        for i, (slab, own) in enumerate(zip(self._inputs, plan.own, strict=False)):
            matrix = slab.matrix(classes) if own else None
            if matrix is None or not in_order(matrix, order):
                matrix = work.matrix(f"input {i}", shape, plan.dtype, order)
                slab.read(classes, matrix)
            inputs.append(matrix)
        out = None
        if self._output is not None and plan.apart and write:
            out = self._output.matrix(classes)
        in_place = out is not None and plan.own[-1] and in_order(out, order)
        if out is None or not in_place:
            out = work.matrix("output", shape, plan.dtype, order)
        return Block(inputs, out, work, classes.start, len(plan.blocks) == 1, in_place)

    def _store(self, block: Block, classes: slice) -> None:
        if self._output is not None:
            self._output.write(classes, block.out)


class _Slab:
    """The part of an array that belongs to some examples."""

    __slots__ = ("array", "examples", "whole")

    def __init__(self, array: Array, plan: Plan) -> None:
        self.array = array
        self.whole: Array | None  # as a matrix in the same memory, where there is one
        if plan.flat:
            self.examples, self.whole = len(array), array.T
        else:
            batch = array.ndim - plan.class_dims
            self.examples = prod(array.shape[:batch])
            whole = as_matrix(array, batch)
            self.whole = None if whole is None else whole.T

    def matrix(self, classes: slice) -> Array | None:
        return None if self.whole is None else self.whole[classes]

    def read(self, classes: slice, room: FloatArray) -> None:
        if self.whole is not None:
            np.copyto(room, self.whole[classes], "unsafe")
        elif room.size == self.array.size:
            np.copyto(room.T.reshape(self.array.shape), self.array, "unsafe")
        else:
            room[:, 0] = self.array.flat[classes]

    def write(self, classes: slice, values: FloatArray) -> None:
        if self.whole is not None:
            target = self.whole[classes]
            if len(values) <= NARROW:
                for row, value in zip(target, values, strict=True):
                    row[...] = value
            else:
                target[...] = values
        elif values.size == self.array.size:
            self.array[...] = values.T.reshape(self.array.shape)
        else:
            self.array.flat[classes] = values[:, 0]


def share_out(work: Callable[[T], None], pieces: Sequence[T], plan: Plan) -> None:
    """`work` on every piece: among threads if the plan's pieces are worth it."""
    if plan.shared and len(pieces) > 1:
        run(work, pieces)
    else:
        for piece in pieces:
            work(piece)


def run_tiles(
    kernel: Kernel,
    axes: tuple[int, ...],
    dtype: FloatDType,
    inputs: Sequence[Array],
    *,
    output: FloatArray | None = None,
    labels: Array | None = None,
    per_example: FloatArray | None = None,
    turned: bool = False,
    spare: int = 0,
    vectors: int = 16,
) -> None:
    """Run `kernel` on arrays of one shape, the classes along `axes`, computing in `dtype`.

    What it writes goes to `output`; what it returns, to `per_example`, which has the shape without
    `axes`, as have the `labels`. A kernel that compares the classes likes a few of them `turned`,
    each class's examples side by side. `spare` is the number of matrices that it makes for itself,
    and `vectors` that of vectors.
    """
    if output is not None and type(output) is not np.ndarray:
        output = output.view(np.ndarray)  # subclasses have ways of their own to be indexed
    if per_example is not None and type(per_example) is not np.ndarray:
        per_example = per_example.view(np.ndarray)
    batch = inputs[0].ndim - len(axes)
    if axes != tuple(range(batch, inputs[0].ndim)):
        inputs = [_classes_last(array, axes) for array in inputs]
        output = None if output is None else _classes_last(output, axes)
    if batch > 1 and not inputs[0].flags.c_contiguous:
        order = sorted(range(batch), key=lambda i: -abs(inputs[0].strides[i]))
        inputs, output, labels, per_example = _in_order(order, inputs, output, labels, per_example)
    results = [array for array in (output, per_example) if array is not None]
    if labels is not None and any(overlap(labels, result) for result in results):
        labels = labels.copy()  # they are looked at again when some of the result is written
    if inputs[0].size * dtype.itemsize <= SMALL:
        _run_small(kernel, batch, dtype, inputs, output, labels, per_example, turned)
        return
    for result in results:
        inputs = [_apart(given, result) for given in inputs]
    plan = Plan(inputs, output, labels, per_example, batch, dtype, turned, spare, vectors)

    def work(index: Index) -> None:
        # Several blocks take workspaces of their own.
        with workspace() if len(plan.blocks) == 1 else nullcontext(Workspace()) as room:
            tile = _PlannedTile(plan, index, room)
            result = kernel(tile)
            # Within, since what is returned may lie in the workspace.
            if plan.per_example is not None and result is not None and result is not tile.values:
                target = plan.per_example[(*index, ...)]
                target[...] = result.reshape(target.shape)

    share_out(work, plan.tiles, plan)


def _run_small(
    kernel: Kernel,
    batch: int,
    dtype: FloatDType,
    inputs: Sequence[Array],
    output: FloatArray | None,
    labels: Array | None,
    per_example: FloatArray | None,
    turned: bool,
) -> None:
    """The same for arrays that are not worth cutting, nor saving a copy."""
    first = inputs[0]
    classes = first.shape[-1] if batch == first.ndim - 1 else prod(first.shape[batch:])
    shape = (first.size // classes, classes)
    turned = turned and classes <= NARROW and shape[0] >= FEW
    fits = output is not None and output.dtype == dtype and output.flags.c_contiguous
    in_place = fits and not turned
    if output is not None and in_place:
        out = output.reshape(shape).T
    else:
        out = np.empty(shape[::-1], dtype) if turned else np.empty(shape, dtype).T
    matrices = []
    for array in inputs:
        matrix = np.ascontiguousarray(array, None if turned else dtype).reshape(shape).T
        if turned:
            matrix = np.ascontiguousarray(matrix, dtype)
        elif in_place and overlap(matrix, out):
            matrix = matrix.T.copy().T
        matrices.append(matrix)
    block = Block(matrices, out, Workspace())
    result = kernel(Tile(block, None if labels is None else _classes(labels)))
    if output is not None and not in_place:
        output[...] = out.T.reshape(output.shape)
    if per_example is not None and result is not None:
        per_example[...] = result.reshape(per_example.shape)


def _in_order(
    order: Sequence[int],
    inputs: Sequence[Array],
    *others: Array | None,
) -> tuple[Any, ...]:
    """The arrays with the examples' axes in that order."""
    classes = range(len(order), inputs[0].ndim)
    turned = [array.transpose(*order, *classes) for array in inputs]
    rest = [x if x is None else x.transpose(*order, *range(len(order), x.ndim)) for x in others]
    return turned, *rest


def _classes_last(array: Array, axes: tuple[int, ...]) -> Array:
    return array.transpose(*(i for i in range(array.ndim) if i not in axes), *axes)


def _apart(array: Array, output: Array) -> Array:
    """The input, or its copy where writing the result would destroy what is still to be read."""
    if not overlap(array, output):
        return array
    same = array.ctypes.data == output.ctypes.data and array.strides == output.strides
    return array if same and array.dtype == output.dtype else array.copy()


def _classes(labels: Array) -> Array:
    return labels.reshape(-1).astype(np.intp, copy=False)
