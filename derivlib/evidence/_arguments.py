"""What the gradient tests are given, checked: points, gradients, directions, values of f."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivlib._engine import foreign

Floats: TypeAlias = NDArray[np.float64]
Gradient: TypeAlias = ArrayLike | Callable[[Floats], ArrayLike]


def as_real(name: str, given: ArrayLike) -> Floats:
    """`given` as an array of finite float64 numbers, checked."""
    array = foreign.read(name, given)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name}: real numbers are expected, given dtype {array.dtype}")
    if not array.size:
        raise ValueError(f"{name}: empty, of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: finite numbers are expected, given NaN or inf among them")
    return array.astype(np.float64)


def as_gradient(gradient: Gradient, x: Floats) -> Floats:
    """The gradient at x, checked."""
    given = gradient(x.copy()) if callable(gradient) else gradient
    return same_shape("gradient", as_real("gradient", given), x)


def same_shape(name: str, array: Floats, x: Floats) -> Floats:
    if array.shape != x.shape:
        raise ValueError(f"{name}: its shape {array.shape} is not that of x, {x.shape}")
    return array


def gaussian(shape: tuple[int, ...], count: int, seed: int) -> list[Floats]:
    """Gaussian directions."""
    if count < 1:
        raise ValueError(f"directions: at least 1 is expected, given {count}")
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)) for _ in range(count)]


def single(value: Any) -> Any:
    """The single number that `value` is or holds; ValueError if it is not one."""
    if np.size(value) != 1:
        raise ValueError(f"f: a single number is expected, given shape {np.shape(value)}")
    return np.asarray(value).item()


def finite(value: Any) -> Any:
    """`value` as a single finite number; ValueError if it is not one."""
    number = single(value)
    if not np.isfinite(number):
        raise ValueError(f"f: a finite number is expected, given {number}; does f overflow at x?")
    return number
