"""Arrays of other libraries: read as NumPy reads them, or refused where that forgets something.

`numpy.asarray` drops a mask and a unit, takes NaN for what is missing, and computes what is lazy,
all without a word. What may be read becomes a plain array of NumPy, and so does the result. The
rest is refused: `REFUSED` says how it is recognised, and what to do instead. Nothing is imported
for that: a type is known by what it offers.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["labels_error", "not_real_error", "read", "refuse"]

MAX_DEPTH = 64
"""No array of NumPy has more dimensions, so lists are searched no deeper."""


class Refused(NamedTuple):
    """A kind of value that NumPy would misread: how to recognise it, and what to say."""

    is_met: Callable[[Any], bool]
    error: type[Exception]
    what: str
    instead: str


def read(name: str, value: object) -> NDArray[Any]:
    """`value`, the argument `name`, as a plain array of NumPy, of any dtype.

    Read are numbers, lists of them, and all that has `__array__` or a buffer: subclasses of
    `numpy.ndarray` such as `numpy.memmap` and `numpy.matrix`, series and tables in which nothing is
    missing, tensors in the memory of the CPU.

    Raises
    ------
    TypeError
        `value` is lazy, traced, sparse or categorical, has a unit, or requires a gradient; or its
        own library does not let NumPy read it.
    ValueError
        Entries of `value` are masked or missing; it is ragged.

    Examples
    --------
    >>> read("z", range(3))
    array([0, 1, 2])
    >>> read("z", np.ma.masked_invalid([1.0, np.nan]))
    Traceback (most recent call last):
    ValueError: z has masked entries: fill them, as by z.filled(0), or leave them out \
(given: numpy.ma.MaskedArray)
    """
    refuse(name, value)
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as reason:  # whatever another library raises
        error = ValueError if isinstance(reason, ValueError) else TypeError
        said = str(reason)
        if not isinstance(value, list | tuple):
            said = f"{_name(type(value))} says {said}; pass an array of NumPy"
        raise error(f"{name} must be an array of real numbers: {said}") from None


def refuse(name: str, value: object, depth: int = MAX_DEPTH) -> None:
    """Raise an error if `value`, or what a list holds, is of a kind that NumPy would misread."""
    if isinstance(value, list | tuple):
        if depth and not all(map(_is_plain, set(map(type, value)))):
            for position, item in enumerate(value):
                refuse(f"{name}[{position}]", item, depth - 1)
    elif not _is_plain(type(value)):
        for row in REFUSED:
            if row.is_met(value):
                instead = row.instead.format(name=name)
                raise row.error(f"{name} {row.what}: {instead} (given: {_name(type(value))})")


def not_real_error(name: str, array: NDArray[Any]) -> TypeError:
    """The error for an array whose entries are no real numbers."""
    kind, given = array.dtype.kind, f"dtype {array.dtype} with shape {array.shape}"
    instead = INSTEAD.get(kind, "")
    if array.dtype.isbuiltin == 2:  # not NumPy's own: floats of 8 bits, bfloat16
        instead = "pass {name}.astype(np.float32)"
    if kind == "O" and not array.ndim:  # what NumPy takes for a single object
        item = array[()]
        given = "None" if item is None else f"a {_name(type(item))}"
        instead = "pass an array or a list"
    elif kind == "O" and array.size:
        item = next((x for x in array.flat if not isinstance(x, float | int)), array.flat[0])
        given += f", an entry of which is {reprlib.repr(item)}"
        if type(item).__name__ in ("NoneType", "NAType", "NaTType"):
            instead = "fill what is missing, or leave it out"
    return TypeError(
        f"{name} must be an array of real numbers, got {given}: {instead.format(name=name)}"
    )


def labels_error(labels: NDArray[Any], shape: tuple[int, ...], axis: int) -> ValueError | None:
    """The error for `labels` that do not belong to logits of this shape; None if they do.

    Integers are true classes and floats distributions; but floats in the shape of true classes are
    most often classes of which some are missing, and an empty list has the dtype float64.
    """
    classes = shape[:axis] + shape[axis + 1 :]
    soft, fits = labels.dtype.kind == "f", labels.shape == classes
    if (soft and labels.shape == shape) or (fits and not (soft and labels.size)):
        return None
    missing = np.argwhere(np.isnan(labels)).tolist() if fits else []
    if missing:
        where = f"labels{missing[0]}" if missing[0] else "labels"
        return ValueError(f"{where} is missing (NaN): leave its example out")
    asked = f"for logits of shape {shape} and axis {axis}"
    if soft and labels.size:
        return ValueError(
            f"labels are floats, which are distributions: {asked} they must have shape {shape}, "
            f"got {labels.shape}; true classes are integers, of shape {classes}"
        )
    given = "integers, which are true classes" if labels.size else "empty"
    return ValueError(
        f"labels are {given}: {asked} they must have shape {classes}, got {labels.shape}"
    )


# --- how to recognise what is refused -------------------------------------------------------------


def _offers(value: object, *names: str) -> bool:
    """Whether the type has all these. The instance is not asked: the attributes of a table are its
    columns, whatever they are called."""
    return all(hasattr(type(value), name) for name in names)


def _is_plain(kind: type) -> bool:
    return kind in (float, int, bool, np.ndarray) or issubclass(kind, np.generic)


def _is_lazy(value: Any) -> bool:
    return _offers(value, "__dask_graph__") and value.__dask_graph__() is not None


def _is_masked(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.any(getattr(value, "mask", False)))
    return _offers(value, "get_mask")


def _has_a_unit(value: Any) -> bool:
    offered = ("unit", "to_value"), ("units", "magnitude"), ("in_units",)
    return any(_offers(value, *names) for names in offered)


def _is_traced(value: Any) -> bool:
    return any(k.__name__ == "Tracer" and "jax" in k.__module__ for k in type(value).__mro__)


def _dtypes(value: Any) -> list[Any]:
    """The dtype of a series, those of a table's columns."""
    if not _offers(value, "isna"):
        return []
    return list(value.dtypes) if _offers(value, "columns") else [value.dtype]


