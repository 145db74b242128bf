"""Scratch memory, kept from one tile to the next and from one call to the next.

Fresh memory of a tile's size comes from the operating system page by page, which takes as long as
filling it with exponentials.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from threading import get_ident
from typing import Any, Literal, TypeAlias

import numpy as np

from derivlib._arrays import Array

# The memory layout of a matrix with a row for every class and a column for every example:
# "example-major" if the classes of an example lie side by side, "class-major" if the examples of
# a class do.
Layout: TypeAlias = Literal["example-major", "class-major"]

MAX_IDLE = 16  # workspaces kept between calls
KEPT = 960 * 1024  # bytes: a larger workspace is not kept between calls
SMALL = 64 * 1024  # bytes: an array of at most this size is neither cut nor kept


class Workspace:
    """Scratch arrays by name: use one only until its name is taken again."""

    __slots__ = ("_buffers",)

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An uninitialised array."""
        size = prod(shape) * dtype.itemsize
        if size <= SMALL:
            return np.empty(shape, dtype)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.nbytes < size:
            self._buffers.pop(name, None)  # free the old buffer before the new one is allocated
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        return buffer[:size].view(dtype).reshape(shape)

    @property
    def size(self) -> int:
        """The bytes of all buffers."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def matrix(
        self, name: str, shape: tuple[int, int], dtype: np.dtype[Any], layout: Layout
    ) -> Array:
        """An uninitialised matrix in the given layout."""
        if layout == "class-major":
            return self.take(name, shape, dtype)
        return self.take(name, shape[::-1], dtype).T

    def like(self, name: str, matrix: Array, dtype: np.dtype[Any] | None = None) -> Array:
        """An uninitialised matrix of the shape, layout and, unless given, dtype of `matrix`."""
        classes, examples = matrix.shape
        example_major = matrix.strides[0] < matrix.strides[1]
        layout: Layout = "example-major" if example_major else "class-major"
        return self.matrix(name, (classes, examples), dtype or matrix.dtype, layout)


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A workspace for the caller alone, until the `with` block ends.

    A thread gets back the one it used last, which is still in its core's cache.
    """
    thread = get_ident()
    work = _idle.pop(thread, None) or _idle_of_any_thread() or Workspace()
    try:
        yield work
    finally:
        if work.size <= KEPT and len(_idle) < MAX_IDLE:
            _idle[thread] = work


def _idle_of_any_thread() -> Workspace | None:
    """An idle workspace of another thread, so that no more exist than were in use at once."""
    try:
        return _idle.popitem()[1]
    except KeyError:
        return None


_idle: dict[int, Workspace] = {}  # by the thread that used it last
