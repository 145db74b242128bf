"""Arguments of the plots, checked: arrays that can be drawn, and their names."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["Floats", "array", "check_texts", "choice", "names_of", "series", "significand_bits"]

Floats = NDArray[np.float64]

MOST_SERIES = 6  # more lines cannot be told apart
LONGEST = 40  # characters: a longer label or name leaves no room for the data


def array(
    name: str, given: ArrayLike, ndim: int, *, infinite: bool = False, positive: bool = False
) -> Floats:
    """A copy of `given` in float64, checked: not empty, and finite real entries."""
    try:
        values = np.asarray(given)
    except ValueError:
        raise ValueError(f"{name}: an array is expected, given rows of different lengths") from None
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{name}: real numbers are expected, given dtype {values.dtype}")
    if values.ndim != ndim or not values.size:
        kind = {1: "a vector", 2: "a matrix"}[ndim]
        raise ValueError(f"{name}: {kind} with entries is expected, given shape {values.shape}")
    floats = values.astype(np.float64)
    refused = np.isnan(floats) if infinite else ~np.isfinite(floats)
    if refused.any():
        where = [int(i) for i in np.argwhere(refused)[0]]
        wanted = "no NaN is expected" if infinite else "finite numbers are expected"
        raise ValueError(f"{name}: {wanted}, given {floats[tuple(where)]} at index {where}")
    if positive and floats.min() <= 0:
        raise ValueError(f"{name}: positive numbers fit a log scale, given {floats.min()}")
    return floats


def series(
    name: str, given: Mapping[str, ArrayLike], length: int, beside: str, *, infinite: bool = False
) -> dict[str, Floats]:
    """The vectors of a dict {label: vector}, checked: each of `length` entries, like `beside`."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name}: a dict {{label: values}} is expected, given {type(given)}")
    if not 1 <= len(given) <= MOST_SERIES:
        raise ValueError(f"{name}: 1 to {MOST_SERIES} labels are expected, given {len(given)}")
    result = {}
    for label, values in given.items():
        check_texts(**{f"{name}, a label": label})
        if not label.strip() or label.startswith("_"):
            raise ValueError(
                f"{name}: labels that start with a letter are expected, given {label!r}"
            )
        _check_length(name, label)
        vector = array(f"{name}[{label!r}]", values, 1, infinite=infinite)
        if vector.size != length:
            raise ValueError(
                f"{name}[{label!r}]: {length} values are expected, as many as in {beside}, "
                f"given {vector.size}"
            )
        result[label] = vector
    return result


def names_of(name: str, given: Sequence[object] | None, length: int | None = None) -> list[str]:
    """Names as strings, checked; by default the indices from 0."""
    if given is None:
        return [str(index) for index in range(length or 0)]
    if isinstance(given, str):
        raise TypeError(f"{name}: a list of names is expected, given the string {given!r}")
    names = [str(one) for one in given]
    if not names or (length is not None and len(names) != length):
        raise ValueError(f"{name}: {length or 'some'} names are expected, given {len(names)}")
    for one in names:
        _check_length(name, one)
    return names


def significand_bits(dtype: DTypeLike) -> int:
    """The bits of a significand after the point: 52 for float64."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype: a floating dtype is expected, given {np.dtype(dtype)}")
    return int(np.finfo(dtype).nmant)


def choice(name: str, given: str, *options: str) -> None:
    """Raise ValueError unless `given` is one of the options."""
    if given not in options:
        raise ValueError(f"{name}: one of {', '.join(options)} is expected, given {given!r}")


def check_texts(**texts: object) -> None:
    """Raise TypeError unless all are strings."""
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TypeError(f"{name}: a string is expected, given {type(text)}")


def _check_length(name: str, text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"{name}: at most {LONGEST} characters are expected, given {text!r}")
