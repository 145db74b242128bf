"""Large arrays in tiles: some examples at a time, and of many classes some at a time.

A kernel is written for a `Tile`: some examples with all of their classes. It reads and writes the
tile block by block. A block is a matrix with a row for each class and a column for each example, so
that NumPy broadcasts over the classes, in the dtype to compute in; a kernel must not rely on its
layout, nor on whether it is the caller's memory or a copy. Where all classes fit into the cache,
the tile is one block, which a kernel finds as it has left it. Of more classes, each pass over the
tile loads its blocks anew. So no array as large as the caller's is ever copied. To an elementwise
kernel, an entry is an example of a single class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from math import prod
from typing import Any, TypeAlias, TypeVar

import numpy as np

from derivlib._arrays import Array, FloatArray, FloatDType, overlap
from derivlib._plan import Index, Plan, as_matrix, has_layout
from derivlib._sums import FEW_EXAMPLES, NARROW
from derivlib._threads import run
from derivlib._workspace import SMALL, Workspace, workspace

T = TypeVar("T")


class Block:
    """Some classes of some examples: the inputs, and an array of their shape for the result.

    Attributes:
        inputs: matrices, not to be written to.
        out: where to put the result. Before, it may be used as scratch memory, and holds anything.
        out_key: an object that identifies what `out` holds, or None. Set it after filling `out`;
            compare it with `is` before using what `out` holds.
        work: scratch memory by name.
        start: the number of the block's first class.
        all_classes: whether the block has all classes of its examples.
        in_place: whether `out` is the caller's memory, so that nothing is to be copied back.
        located: the last answer of `_classwise.locate`, with its arguments.
    """

    __slots__ = (
        "all_classes", "in_place", "inputs", "located", "out", "out_key", "start", "work",
    )  # fmt: skip

    def __init__(
        self,
        inputs: list[FloatArray],
        out: FloatArray,
        work: Workspace,
        start: int = 0,
        all_classes: bool = True,
        in_place: bool = True,
    ) -> None:
        self.inputs, self.out, self.work = inputs, out, work
        self.start, self.all_classes, self.in_place = start, all_classes, in_place
        self.out_key: object = None
        self.located: Any = None


class Tile:
    """Some examples of the arrays that a kernel works on; in this class, as one block.

    Attributes:
        labels: the true class of each example, if labels were given.
        values: slice of the caller's value array to write to directly, or None if layout or dtype
            forbid it. A kernel that has filled it returns it.
        classes, examples, dtype: of the blocks together.
    """

    __slots__ = ("_blocks", "classes", "dtype", "examples", "labels", "values")

    def __init__(self, block: Block, labels: Array | None) -> None:
        self._blocks, self.labels = [block], labels
        self.values: FloatArray | None = None
        self.classes, self.examples = block.out.shape
        self.dtype = block.out.dtype

    def each(self, visit: Callable[[Block], T]) -> list[T]:
        """Call `visit` with every block; return its results, in the order of the classes."""
        return [visit(self._blocks[0])]

    def write(self, fill: Callable[[Block], object]) -> None:
        """Call `fill` with every block: it must put the result into the block's `out`."""
        fill(self._blocks[0])


# Puts its matrix of results, if it has one, into the tile, and returns one value for each example,
# if it has those.
Kernel: TypeAlias = Callable[[Tile], FloatArray | None]


