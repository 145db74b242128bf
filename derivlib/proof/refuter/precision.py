"""The precision of python-flint's intervals, which is one for the whole process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import flint

_ONE_AT_A_TIME = RLock()


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Intervals of so many bits, and afterwards again of as many as before.

    Other threads wait meanwhile: of two that overlapped, the one that ended last would restore
    what the other had set.
    """
    with _ONE_AT_A_TIME, flint.ctx.workprec(bits):
        yield
