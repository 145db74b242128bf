"""Rows of different lengths, laid end to end: the terms of a Σ that other indices cut short."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


class Rows:
    """The places that a mask counts, so that nothing is computed at any other.

    The mask has one axis for each index in scope and one for the index that is summed over. The
    axes along which it varies become one axis at the end, on which the counted places follow each
    other, row by row; the others stay, in their order.

    >>> rows = Rows(np.array([[True, False], [True, True]]), axes=2)
    >>> rows.places(np.array([7, 8])), rows.spread(np.array([[1], [2]]))
    (array([7, 7, 8]), array([1, 2, 2]))
    >>> rows.sums(np.array([1.0, 10.0, 100.0]))
    array([  1., 110.])
    """

    def __init__(self, counted: Array, axes: int) -> None:
        counted = _with_axes(counted, axes)
        self.axes = axes
        self.varying = [axis for axis, n in enumerate(counted.shape[:-1]) if n > 1]
        self.fixed = axes - 1 - len(self.varying)
        self.lengths = counted.sum(axis=-1).reshape([counted.shape[a] for a in self.varying])
        *row, self.column = np.nonzero(counted)
        self.row_of = [row[axis] for axis in self.varying]

    def places(self, every: Array) -> Array:
        """The counted ones of all places along the last axis."""
        taken: Array = every[self.column]
        return taken

    def spread(self, outer: Array) -> Array:
        """An array without the last axis's index, repeated along each row."""
        outer = _with_axes(outer, self.axes)[..., 0]
        rows = [
            row * (outer.shape[a] > 1) for row, a in zip(self.row_of, self.varying, strict=True)
        ]
        moved = np.moveaxis(outer, self.varying, range(self.fixed, self.axes - 1))
        if all(n == 1 for n in moved.shape[self.fixed :]):
            return moved.reshape((*moved.shape[: self.fixed], 1))
        spread: Array = moved[(..., *rows)]
        return spread

    def sums(self, terms: Any) -> Array:
        """The sum of each row, 0 if it is empty, with the axes of the mask but the last."""
        terms = np.broadcast_to(terms, np.broadcast_shapes(np.shape(terms), self.column.shape))
        lengths = self.lengths.ravel()
        filled = lengths > 0
        found = np.zeros((*terms.shape[:-1], lengths.size), terms.dtype)
        starts = (np.cumsum(lengths) - lengths)[filled]
        found[..., filled] = np.add.reduceat(terms, starts, axis=-1)
        rows = found.reshape(found.shape[:-1] + self.lengths.shape)
        last = range(self.fixed, self.axes - 1)
        return np.moveaxis(_with_axes(rows, self.axes - 1), last, self.varying)


def _with_axes(array: Array, axes: int) -> Array:
    """The array with as many axes, those that it lacks at the front."""
    return array.reshape((1,) * (axes - array.ndim) + array.shape)
