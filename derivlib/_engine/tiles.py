"""Arrays of any shape, layout and dtype, cut into matrices that fit into the cache.

A kernel gets matrices with a row for each class and a column for each example, so that NumPy
broadcasts a number for each example over its classes. They are views of the caller's memory where
NumPy's loops go through it at full speed, and copies otherwise. Up to NARROW classes are laid out
class by class ("class-major"), so that a loop runs over the examples; of more classes, those of an
example lie side by side, unless the caller has the examples of a class side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np

from derivlib._engine.arguments import Array, FloatDType, overlap
from derivlib._engine.threads import run

__all__ = ["run_on_tiles"]

TILE = 512 * 1024  # bytes of a matrix: few enough for the cache, many enough to call NumPy seldom
SMALL = 16 * 1024  # bytes: an array of at most this size is one matrix, copied freely
NARROW = 16  # up to as many classes are too few for a NumPy loop along them
FEW = 32  # fewer examples are too few for a NumPy loop along them
LINE = 128  # bytes that are read at once, wherever they are

Index: TypeAlias = tuple[int | slice, ...]
# Called with matrices (vectors where there is one number for each example) of what it reads, or
# None for what was not given, then of what it must fill, or None for what nobody wants. What it
# fills shares no memory with the rest.
Kernel: TypeAlias = Callable[..., None]


@np.errstate(all="ignore")
def run_on_tiles(
    kernel: Kernel,
    axes: tuple[int, ...],
    dtype: FloatDType,
    reads: Sequence[Array | None],
    writes: Sequence[Array | None],
) -> None:
    """Run `kernel` on tiles of the arrays `reads` and `writes`, the classes along `axes`.

    All arrays have the shape of the first, or that shape without `axes`. The kernel computes in
    `dtype`; arrays of integers without `axes`, which are labels, stay integers. A result may share
    memory with an argument; each array of `writes` is filled as if all had been read before.
    """
    first = reads[0]
    assert first is not None
    dims = first.ndim - len(axes)
    for w in writes:
        if type(w) is not np.ndarray:  # a subclass may index or reshape in another way
            writes = [x if x is None else x.view(np.ndarray) for x in writes]
            break
    if not first.flags.c_contiguous or axes != tuple(range(dims, first.ndim)):
        turned = _turned([*reads, *writes], axes, first)
        reads, writes = turned[: len(reads)], turned[len(reads) :]
    if first.size * dtype.itemsize <= SMALL:
        _run_small(kernel, dims, dtype, reads, writes)
    else:
        _Tiles(kernel, dims, dtype, [*reads, *writes], len(reads)).run()


def _turned(arrays: list[Array | None], axes: tuple[int, ...], first: Array) -> list[Array | None]:
    """Views with the axes of the examples in front, those of the classes last.

    Each in the order in which they lie in memory: neither the examples nor, to a sum over them, the
    classes have an order of their own.
    """
    stride = [-abs(s) for s in first.strides]
    batch = [i for i in range(first.ndim) if i not in axes]
    order = sorted(range(len(batch)), key=lambda i: stride[batch[i]])
    full = [*(batch[i] for i in order), *sorted(axes, key=stride.__getitem__)]
    return [
        a if a is None else a.transpose(full if a.ndim == first.ndim else order) for a in arrays
    ]


def _run_small(
    kernel: Kernel,
    dims: int,
    dtype: FloatDType,
    reads: Sequence[Any],
    writes: Sequence[Array | None],
) -> None:
    """`run_on_tiles` for arrays of one matrix, the classes last."""
    shape = reads[0].shape
    classes = shape[-1] if dims == len(shape) - 1 else prod(shape[dims:])
    count = reads[0].size // classes
    given: list[Any] = []
    for r in reads:
        if r is None:
            given.append(None)
        elif r.ndim == dims < len(shape):
            given.append(r.astype(np.intp if r.dtype.kind in "iu" else dtype).reshape(count))
        else:
            given.append(np.ascontiguousarray(r, dtype).reshape(count, classes).T)
    copies = []
    for w in writes:
        room: Any = w
        if w is not None:
            clash = any(r is not None and overlap(r, w) for r in reads)
            if clash or w.dtype != dtype or not w.flags.c_contiguous:
                room = np.empty(w.shape, dtype)
                copies.append((w, room))
            vector = w.ndim == dims < len(shape)
            room = room.reshape(count) if vector else room.reshape(count, classes).T
        given.append(room)
    kernel(*given)
    for w, room in copies:
        w[...] = room


class _Tiles:
    """Arrays with their classes last, and how to cut them."""

    def __init__(
        self,
        kernel: Kernel,
        dims: int,
        dtype: FloatDType,
        arrays: Sequence[Array | None],
        read_count: int,
    ) -> None:
        self.kernel, self.dtype, self.read_count = kernel, dtype, read_count
        self.buffers: dict[tuple[int, int], Array] = {}
        first = arrays[0]
        assert first is not None
        shape = first.shape
        self.classes = prod(shape[dims:])
        self.vectors = [a is not None and a.ndim == dims < len(shape) for a in arrays]
        self.direct = [True] * len(arrays)  # whether a view may be handed out
        arrays = [*arrays]
        for i in range(read_count, len(arrays)):
            for j in range(read_count):
                self._keep_apart(arrays, j, i)
        flat = [a if a is None else _collapsed(a, dims) for a in arrays]
        flat = [
            f[:, 0] if f is not None and v else f for f, v in zip(flat, self.vectors, strict=True)
        ]
        if all(f is not None or a is None for f, a in zip(flat, arrays, strict=True)):
            arrays, dims, shape = flat, 1, (prod(shape[:dims]), self.classes)
        self.arrays, self.dims, self.class_dims = arrays, dims, len(shape) - dims
        size = self.classes * dtype.itemsize
        rows = max(TILE // size, 1)
        across = shape[:dims] and arrays[0] is not None and arrays[0].strides[dims - 1]
        if self.classes > NARROW and across == dtype.itemsize:
            rows = max(rows, LINE // dtype.itemsize)
        self.tiles = cuts(shape[:dims], rows)

    def _keep_apart(self, arrays: list[Array | None], read: int, write: int) -> None:
        """See to it that writing one array does not change the other before it has been read."""
        a, b = arrays[read], arrays[write]
        if a is None or b is None or not overlap(a, b):
            return
        same = a.__array_interface__["data"] == b.__array_interface__["data"]
        if same and a.strides == b.strides and a.dtype == b.dtype and a.shape == b.shape:
            self.direct[write] = False  # tile by tile, it is read before it is written
        else:
            arrays[read] = a.copy("K")

    def run(self) -> None:
        run(self._work, self.tiles)

    def _work(self, index: Index) -> None:
        """Call the kernel on the tile at one index."""
        parts = [a if a is None else a[index] for a in self.arrays]
        assert parts[0] is not None
        views = [
            p if p is None or v else self._view(p) for p, v in zip(parts, self.vectors, strict=True)
        ]
        count = parts[0].size // self.classes
        lead = views[0]
        class_major = self.classes <= NARROW or (
            lead is not None and count >= FEW and lead.strides[1] == lead.itemsize
        )
        given: list[Any] = []
        for i, part in enumerate(parts):
            view = views[i]
            if part is None:
                given.append(None)
            elif self.vectors[i]:
                given.append(self._vector(i, part, count))
            elif view is not None and self.direct[i] and self._usable(view, class_major):
                given.append(view)
            else:
                room = self._room(i, count, class_major)
                if i < self.read_count:
                    self._load(room, part, view)
                given.append(room)
        self.kernel(*given)
        for i in range(self.read_count, len(parts)):
            part, view, room = parts[i], views[i], given[i]
            if part is None or room is view or room is part:
                continue
            if self.vectors[i]:
                part[...] = room.reshape(part.shape)
            else:
                self._store(room, part, view)

    def _vector(self, i: int, part: Array, count: int) -> Array:
        if i < self.read_count:
            dtype = np.intp if part.dtype.kind in "iu" else self.dtype
            return part.reshape(count).astype(dtype, copy=False)
        if part.ndim == 1 and part.dtype == self.dtype and part.flags.aligned and self.direct[i]:
            return part
        return np.empty(count, self.dtype)

    def _view(self, part: Array) -> Array | None:
        """A tile of one array as a matrix, without a copy; None if there is none."""
        matrix = part if part.ndim == 2 and self.dims == 1 else _collapsed(part, self._dims(part))
        return None if matrix is None else matrix.T

    def _dims(self, part: Array) -> int:
        """How many of a tile's dimensions are of examples."""
        return part.ndim - self.class_dims

    def _usable(self, view: Array, class_major: bool) -> bool:
        """Whether NumPy's loops go through a view at full speed.

        Of many short lines, far apart in memory, each pass would have to look up where they are.
        """
        size = self.dtype.itemsize
        far, near = view.strides if class_major else view.strides[::-1]
        lines, length = view.shape if class_major else view.shape[::-1]
        if class_major and lines > NARROW and far != length * size:
            return False
        in_order = (near == size or length == 1) and ((far > 0 and far % size == 0) or lines == 1)
        return in_order and view.dtype == self.dtype

    def _room(self, i: int, count: int, class_major: bool) -> Array:
        """An uninitialised matrix for array i: this thread's memory, kept from tile to tile.

        Fresh memory of a tile's size comes from the operating system page by page, which takes as
        long as filling it with exponentials.
        """
        size = self.classes * count
        key = i, threading.get_ident()
        if key not in self.buffers or self.buffers[key].size < size:
            self.buffers[key] = np.empty(size, self.dtype)
        room = self.buffers[key][:size]
        return room.reshape(-1, count) if class_major else room.reshape(count, -1).T

    def _load(self, room: Array, part: Array, view: Array | None) -> None:
        target = self._in_shape_of(part, room) if view is None else room
        np.copyto(target, part if view is None else view, "unsafe")

    def _store(self, room: Array, part: Array, view: Array | None) -> None:
        if view is None:
            part[...] = self._in_shape_of(part, room)
        elif self.classes <= NARROW:
            for row, values in zip(view, room, strict=True):
                row[...] = values
        else:
            view[...] = room

    def _in_shape_of(self, part: Array, room: Array) -> Array:
        """Contiguous room, seen in the shape of a tile that is no matrix."""
        dims = self._dims(part)
        if room.flags.f_contiguous:
            return room.T.reshape(part.shape)
        turned = room.reshape(part.shape[dims:] + part.shape[:dims])
        return turned.transpose(*range(part.ndim - dims, part.ndim), *range(part.ndim - dims))


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


def _collapsed(array: Array, dims: int) -> Array | None:
    """A view with the first `dims` dimensions as one, and the others as one; None if it has none.

    Of an array of no other dimensions, a vector.
    """
    shape, strides = array.shape, array.strides
    if not (_even(shape[:dims], strides[:dims]) and _even(shape[dims:], strides[dims:])):
        return None
    return array.reshape(prod(shape[:dims]), prod(shape[dims:]))


def _even(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether all entries are one stride apart, so that the dimensions can be taken as one."""
    expected = None
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if expected is not None and stride != expected:
                return False
            expected = size * stride
    return True
