"""Arguments of the models: checked and converted to floats of one dtype, their axes compared."""

from __future__ import annotations

from numbers import Real
from operator import index
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, FloatArray, as_array, as_floats

Parameters = TypeVar("Parameters", bound="tuple[Any, ...]")


def as_float_arrays(
    kind: type[Parameters],
    parameters: Parameters,
    X: ArrayLike,
    axes: tuple[str, ...],
    name: str = "parameters",
) -> tuple[Parameters, FloatArray]:
    """The parameters and X, checked, as arrays of one floating dtype.

    `kind` is the model's class of parameters, `axes` names the axes that X must have, and `name` is
    what messages call the parameters.
    """
    if not isinstance(parameters, kind):
        given = type(parameters)
        raise TypeError(
            f"{name} must be {kind.__module__}.{kind.__name__}, "
            f"got {given.__module__}.{given.__name__}"
        )
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    arrays = [as_floats(f"{name}.{f}", value) for f, value in zip(fields, parameters, strict=True)]
    features = as_floats("X", X)
    require_dims("X", features, axes)
    # A Python number has no dtype of its own, as in NumPy's arithmetic.
    typed = [a for a, given in zip(arrays, parameters, strict=True) if not _is_number(given)]
    dtype = np.result_type(features, *typed)
    if dtype == np.float16:  # a sum over a batch needs more range and more digits
        dtype = np.dtype(np.float32)
    cast = kind(*(array.astype(dtype, copy=False) for array in arrays))
    return cast, features.astype(dtype, copy=False)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, np.generic)


def require_dims(name: str, array: Array, axes: tuple[str, ...]) -> None:
    """Raise ValueError unless `array` has one dimension for each of `axes`."""
    if array.ndim != len(axes):
        expected = f"({', '.join(axes)}{',' * (len(axes) == 1)})"
        raise ValueError(f"{name} must have the shape {expected}, got {array.shape}")


def require_same_size(what: str, *sides: tuple[str, Array, int]) -> None:
    """Raise ValueError unless the sides (name, array, axis) have the same size along their axes."""
    (first, array, axis), *others = sides
    size = array.shape[axis]
    for name, other, other_axis in others:
        if other.shape[other_axis] != size:
            raise ValueError(
                f"{first} has {size} {what} (axis {axis} of shape {array.shape}), "
                f"{name} has {other.shape[other_axis]} (axis {other_axis} of shape {other.shape})"
            )


def with_labels(X: FloatArray, labels: ArrayLike) -> tuple[FloatArray, Array]:
    """X and `labels`, checked: an entry or row of labels for each row of X, floats of one dtype."""
    y = as_array("labels", labels)
    if not y.ndim:
        raise ValueError(f"labels must have one entry for each of the {len(X)} rows of X, got {y}")
    require_same_size("examples", ("X", X, 0), ("labels", y, 0))
    if not len(X):
        raise ValueError(f"X has no examples: its shape is {X.shape}, a mean needs one at least")
    if y.dtype.kind == "f":
        dtype = np.result_type(X, y)
        return X.astype(dtype, copy=False), y.astype(dtype, copy=False)
    return X, y


def as_l2(l2: float) -> float:
    """`l2`, checked, as a float."""
    if not isinstance(l2, Real) or isinstance(l2, bool | np.bool):
        raise TypeError(f"l2 must be a number, got {l2!r}")
    try:
        number = float(l2)
    except OverflowError:  # an integer may be larger than any float
        number = float("inf")
    if not 0 <= number < float("inf"):
        raise ValueError(f"l2 must be finite and not negative, got {l2!r}")
    return number


def as_size(name: str, value: int) -> int:
    """A number of features, units or classes, checked: at least 1."""
    try:
        count = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")
    return count
