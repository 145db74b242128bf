"""Arrays of other libraries: read as NumPy reads them, or refused where that forgets something.

`numpy.asarray` drops a mask and a unit, takes NaN for what is missing, and computes what is lazy,
all without a word. What may be read becomes a plain array of NumPy, and so does the result. The
rest is refused: `REFUSED` says how it is recognised, and what to do instead. Nothing is imported
for that: a type is known by what it offers.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["labels_error", "not_real_error", "read", "refuse"]

LISTS = (list, tuple)
MAX_DEPTH = 64
"""No array of NumPy has more dimensions, so lists are searched no deeper."""


class Refused(NamedTuple):
    """A kind of value that NumPy would misread: which types may be it, which of their values are,
    and what to say."""

    may_be: Callable[[type], bool]
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
        if not isinstance(value, LISTS):
            said = f"{_name(type(value))} says {said}; pass an array of NumPy"
        raise error(f"{name} must be an array of real numbers: {said}") from None


def refuse(name: str, value: object) -> None:
    """Raise an error if `value`, or what a list holds, is of a kind that NumPy would misread."""
    found = _find(value, MAX_DEPTH)
    if found is not None:
        row, place, item = found
        instead = row.instead.format(name=name + place)
        raise row.error(f"{name}{place} {row.what}: {instead} (given: {_name(type(item))})")


def _find(value: Any, depth: int) -> tuple[Refused, str, object] | None:
    """The row that refuses `value`; or where in a list there is something that one refuses."""
    if not isinstance(value, LISTS):
        for row in _rows(type(value)):
            if row.is_met(value):
                return row, "", value
    elif depth and any(map(_is_looked_into, set(map(type, value)))):
        for position, item in enumerate(value):
            if (found := _find(item, depth - 1)) is not None:
                row, place, culprit = found
                return row, f"[{position}]{place}", culprit
    return None


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


def _offering(*names: str) -> Callable[[type], bool]:
    """Whether a type has all these. Its values are not asked: the attributes of a table are its
    columns, whatever they are called."""
    return lambda kind: all(hasattr(kind, name) for name in names)


def _has_a_mask(kind: type) -> bool:
    return issubclass(kind, np.ndarray) and hasattr(kind, "mask")


def _has_a_unit(kind: type) -> bool:
    """astropy's, pint's and unyt's."""
    offered = ("unit", "to_value"), ("units", "magnitude"), ("in_units",)
    return any(_offering(*names)(kind) for names in offered)


def _is_traced(kind: type) -> bool:
    return any(base.__name__ == "Tracer" and "jax" in base.__module__ for base in kind.__mro__)


def _always(value: Any) -> bool:
    return True


def _dtypes(value: Any) -> list[Any]:
    """The dtype of a series of pandas, those of a table's columns."""
    return list(value.dtypes) if hasattr(type(value), "columns") else [value.dtype]


def _is_categorical(value: Any) -> bool:
    return any(str(dtype) == "category" for dtype in _dtypes(value))


def _lacks_entries(value: Any) -> bool:
    """In a column of a dtype of NumPy's, NaN is a number as any other."""
    own = any(not isinstance(dtype, np.dtype) for dtype in _dtypes(value))
    return own and bool(np.any(value.isna()))


def _counts_nulls(value: Any) -> bool:
    count = value.null_count
    return bool(np.any(count() if callable(count) else count))


def _has_null_columns(value: Any) -> bool:
    return any(column.null_count for column in value.itercolumns())


MISSING = ValueError, "has missing entries", "fill them, or leave them out"
MASKED = ValueError, "has masked entries", "fill them, as by {name}.filled(0), or leave them out"

REFUSED = (
    Refused(
        _offering("__dask_graph__"),
        lambda value: value.__dask_graph__() is not None,
        TypeError,
        "is lazy, and reading it would compute it",
        "pass {name}.compute(), or map the function over its blocks, as by dask.array.map_blocks",
    ),
    Refused(_has_a_mask, lambda value: bool(np.any(value.mask)), *MASKED),
    Refused(_offering("get_mask"), _always, *MASKED),
    Refused(
        _has_a_unit,
        _always,
        TypeError,
        "has a unit, which would be dropped",
        "pass its numbers, in the unit that you mean",
    ),
    Refused(
        _is_traced,
        _always,
        TypeError,
        "is traced, and has no numbers yet",
        "call the function outside of jit, grad and vmap, or through jax.pure_callback",
    ),
    Refused(
        _offering("isna"),
        _is_categorical,
        TypeError,
        "is categorical, which may mean its values or their codes",
        "pass the codes of its categories, or its values, as by {name}.astype(int)",
    ),
    Refused(_offering("isna"), _lacks_entries, *MISSING),
    Refused(_offering("null_count", "__array__"), _counts_nulls, *MISSING),
    Refused(_offering("itercolumns"), _has_null_columns, *MISSING),
    Refused(
        _offering("requires_grad", "detach"),
        lambda value: bool(value.requires_grad),
        TypeError,
        "requires a gradient, which would stop here",
        "pass {name}.detach()",
    ),
    Refused(_offering("todense"), _always, TypeError, "is sparse", "pass {name}.todense()"),
)
"""In the order in which they are asked: what one refuses, the next need not understand."""

_rows: Callable[[type], tuple[Refused, ...]] = cache(
    lambda kind: tuple(row for row in REFUSED if row.may_be(kind))
)
"""The rows that values of a type may meet: none, for numbers and for arrays of NumPy."""

_is_looked_into: Callable[[type], bool] = cache(
    lambda kind: issubclass(kind, LISTS) or bool(_rows(kind))
)

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
