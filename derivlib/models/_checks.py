"""What the models ask of their arguments: floats of one dtype, and axes that agree."""

from __future__ import annotations

from numbers import Real
from operator import index
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from derivlib._arrays import Array, FloatArray, as_array, as_floats

Parameters = TypeVar("Parameters", bound="tuple[Any, ...]")


def floats(
    kind: type[Parameters],
    parameters: Parameters,
    X: ArrayLike,
    axes: tuple[str, ...],
    name: str = "parameters",
) -> tuple[Parameters, FloatArray]:
    """The parameters and X as arrays of one floating dtype, X with as many axes as named."""
    if not isinstance(parameters, kind):
        given = type(parameters)
        raise TypeError(
            f"{name} must be {kind.__module__}.{kind.__name__}, "
            f"got {given.__module__}.{given.__name__}"
        )
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    arrays = [as_floats(f"{name}.{f}", value) for f, value in zip(fields, parameters, strict=True)]
    features = as_floats("X", X)
    dims("X", features, axes)
    # A Python number has no dtype of its own, as in NumPy's arithmetic.
    weighty = [a for a, given in zip(arrays, parameters, strict=True) if not _is_number(given)]
    dtype = np.result_type(features, *weighty)
    if dtype == np.float16:  # a sum over a batch is beyond its range and its digits
        dtype = np.dtype(np.float32)
    cast = kind(*(array.astype(dtype, copy=False) for array in arrays))
    return cast, features.astype(dtype, copy=False)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, np.generic)


def dims(name: str, array: Array, axes: tuple[str, ...]) -> None:
    """Demand one dimension for each of `axes`."""
    if array.ndim != len(axes):
        expected = f"({', '.join(axes)}{',' * (len(axes) == 1)})"
        raise ValueError(f"{name} must have the shape {expected}, got {array.shape}")


def agree(what: str, *sides: tuple[str, Array, int]) -> None:
    """Demand the same size of one axis of each array; the message names the two that differ."""
    (first, array, axis), *others = sides
    size = array.shape[axis]
    for name, other, place in others:
        if other.shape[place] != size:
            raise ValueError(
                f"{first} has {size} {what} (axis {axis} of shape {array.shape}), "
                f"{name} has {other.shape[place]} (axis {place} of shape {other.shape})"
            )


def examples(X: FloatArray, labels: ArrayLike) -> tuple[FloatArray, Array]:
    """X and `labels`, which have one entry or row for each example; floats in one dtype."""
    y = as_array("labels", labels)
    if not y.ndim:
        raise ValueError(f"labels must have one entry for each of the {len(X)} rows of X, got {y}")
    agree("examples", ("X", X, 0), ("labels", y, 0))
    if not len(X):
        raise ValueError(f"X has no examples: its shape is {X.shape}, a mean needs one at least")
    if y.dtype.kind == "f":
        dtype = np.result_type(X, y)
        return X.astype(dtype, copy=False), y.astype(dtype, copy=False)
    return X, y


def penalty_weight(l2: float) -> float:
    """`l2`, checked."""
    if not isinstance(l2, Real) or isinstance(l2, bool | np.bool):
        raise TypeError(f"l2 must be a number, got {l2!r}")
    if not 0 <= l2 < float("inf"):
        raise ValueError(f"l2 must be finite and not negative, got {l2!r}")
    return float(l2)


def penalty(l2: float, *weights: FloatArray) -> float:
    """Half of l2 times the sum of the squared weights."""
    if not l2:
        return 0.0
    return 0.5 * l2 * sum(float(np.square(w, dtype=np.longdouble).sum()) for w in weights)


def size(name: str, value: int) -> int:
    """A number of features, units or classes, checked."""
    try:
        count = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return count