class _PlannedTile(Tile):
    """The tile at one index of a plan."""

    __slots__ = ("_inputs", "_output", "_plan")

    def __init__(self, plan: Plan, index: Index, work: Workspace) -> None:
        self._plan = plan
        self._inputs = [_Slab(array[index], plan) for array in plan.inputs]
        self._output = None if plan.output is None else _Slab(plan.output[index], plan)
        self.examples, self.classes = self._inputs[0].examples, plan.classes
        self.dtype = plan.dtype
        self.labels = None if plan.labels is None else _as_class_index(plan.labels[index])
        self.values = None
        if plan.matrices and plan.per_example is not None and plan.per_example.dtype == plan.dtype:
            self.values = plan.per_example[index]
        self._blocks = [self._load(plan.blocks[0], work, True)] if len(plan.blocks) == 1 else []

    def each(self, visit: Callable[[Block], T]) -> list[T]:
        return self._visit(visit, write=False)

    def write(self, fill: Callable[[Block], object]) -> None:
        self._visit(fill, write=True)

    def _visit(self, visit: Callable[[Block], T], *, write: bool) -> list[T]:
        """`each`, or `write` if so: load every block, visit it, and store it if `write`."""
        if self._blocks:
            (block,) = self._blocks
            result = visit(block)
            if write and not block.in_place:
                self._store(block, slice(0, self.classes))
            return [result]
        blocks = self._plan.blocks
        results: dict[int, T] = {}

        def load_and_visit(i: int) -> None:
            with workspace() as work:
                block = self._load(blocks[i], work, write)
                results[i] = visit(block)
                if write and not block.in_place:
                    self._store(block, blocks[i])

        share_out(load_and_visit, range(len(blocks)), self._plan)
        return [results[i] for i in range(len(blocks))]

    def _load(self, classes: slice, work: Workspace, write: bool) -> Block:
        """The block of these classes; its `out` is the caller's memory only if `write`."""
        plan, layout = self._plan, self._plan.layout
        shape = (classes.stop - classes.start, self.examples)
        inputs = []
        for i, (slab, usable) in enumerate(zip(self._inputs, plan.usable, strict=False)):
            matrix = slab.view(classes) if usable else None
            if matrix is None or not has_layout(matrix, layout):
                matrix = work.matrix(f"input {i}", shape, plan.dtype, layout)
                slab.copy_to(matrix, classes)
            inputs.append(matrix)
        out = None
        if self._output is not None and plan.output_is_free and write:
            out = self._output.view(classes)
        in_place = out is not None and plan.usable[-1] and has_layout(out, layout)
        if out is None or not in_place:
            out = work.matrix("output", shape, plan.dtype, layout)
        return Block(inputs, out, work, classes.start, len(plan.blocks) == 1, in_place)

    def _store(self, block: Block, classes: slice) -> None:
        """Copy the block's `out` to the caller's memory, if the plan has an output."""
        if self._output is not None:
            self._output.copy_from(block.out, classes)


class _Slab:
    """The part of a caller's array that belongs to a tile."""

    __slots__ = ("array", "examples", "matrix")

    def __init__(self, array: Array, plan: Plan) -> None:
        self.array = array
        self.matrix: Array | None  # a view of the array with a row for each class, if it has one
        if plan.matrices:
            self.examples, self.matrix = len(array), array.T
        else:
            batch = array.ndim - plan.class_dims
            self.examples = prod(array.shape[:batch])
            matrix = as_matrix(array, batch)
            self.matrix = None if matrix is None else matrix.T

    def view(self, classes: slice) -> Array | None:
        """The rows of these classes as a view, or None if there is none."""
        return None if self.matrix is None else self.matrix[classes]

    def copy_to(self, target: FloatArray, classes: slice) -> None:
        """Fill `target` with the rows of these classes."""
        if self.matrix is not None:
            np.copyto(target, self.matrix[classes], "unsafe")
        elif target.size == self.array.size:
            np.copyto(target.T.reshape(self.array.shape), self.array, "unsafe")
        else:
            target[:, 0] = self.array.flat[classes]

    def copy_from(self, source: FloatArray, classes: slice) -> None:
        """Write `source` to the rows of these classes."""
        if self.matrix is not None:
            target = self.matrix[classes]
            if len(source) <= NARROW:
                for row, values in zip(target, source, strict=True):
                    row[...] = values
            else:
                target[...] = source
        elif source.size == self.array.size:
            self.array[...] = source.T.reshape(self.array.shape)
        else:
            self.array.flat[classes] = source[:, 0]


