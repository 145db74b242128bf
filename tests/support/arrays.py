"""Arrays of every dtype and layout, and an end to warnings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES = ["float16", "float32", "float64", "longdouble"]
unhurried = settings(deadline=None)  # a busy machine is no failure
INF, NAN = np.inf, np.nan


@contextmanager
def no_warning() -> Iterator[None]:
    """Whatever NumPy would warn of is an error."""
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def assert_equal(actual: Array, expected: Array, message: str = "") -> None:
    """As `np.testing.assert_array_equal`, in less time where the arrays are equal."""
    if actual.shape != expected.shape or not (actual == expected).all():
        np.testing.assert_array_equal(actual, expected, message)


def pairs_of_layouts(a: Array, b: Array) -> Iterator[tuple[str, str, Array, Array]]:
    """Each array in each of its layouts, beside the same and another, with the layouts' names."""
    first, second = list(layouts(a).items()), list(layouts(b).items())
    for turn in (0, 1):
        for (name, x), (other, y) in zip(first, second[turn:] + second[:turn], strict=True):
            yield name, other, x, y


def layouts(z: Array) -> dict[str, Array]:
    """The same values under different strides."""
    doubled = np.repeat(z, 2, axis=-1)
    return {
        "C": z,
        "Fortran": np.asfortranarray(z),
        "every other": doubled[..., ::2],
        "backwards": z[..., ::-1].copy()[..., ::-1],
        "byte-swapped": z.astype(z.dtype.newbyteorder()),
        "read-only": np.broadcast_to(z, z.shape),
    }
