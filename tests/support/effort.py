"""Limits on the work that something takes, which do not depend on how fast a machine is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest


@contextmanager
def at_most(lines: int) -> Iterator[None]:
    """Fail as soon as so many lines of Python have been run inside, those of libraries too.

    Each turn of a loop counts, and so does each entry of a comprehension.
    """
    left = lines

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            pytest.fail(f"more than {lines} lines were run")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
