"""Time limits that a busy machine does not break."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done inside takes at most so much of the processor's time.

    The garbage collector is off meanwhile: late in a test run one collection goes through all that
    the tests before have left, which may take longer than what is measured.
    """
    gc.disable()
    try:
        start = process_time()
        yield
        taken = process_time() - start
    finally:
        gc.enable()
    assert taken < seconds, f"{taken:.3f} s, more than {seconds} s"
