"""Two functions of arrays compared, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivlib.display._wording import number
from derivlib.display.tables import Table
from derivlib.proof.views.words import in_markdown

__all__ = ["Comparison", "compare"]

MOST_ENTRIES = 12
CLOSE, NOISE = 1e-9, 1e-14
"""How far off an entry may be to be approximately right, beside itself and beside the largest."""


class Comparison(Table):
    """A function's result beside the right one; shown as a table.

    Attributes:
        exact: is every bit the same?
        approximate: is every entry the same but for rounding?
        largest: the largest difference; NaN if the shapes differ.
        shape: of the result.
        expected: the right shape.
        problem: why nothing could be compared, or "".
    """

    def __init__(self, given: object, right: NDArray[Any], problem: str = "") -> None:
        self.problem = problem
        self.expected = right.shape
        self.shape: tuple[int, ...] = ()
        self.exact = self.approximate = False
        self.largest = float("nan")
        rows: list[list[str]] = []
        if not problem:
            found = _numbers(given)
            if found is None:
                wanted = "an array of real numbers is expected"
                self.problem = f"{wanted}, given {type(given).__name__}"
            else:
                rows = self._compared(found, right)
        super().__init__(["entry", "right", "yours", "difference"], rows)

    def _compared(self, found: NDArray[Any], right: NDArray[Any]) -> list[list[str]]:
        self.shape = found.shape
        if found.shape != right.shape:
            self.problem = f"the shape is {found.shape}, and {right.shape} is expected"
            return []
        scale = float(np.abs(right).max(initial=0.0))
        with np.errstate(all="ignore"):
            apart = np.where(found == right, 0.0, np.abs(found - right))
        self.exact = bool(np.array_equal(found, right))
        self.largest = float(apart.max(initial=0.0))
        rounding = CLOSE * np.abs(right) + (NOISE * scale if np.isfinite(scale) else 0.0)
        self.approximate = bool(np.all((found == right) | (apart <= rounding)))
        places = [*np.ndindex(right.shape)]
        rows = [
            [_place(place), *(_told(a[place], scale) for a in (right, found, apart))]
            for place in places[:MOST_ENTRIES]
        ]
        if len(places) > MOST_ENTRIES:
            rows.append([f"… and {len(places) - MOST_ENTRIES} more", "", "", ""])
        return rows

    def summary(self) -> str:
        """One line: exact, approximate, largest difference, shape."""
        if self.problem:
            return self.problem
        answers = {True: "yes", False: "no"}
        return (
            f"exact: {answers[self.exact]} | approximate: {answers[self.approximate]} | "
            f"largest difference: {self.told_largest} | shape: {self.shape}"
        )

    @property
    def told_largest(self) -> str:
        """The largest difference in words."""
        return _told(self.largest, 1.0)

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{self.summary()}" if self.rows else self.summary()

    @property
    def markdown(self) -> str:
        summary = in_markdown(self.summary().replace("|", "·"))
        return f"{super().markdown}\n\n{summary}" if self.rows else summary


def compare(
    function: Callable[..., ArrayLike],
    right: Callable[..., ArrayLike],
    arrays: Mapping[str, ArrayLike],
) -> Comparison:
    """A function's result beside that of the right one, at the same arrays.

    Args:
        function: it is called with the arrays by their names. What it raises is told.
        right: likewise, such as a derivation's `.numpy()`.
        arrays: by name.

    >>> compare(lambda x: x, lambda x: 2 * x, {"x": np.array([1.0, 0.5])})
    entry | right | yours | difference
    [0]   | 2     | 1     | 1
    [1]   | 1     | 0.5   | 0.5
    exact: no | approximate: no | largest difference: 1 | shape: (2,)
    """
    if not callable(function):
        raise TypeError(f"function: a function is expected, given {function!r}")
    copies = {name: np.array(value, dtype=float) for name, value in arrays.items()}
    with np.errstate(all="ignore"):
        found = right(**{name: a.copy() for name, a in copies.items()})
    expected = np.asarray(found, dtype=float)
    try:
        with np.errstate(all="ignore"):
            given = function(**copies)
    except (Exception, SystemExit) as error:
        names = ", ".join(arrays)
        said = f"it was called with {names} by name, and raised {type(error).__name__}: {error}"
        return Comparison(None, expected, said)
    return Comparison(given, expected)


def _numbers(given: object) -> NDArray[Any] | None:
    """What a function gave as an array of floats; None if it is none of real numbers."""
    if isinstance(given, np.ma.MaskedArray):
        return None
    try:
        found = np.asarray(given)
        return found.astype(float) if found.dtype.kind in "fiub" else None
    except Exception:  # whatever the object raises
        return None


def _place(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]" if place else "the number"


def _told(value: float, scale: float) -> str:
    return "nan" if np.isnan(value) else number(float(value), scale)