def share_out(work: Callable[[T], None], pieces: Sequence[T], plan: Plan) -> None:
    """Call `work` on every piece, on several threads if the plan's pieces are worth it."""
    if plan.threaded and len(pieces) > 1:
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
    class_major: bool = False,
    scratch_matrices: int = 0,
    scratch_vectors: int = 16,
) -> None:
    """Run `kernel` on arrays of one shape, the classes along `axes`, computing in `dtype`.

    output: gets what the kernel writes; of the inputs' shape. It may share memory with an input.
    labels: the true classes; of the inputs' shape without `axes`.
    per_example: gets what the kernel returns; of the inputs' shape without `axes`.
    class_major: lay the examples of one class side by side (faster when classes are compared),
        if the classes are few.
    scratch_matrices, scratch_vectors: how many of the tile's shape, and how many with an entry for
        each example, the kernel makes for itself; too low a count costs speed, not correctness.
    """
    if output is not None and type(output) is not np.ndarray:
        output = output.view(np.ndarray)  # subclasses may index or reshape in another way
    if per_example is not None and type(per_example) is not np.ndarray:
        per_example = per_example.view(np.ndarray)
    batch = inputs[0].ndim - len(axes)
    if axes != tuple(range(batch, inputs[0].ndim)):
        inputs = [_classes_last(array, axes) for array in inputs]
        output = None if output is None else _classes_last(output, axes)
    if batch > 1 and not inputs[0].flags.c_contiguous:
        order = sorted(range(batch), key=lambda i: -abs(inputs[0].strides[i]))
        inputs, output, labels, per_example = _with_batch_axes(
            order, inputs, output, labels, per_example
        )
    results = [array for array in (output, per_example) if array is not None]
    if labels is not None and any(overlap(labels, result) for result in results):
        labels = labels.copy()  # they are read again after some of the result has been written
    if inputs[0].size * dtype.itemsize <= SMALL:
        _run_small(kernel, batch, dtype, inputs, output, labels, per_example, class_major)
        return
    for result in results:
        inputs = [_copied_if_clobbered(given, result) for given in inputs]
    plan = Plan(
        inputs,
        output,
        labels,
        per_example,
        batch,
        dtype,
        class_major,
        scratch_matrices,
        scratch_vectors,
    )

    def work_on(index: Index) -> None:
        # If there are several blocks, each takes a workspace of its own.
        with workspace() if len(plan.blocks) == 1 else nullcontext(Workspace()) as scratch:
            tile = _PlannedTile(plan, index, scratch)
            result = kernel(tile)
            # Inside the `with`, since the result may lie in the workspace.
            if plan.per_example is not None and result is not None and result is not tile.values:
                target = plan.per_example[(*index, ...)]
                target[...] = result.reshape(target.shape)

    share_out(work_on, plan.tiles, plan)


def _run_small(
    kernel: Kernel,
    batch: int,
    dtype: FloatDType,
    inputs: Sequence[Array],
    output: FloatArray | None,
    labels: Array | None,
    per_example: FloatArray | None,
    class_major: bool,
) -> None:
    """`run_tiles` for arrays so small that they are one block, copied freely."""
    first = inputs[0]
    classes = first.shape[-1] if batch == first.ndim - 1 else prod(first.shape[batch:])
    shape = (first.size // classes, classes)
    class_major = class_major and classes <= NARROW and shape[0] >= FEW_EXAMPLES
    usable = output is not None and output.dtype == dtype and output.flags.c_contiguous
    in_place = usable and not class_major
    if output is not None and in_place:
        out = output.reshape(shape).T
    else:
        out = np.empty(shape[::-1], dtype) if class_major else np.empty(shape, dtype).T
    matrices = []
    for array in inputs:
        matrix = np.ascontiguousarray(array, None if class_major else dtype).reshape(shape).T
        if class_major:
            matrix = np.ascontiguousarray(matrix, dtype)
        elif in_place and overlap(matrix, out):
            matrix = matrix.T.copy().T
        matrices.append(matrix)
    block = Block(matrices, out, Workspace())
    result = kernel(Tile(block, None if labels is None else _as_class_index(labels)))
    if output is not None and not in_place:
        output[...] = out.T.reshape(output.shape)
    if per_example is not None and result is not None:
        per_example[...] = result.reshape(per_example.shape)


def _with_batch_axes(
    order: Sequence[int],
    inputs: Sequence[Array],
    *others: Array | None,
) -> tuple[Any, ...]:
    """The arrays with the axes of the examples in the given order."""
    classes = range(len(order), inputs[0].ndim)
    moved = [array.transpose(*order, *classes) for array in inputs]
    rest = [x if x is None else x.transpose(*order, *range(len(order), x.ndim)) for x in others]
    return moved, *rest


def _classes_last(array: Array, axes: tuple[int, ...]) -> Array:
    """`array` with `axes` moved to the end."""
    return array.transpose(*(i for i in range(array.ndim) if i not in axes), *axes)


def _copied_if_clobbered(array: Array, output: Array) -> Array:
    """An input, copied if writing `output` would overwrite entries of it that are read later."""
    if not overlap(array, output):
        return array
    same = array.ctypes.data == output.ctypes.data and array.strides == output.strides
    return array if same and array.dtype == output.dtype else array.copy()


def _as_class_index(labels: Array) -> Array:
    """Labels as a vector of NumPy's index dtype."""
    return labels.reshape(-1).astype(np.intp, copy=False)
