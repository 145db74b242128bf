"""Which classes take part, and how much an example counts: arguments, and steps for kernels."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine import foreign
from derivlib._engine.arguments import Array, FloatArray, as_array
from derivlib._engine.tiles import Kernel

__all__ = [
    "as_class_weights",
    "as_ignored",
    "as_mask",
    "as_weights",
    "masked",
    "taking_part",
    "weigh",
]


def as_mask(where: ArrayLike, shape: tuple[int, ...]) -> Array | None:
    """`where`, checked, as bools of this shape; None if it is True, which leaves nothing out."""
    if where is True:
        return None
    mask = foreign.read("where", where)
    if mask.dtype.kind != "b":
        raise TypeError(f"where must be an array of bools, got dtype {mask.dtype}")
    return _broadcast("where", mask, shape)


def as_weights(name: str, weights: ArrayLike, shape: tuple[int, ...]) -> Array:
    """`weights`, checked, as finite numbers of this shape."""
    array = as_array(name, weights)
    if not np.isfinite(array).all():
        position = np.argwhere(~np.isfinite(array))[0].tolist()
        place = f"{name}{position}" if position else name
        raise ValueError(f"{place} is {array[tuple(position)]}, expected a finite number")
    return _broadcast(name, array, shape)


def as_class_weights(class_weights: ArrayLike, classes: int) -> Array:
    """`class_weights`, checked: a finite number for each class."""
    array = as_array("class_weights", class_weights)
    if array.shape != (classes,):
        raise ValueError(
            f"class_weights must have shape ({classes},), a weight for each class, "
            f"got {array.shape}"
        )
    return as_weights("class_weights", array, array.shape)


def _broadcast(name: str, array: Array, shape: tuple[int, ...]) -> Array:
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} of shape {array.shape} does not broadcast to {shape}") from None


def as_ignored(ignore_index: int) -> int:
    """`ignore_index`, checked."""
    try:
        if isinstance(ignore_index, bool | np.bool):
            raise TypeError
        return index(ignore_index)
    except TypeError:
        raise TypeError(f"ignore_index must be an integer, got {ignore_index!r}") from None


def taking_part(z: FloatArray, mask: Array | None) -> FloatArray:
    """A matrix of logits, with −inf for each class that takes no part."""
    return z if mask is None else np.where(mask, z, -np.inf)


def masked(kernel: Kernel, fill: float | None = None) -> Kernel:
    """`kernel` for z, a mask, and what else it takes; `fill` is its result where it is masked."""

    def run(z: FloatArray, mask: Array, *others: Any) -> None:
        kernel(taking_part(z, mask), *others)
        if fill is not None:
            np.copyto(others[-1], fill, where=mask == 0)

    return run


def weigh(result: FloatArray, factor: FloatArray) -> None:
    """Multiply a matrix or vector by a number for each example; 0 makes 0 of NaN and inf, too."""
    np.multiply(result, factor, out=result)
    if not factor.all():
        result[..., factor == 0] = 0
