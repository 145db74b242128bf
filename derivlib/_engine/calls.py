"""Kernels put together with the arguments of their public functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import (
    Array,
    Axes,
    FloatArray,
    FloatDType,
    as_array,
    as_axes,
    as_like,
    compute_dtype,
    finished,
    float_dtype,
    result_array,
    result_like,
    without,
)
from derivlib._engine.options import as_mask, masked
from derivlib._engine.tiles import Kernel, run_on_tiles

__all__ = ["along_axes", "over_axes"]


def along_axes(
    kernel: Kernel,
    axis: Axes,
    out: FloatArray | None,
    *,
    where: ArrayLike = True,
    fill: float = 0.0,
    **given: ArrayLike,
) -> Any:
    """The result of `kernel`, of the shape of its arguments, each called by its name.

    With the axes (), the kernel gets each entry by itself. Where `where` is False, no entry takes
    part, and the result is `fill`.
    """
    arrays, axes, dtype = _checked(axis, given)
    if (mask := as_mask(where, arrays[0].shape)) is not None:
        kernel = masked(kernel, fill)
        arrays.insert(1, mask)
    result = result_like(arrays[0], dtype, out)
    if result.size:
        run_on_tiles(kernel, axes, compute_dtype(dtype), arrays, [result])
    return finished(result, out)


def over_axes(
    kernel: Kernel,
    axis: Axes,
    keepdims: bool,
    out: FloatArray | None,
    *,
    of_nothing: float,
    **given: ArrayLike,
) -> Any:
    """The result of `kernel`, one number for each example; with no classes, `of_nothing`."""
    arrays, axes, dtype = _checked(axis, given)
    shape = arrays[0].shape
    kept = tuple(1 if i in axes else size for i, size in enumerate(shape))
    result = result_array(kept if keepdims else without(shape, axes), dtype, out)
    if arrays[0].size:
        value = result.view(np.ndarray).squeeze(axes) if keepdims else result
        run_on_tiles(kernel, axes, compute_dtype(dtype), arrays, [value])
    else:
        result.fill(of_nothing)
    return finished(result, out)


def _checked(
    axis: Axes, given: Mapping[str, ArrayLike]
) -> tuple[list[Array], tuple[int, ...], FloatDType]:
    """The arrays, all of one shape, the axes, and the dtype of the result."""
    (name, first), *others = given.items()
    arrays = [as_array(name, first)]
    for other, value in others:
        arrays.append(as_like(other, value, name, arrays[0]))
    axes = as_axes(axis, arrays[0].ndim)
    dtype = float_dtype(arrays[0])
    if len(arrays) > 1:
        dtype = np.result_type(*map(float_dtype, arrays))
    return arrays, axes, dtype
