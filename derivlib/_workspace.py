"""Room for intermediate results, kept from one tile to the next and from one call to the next.

Fresh memory of a tile's size comes from the operating system page by page, which takes as long as
to fill it with exponentials.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from threading import get_ident
from typing import Any, Literal, TypeAlias

import numpy as np

from derivlib._arrays import Array

# What lies side by side in the memory of a matrix with a row for every class and a column for
# every example: the classes of an example, or the examples of a class.
Order: TypeAlias = Literal["classes", "examples"]

IDLE = 16  # workspaces that outlive a call, at the most
KEPT = 960 * 1024  # bytes that outlive a call, at the most, in each of them
SMALL = 64 * 1024  # bytes of an array that is not worth cutting, nor keeping room for


class Workspace:
    """Buffers by name; an array taken under a name is good until the name is taken again."""

    __slots__ = ("_buffers",)

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Room for an array, its contents arbitrary."""
        size = prod(shape) * dtype.itemsize
        if size <= SMALL:
            return np.empty(shape, dtype)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.nbytes < size:
            self._buffers.pop(name, None)  # before more is asked for
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        return buffer[:size].view(dtype).reshape(shape)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def matrix(
        self, name: str, shape: tuple[int, int], dtype: np.dtype[Any], order: Order
    ) -> Array:
        """Room for a matrix in one of the orders."""
        if order == "examples":
            return self.take(name, shape, dtype)
        return self.take(name, shape[::-1], dtype).T

    def like(self, name: str, matrix: Array, dtype: np.dtype[Any] | None = None) -> Array:
        """Room for a matrix of the shape and order of another."""
        classes, examples = matrix.shape
        order: Order = "classes" if matrix.strides[0] < matrix.strides[1] else "examples"
        return self.matrix(name, (classes, examples), dtype or matrix.dtype, order)


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A workspace that nobody else has for the moment, whoever calls in between.

    Each thread rather gets back its own, since what it wrote there is still in its core's cache.
    """
    mine = get_ident()
    work = _idle.pop(mine, None) or _anyone_s() or Workspace()
    try:
        yield work
    finally:
        if work.size <= KEPT and len(_idle) < IDLE:
            _idle[mine] = work


def _anyone_s() -> Workspace | None:
    """One that another thread has left: so there are no more than were ever in use at once."""
    try:
        return _idle.popitem()[1]
    except KeyError:
        return None


_idle: dict[int, Workspace] = {}  # by thread
