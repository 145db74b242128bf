"""Functions of each entry by itself: to the tiles, an entry is an example of a single class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from derivlib._arrays import (
    Array,
    FloatArray,
    FloatDType,
    as_array,
    finished,
    float_dtype,
    native,
    result_array,
    working,
)
from derivlib._tiles import Block, Tile, run_tiles

Scratch: TypeAlias = Callable[[], FloatArray]  # each call gives another array of a tile's shape
# Called with the tiles of the inputs, those of the results, and a Scratch for what is in between.
Kernel: TypeAlias = Callable[..., None]


def unary(kernel: Kernel, z: ArrayLike, out: FloatArray | None, *, rooms: int) -> FloatArray:
    """`kernel` of each entry of the argument `z`."""
    array = as_array("z", z)
    result = new_result(array, float_dtype(array), out)
    apply(kernel, [array], result, rooms=rooms)
    return finished(result, out)


def new_result(like: Array, dtype: FloatDType, out: FloatArray | None) -> FloatArray:
    """`out`, checked, or a new array with its axes in memory as those of `like`."""
    if out is None:
        return np.empty_like(like, native(dtype), subok=False)
    return result_array(like.shape, dtype, out)


@np.errstate(all="ignore")
def apply(
    kernel: Kernel,
    inputs: Sequence[Array],
    output: FloatArray | None,
    value: FloatArray | None = None,
    *,
    rooms: int,
) -> None:
    """Fill `output`, and before it `value`, by `kernel`, which asks for `rooms` scratch arrays.

    All arrays have one shape, and the results the floats' dtype together. `output` may be memory of
    an input.
    """
    if not inputs[0].size:
        return

    def on_tile(tile: Tile) -> FloatArray | None:
        values = tile.values

        def fill(block: Block) -> None:
            nonlocal values
            results = [] if output is None else [block.out]
            if value is not None:
                if values is None:
                    values = block.work.like("value", block.out)[0]
                results.insert(0, values[None])
            kernel(*block.inputs, *results, _scratch(block))

        tile.write(fill)
        return values

    spare = rooms + (value is not None)
    dtype = working(float_dtype(*inputs))
    run_tiles(on_tile, (), dtype, inputs, output=output, per_example=value, spare=spare, vectors=0)


def _scratch(block: Block) -> Scratch:
    names = iter(("first", "second", "third", "fourth"))
    return lambda: block.work.like(next(names), block.out)
