"""Arguments of the kernels: checked and converted; and the arrays for their results."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from operator import index
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivlib._engine import foreign

Array: TypeAlias = NDArray[Any]
FloatArray: TypeAlias = NDArray[np.floating[Any]]
FloatDType: TypeAlias = np.dtype[np.floating[Any]]
Scalar = TypeVar("Scalar", bound=np.floating[Any])
Axes: TypeAlias = int | Sequence[int] | NDArray[np.integer[Any]] | None

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def as_array(name: str, value: ArrayLike) -> Array:
    """`value` as an array of floats, integers or bools; TypeError for any other dtype."""
    array = value if type(value) is np.ndarray else foreign.read(name, value)
    # 2: not a dtype of NumPy itself, such as a float of 8 bits
    if array.dtype.kind not in "fiub" or array.dtype.isbuiltin == 2:
        raise foreign.not_real_error(name, array)
    return array


def as_like(name: str, value: ArrayLike, other_name: str, other: Array) -> Array:
    """`as_array`; ValueError if the shape is not that of `other`."""
    array = as_array(name, value)
    if array.shape != other.shape:
        raise ValueError(
            f"{name} must have the shape of {other_name}, {other.shape}, got {array.shape}"
        )
    return array


def as_floats(name: str, value: ArrayLike) -> FloatArray:
    """`value` as an array of floats: a floating dtype is kept, integers and bools are float64."""
    array = as_array(name, value)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def float_dtype(*arrays: Array) -> FloatDType:
    """The dtype of the result: the common one of the floating arrays; without any, float64."""
    dtypes = [array.dtype for array in arrays if array.dtype.kind == "f"]
    if not dtypes:
        return _FLOAT64
    dtype = dtypes[0] if len(dtypes) == 1 else np.result_type(*dtypes)
    return dtype if dtype.isnative else dtype.newbyteorder("=")


def compute_dtype(dtype: FloatDType) -> FloatDType:
    """The dtype to compute in: float32 for float16, which is rounded once, at the end."""
    return _FLOAT32 if dtype.char == "e" else dtype


def overlap(a: Array, b: Array) -> bool:
    """Whether two arrays share memory; True as well where finding out would take too long."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return np.shares_memory(a, b, max_work=1000)  # type: ignore[arg-type]  # NumPy's stub
    except np.exceptions.TooHardError:
        return True


def as_axis(axis: int, ndim: int) -> int:
    """`axis`, checked and counted from the front."""
    try:
        if isinstance(axis, bool | np.bool):
            raise TypeError
        position = index(axis)
    except TypeError:
        raise TypeError(f"axis must be an integer, got {axis!r}") from None
    if not -ndim <= position < ndim:
        message = f"axis {position} is out of range for an array of {ndim} dimensions"
        raise np.exceptions.AxisError(message)  # a ValueError and an IndexError
    return position % ndim


def as_axes(axis: Axes, ndim: int) -> tuple[int, ...]:
    """`axis` as a sorted tuple of axes counted from the front; None is all axes.

    Of a single number, 0 and −1 are all of no axes, as in NumPy's reductions.
    """
    if type(axis) is int and -1 <= axis <= 0:
        return ((ndim - 1 if axis else 0),) if ndim else ()
    if type(axis) is tuple and not axis:
        return ()
    if axis is None:
        return tuple(range(ndim))
    several = isinstance(axis, Sequence) or (isinstance(axis, np.ndarray) and axis.ndim)
    named: Any = axis if several else [axis]
    axes = tuple(as_axis(a, ndim) for a in named)
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis must not repeat a dimension, got {axis!r}")
    return tuple(sorted(axes))


def as_smoothing(smoothing: float) -> float:
    """`label_smoothing`, checked, as a float from 0 to 1."""
    if isinstance(smoothing, bool | np.bool) or not isinstance(smoothing, Real):
        raise TypeError(f"label_smoothing must be a number, got {smoothing!r}")
    if not 0 <= smoothing <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, got {smoothing!r}")
    return float(smoothing)


def as_labels(
    labels: ArrayLike, shape: tuple[int, ...], axis: int, ignored: int | None = None
) -> Array:
    """`labels`, checked, as true classes (integers) or distributions (floats).

    An integer `ignored` may be among the true classes, whatever it is.
    """
    y = as_array("labels", labels)
    if y.dtype.kind == "b":
        raise TypeError(
            f"labels of dtype bool with shape {y.shape} are ambiguous: "
            "pass integers for true classes or floats for distributions"
        )
    error = foreign.labels_error(y, shape, axis)
    if error is not None:
        raise error
    if y.dtype.kind == "f":
        # NumPy makes an empty list an array of floats
        return y if y.shape == shape else y.astype(np.intp)
    if y.size and not (y.min() >= 0 and y.max() < shape[axis]):
        wrong = (y < 0) | (y >= shape[axis])
        if ignored is not None:
            wrong &= y != ignored
        for position in map(tuple, np.argwhere(wrong)[:1].tolist()):
            where = f"labels{list(position)}" if position else "labels"
            limits = f"0 <= label < {shape[axis]}, the number of classes"
            message = f"{where} is {y[position]}, expected {limits}"
            if y[position] < 0 and ignored is None:
                leave_out = f"softmax_cross_entropy(…, ignore_index={y[position]})"
                message += f"; {leave_out} leaves such examples out"
            raise ValueError(message)
    return y


def without(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` less the dimensions `axes`."""
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def result_array(shape: tuple[int, ...], dtype: FloatDType, out: FloatArray | None) -> FloatArray:
    """The array to write a result to: `out`, checked, or a new one."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be an array, got {type(out).__name__}")
    foreign.refuse("out", out)
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, the result has {shape}")
    if out.dtype != dtype:
        raise TypeError(f"out has dtype {out.dtype}, the result has {dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only")
    return out


def result_like(z: Array, dtype: FloatDType, out: FloatArray | None) -> FloatArray:
    """As `result_array`, of the shape of `z`, and laid out in memory as `z` is."""
    if out is None:
        return np.empty_like(z, dtype, subok=False)
    return result_array(z.shape, dtype, out)


def finished(result: FloatArray, out: FloatArray | None = None) -> Any:
    """`result` as the caller gets it: a 0-d array, unless it is `out`, becomes a NumPy scalar."""
    return result[()] if out is None and result.ndim == 0 else result