def _is_categorical(value: Any) -> bool:
    return any(str(dtype) == "category" for dtype in _dtypes(value))


def _has_missing(value: Any) -> bool:
    """Whether an entry is missing. In a column of a dtype of NumPy's, NaN is a number like any."""
    if any(not isinstance(dtype, np.dtype) for dtype in _dtypes(value)):
        return bool(np.any(value.isna()))
    if _offers(value, "itercolumns"):
        return any(column.null_count for column in value.itercolumns())
    count = value.null_count if _offers(value, "null_count", "__array__") else 0
    return bool(np.any(count() if callable(count) else count))


def _requires_grad(value: Any) -> bool:
    return _offers(value, "requires_grad", "detach") and bool(value.requires_grad)


REFUSED = (
    Refused(
        _is_lazy,
        TypeError,
        "is lazy, and reading it would compute it",
        "pass {name}.compute(), or map the function over its blocks, as by dask.array.map_blocks",
    ),
    Refused(
        _is_masked,
        ValueError,
        "has masked entries",
        "fill them, as by {name}.filled(0), or leave them out",
    ),
    Refused(
        _has_a_unit,
        TypeError,
        "has a unit, which would be dropped",
        "pass its numbers, in the unit that you mean",
    ),
    Refused(
        _is_traced,
        TypeError,
        "is traced, and has no numbers yet",
        "call the function outside of jit, grad and vmap, or through jax.pure_callback",
    ),
    Refused(
        _is_categorical,
        TypeError,
        "is categorical, which may mean its values or their codes",
        "pass the codes of its categories, or its values, as by {name}.astype(int)",
    ),
    Refused(_has_missing, ValueError, "has missing entries", "fill them, or leave them out"),
    Refused(
        _requires_grad,
        TypeError,
        "requires a gradient, which would stop here",
        "pass {name}.detach()",
    ),
    Refused(lambda x: _offers(x, "todense"), TypeError, "is sparse", "pass {name}.todense()"),
)
"""In the order in which they are asked; nothing refused by one needs to be safe for the next."""

INSTEAD = {
    "O": "pass numbers, as by np.asarray({name}, float)",
    "U": "pass numbers, as by np.asarray({name}, float)",
    "S": "pass numbers, as by np.asarray({name}, float)",
    "T": "pass numbers, as by np.asarray({name}, float)",
    "c": "pass its real or its imaginary part",
    "M": "pass numbers, such as the days since one of the dates",
    "m": "pass numbers, as by {name} / np.timedelta64(1, 's')",
    "V": "pass one of its fields",
}
"""What to do instead, by the kind of the dtype."""


def _name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"
