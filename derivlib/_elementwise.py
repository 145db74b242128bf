"""Functions of each entry by itself, on arrays of any layout and dtype, tile by tile.

A kernel sees contiguous tiles of one floating dtype, small enough to stay in the cache, and whose
memory nothing else shares. It gets the same values whatever the layout of the arrays and the
number of threads, so its results are the same to the last bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from derivlib._arrays import (
    Array,
    FloatArray,
    FloatDType,
    as_array,
    finished,
    native,
    result_array,
    working,
)
from derivlib._threads import run

Index: TypeAlias = tuple[Any, ...]
Scratch: TypeAlias = Callable[[], FloatArray]  # each call gives another array of a tile's shape
# Called with the tiles of the inputs, those of the results, and a Scratch for what is in between.
Kernel: TypeAlias = Callable[..., None]

# In bytes. Threads wait for each other between NumPy's calls: the larger a tile, the less.
TILE = 1 << 19  # at most
SCRATCH = 7 << 17  # of one thread
LINE = 64  # of the cache; where tiles begin
SMALL = 1 << 14  # fresh memory of so little costs next to nothing


def unary(kernel: Kernel, z: ArrayLike, out: FloatArray | None, *, rooms: int) -> FloatArray:
    """`kernel` of each entry of the argument `z`."""
    array = as_array("z", z)
    result = new_result(array, float_dtype(array), out)
    apply(kernel, [array], [result], out, rooms=rooms)
    return finished(result, out)


def float_dtype(*arrays: Array) -> FloatDType:
    """The dtype of a result: that of the floats together; integers and bools are float64."""
    dtypes = [array.dtype for array in arrays if array.dtype.kind == "f"]
    return np.result_type(*dtypes) if dtypes else np.dtype(np.float64)


def new_result(like: Array, dtype: FloatDType, out: FloatArray | None) -> FloatArray:
    """`out`, checked, or a new array with its axes in memory as those of `like`."""
    if out is None:
        return np.empty_like(like, native(dtype))
    return result_array(like.shape, dtype, out)


@np.errstate(all="ignore")
def apply(
    kernel: Kernel,
    inputs: Sequence[Array],
    results: Sequence[FloatArray],
    out: FloatArray | None,
    *,
    rooms: int,
) -> None:
    """Fill `results` by `kernel`, which asks for scratch arrays up to `rooms` times.

    All arrays have one shape, and the results the floats' dtype together. One of the results may be
    `out`, which may be memory of an input.
    """
    shape, dtype = inputs[0].shape, working(float_dtype(*inputs))
    size = prod(shape)
    small = size * dtype.itemsize <= SMALL
    if out is not None:
        inputs = [_kept(array, out, small) for array in inputs]
    if small and all(_fits(result, dtype) for result in results):
        if size:
            inputs = [a if _fits(a, dtype) else a.astype(dtype, order="C") for a in inputs]
            kernel(*inputs, *results, partial(np.empty, shape, dtype))
        return

    arrays = _in_order([*inputs, *results])
    inputs, results = arrays[: len(inputs)], arrays[len(inputs) :]
    rooms += sum(not _fits(array, dtype) for array in arrays)
    rooms += sum(not _apart(array, results) for array in inputs)
    nbytes = min(TILE, SCRATCH // max(rooms, 1) // LINE * LINE)

    def work(index: Index) -> None:
        read = [array[index] for array in inputs]
        written = [array[index] for array in results]
        with _Rooms(read[0].shape, dtype) as room:
            sources = [
                tile if _fits(tile, dtype) and _apart(tile, written) else _copy(tile, room())
                for tile in read
            ]
            targets = [tile if _fits(tile, dtype) else room() for tile in written]
            kernel(*sources, *targets, room)
            for tile, target in zip(written, targets, strict=True):
                if target is not tile:
                    tile[...] = target

    for_tiles(work, inputs[0].shape, nbytes // dtype.itemsize)


def for_tiles(work: Callable[[Index], None], shape: tuple[int, ...], limit: int) -> None:
    """Call `work` with indices that cut an array of `shape` into tiles of up to `limit` entries."""
    size = prod(shape)
    if size > limit:
        run(work, _tiles(shape, limit))
    elif size:
        work((...,))


def _tiles(shape: tuple[int, ...], limit: int) -> list[Index]:
    """Cut along the first axes: then a tile of C-contiguous memory is contiguous itself."""
    rest = prod(shape[1:])
    if rest > limit:
        inner = _tiles(shape[1:], limit)
        return [(i, *index) for i in range(shape[0]) for index in inner]
    step = limit // rest
    return [(slice(i, i + step),) for i in range(0, shape[0], step)]


class _Rooms:
    """A Scratch whose memory is used again: fresh from the system, it would cost page faults."""

    _free: ClassVar[deque[Array]] = deque(maxlen=16)  # its methods are atomic

    def __init__(self, shape: tuple[int, ...], dtype: FloatDType) -> None:
        self._shape, self._dtype = shape, dtype
        self._nbytes = prod(shape) * dtype.itemsize
        self._used = 0

    def __call__(self) -> FloatArray:
        start, end = self._used, self._used + self._nbytes
        self._used = -(-end // LINE) * LINE
        return self._memory[start:end].view(self._dtype).reshape(self._shape)

    def __enter__(self) -> _Rooms:
        try:
            self._memory = self._free.pop()
        except IndexError:
            self._memory = np.empty(SCRATCH, np.uint8)
        return self

    def __exit__(self, *error: object) -> None:
        self._free.append(self._memory)


def _fits(array: Array, dtype: FloatDType) -> bool:
    """Whether a kernel may see the array's own memory."""
    flags = array.flags
    return array.dtype == dtype and flags.c_contiguous and flags.aligned


def _apart(tile: Array, written: Sequence[Array]) -> bool:
    return not any(np.may_share_memory(tile, other) for other in written)


def _copy(tile: Array, room: FloatArray) -> FloatArray:
    np.copyto(room, tile, casting="unsafe")
    return room


def _kept(array: Array, out: FloatArray, small: bool) -> Array:
    """`array`, or a copy where a tile of `out` would overwrite another tile of it."""
    if np.may_share_memory(array, out) and (small or _place(array) != _place(out)):
        return array.copy()
    return array


def _place(array: Array) -> tuple[object, ...]:
    return array.__array_interface__["data"][0], array.strides, array.itemsize


def _in_order(arrays: list[Array]) -> list[Array]:
    """The arrays with their axes as they lie in the first's memory, and flat if all allow."""
    if not all(array.flags.c_contiguous for array in arrays):
        strides = arrays[0].strides
        order = sorted(range(len(strides)), key=lambda axis: -abs(strides[axis]))
        arrays = [array.transpose(order) for array in arrays]
    if all(array.flags.c_contiguous for array in arrays):
        return [array.reshape(-1) for array in arrays]
    return arrays
