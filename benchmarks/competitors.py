"""Who takes turns in a cell, once each has shown that it computes the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import derivlib

from . import models
from .cells import Cell, parsed
from .kernels import Array, Case, Thunk, kernels, ours, random_case
from .peers import missing, peers

TOLERANCE = {"float32": 1e-3, "float64": 1e-9}
"""Of the largest number of a result. Rounding alone comes near it in no cell; what computes
something else, a gradient without the label's 1, is off by far more."""


class Competitors:
    """Those of each cell: the libraries that are installed, and derivlib."""

    def __init__(self, threads: int) -> None:
        self.libraries = peers(threads)
        self.missing = missing(self.libraries)
        self._case: tuple[str, str] | None = None

    def of(self, cell: Cell) -> tuple[dict[str, Thunk], list[str]]:
        """Their calls, derivlib's first, and the names of those whose numbers are others."""
        if cell.is_model:
            found = models.competitors(cell.kernel, cell.dtype)
        else:
            found = dict(self._kernels(cell))
        right, allowed = numbers(found["derivlib"]()), TOLERANCE[cell.dtype]
        others = [name for name, call in found.items() if not same(numbers(call()), right, allowed)]
        return {name: call for name, call in found.items() if name not in others}, others

    def _kernels(self, cell: Cell) -> Iterator[tuple[str, Thunk]]:
        """Those that write into memory that is there end in "out="."""
        (kernel,) = kernels([cell.kernel])
        case = self._arrays(cell)
        yield "derivlib", ours(kernel, case)
        if cell.threads > 1:
            yield "derivlib one thread", _on_one_thread(ours(kernel, case))
        elif kernel.takes_out:
            yield "derivlib out=", ours(kernel, case, case.out(kernel))
        for library, peer in self.libraries.items():
            for forms, ending in ((peer.fresh, ""), (peer.reusing, " out=")):
                call = forms[kernel.name](case) if kernel.name in forms else None
                if call and not (ending and cell.threads > 1):
                    yield library + ending, call

    def _arrays(self, cell: Cell) -> Case:
        """The arrays are kept from a cell to the next of the same shape."""
        if self._case != (cell.shape, cell.dtype):
            self._held: Case | None = None  # first let go of the last one
            layout = parsed(cell.shape)
            self._held = random_case(layout.shape, cell.dtype, layout.axis, order=layout.order)
            self._case = (cell.shape, cell.dtype)
        assert self._held
        return self._held


def numbers(result: Any) -> list[Array]:
    """All arrays of a result, however they are nested."""
    if isinstance(result, tuple | list):
        return [array for part in result for array in numbers(part)]
    return [np.asarray(result.detach() if hasattr(result, "detach") else result)]


def same(found: list[Array], right: list[Array], allowed: float) -> bool:
    """Whether the arrays are of one dtype and size, and equal but for rounding."""
    if len(found) != len(right):
        return False
    return all(_same(*pair, allowed) for pair in zip(found, right, strict=True))


def _same(found: Array, right: Array, allowed: float) -> bool:
    if found.size != right.size or (right.ndim and found.dtype != right.dtype):
        return False  # a mean loss may be Python's own number
    off = np.abs(found.reshape(right.shape) - right).max()
    return bool(off <= allowed * np.abs(right).max())


def _on_one_thread(call: Thunk) -> Thunk:
    def alone() -> Any:
        threads = derivlib.get_num_threads()
        derivlib.set_num_threads(1)
        try:
            return call()
        finally:
            derivlib.set_num_threads(threads)

    return alone
