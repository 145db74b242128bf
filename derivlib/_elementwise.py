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
    compute_dtype,
    finished,
    float_dtype,
    native,
    result_array,
)
from derivlib._tiles import Block, Tile, run_tiles

# Each call gives another uninitialised array of a tile's shape: as many as the kernel's
# `scratch_count` says.
Scratch: TypeAlias = Callable[[], FloatArray]
# Called with a block of each input, then of each result, which it must fill, then with a Scratch.
Kernel: TypeAlias = Callable[..., None]


def unary(
    kernel: Kernel, z: ArrayLike, out: FloatArray | None, *, scratch_count: int
) -> FloatArray:
    """`kernel` of each entry of the argument `z`."""
    array = as_array("z", z)
    result = new_result(array, float_dtype(array), out)
    apply(kernel, [array], result, scratch_count=scratch_count)
    return finished(result, out)


def new_result(like: Array, dtype: FloatDType, out: FloatArray | None) -> FloatArray:
    """The array to write a result to: `out`, checked, or a new one laid out in memory as `like`."""
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
    scratch_count: int,
) -> None:
    """Call `kernel` with blocks of the inputs, of `value` if given, and of `output` if given.

    All arrays must have one shape. Pass the number of scratch arrays that the kernel asks for.
    `output` may share memory with an input; `value` may not.
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

    run_tiles(
        on_tile,
        (),
        compute_dtype(float_dtype(*inputs)),
        inputs,
        output=output,
        per_example=value,
        scratch_matrices=scratch_count + (value is not None),
        scratch_vectors=0,
    )


def _scratch(block: Block) -> Scratch:
    """Scratch arrays from the block's workspace: four at the most."""
    names = iter(("first", "second", "third", "fourth"))
    return lambda: block.work.like(next(names), block.out)
