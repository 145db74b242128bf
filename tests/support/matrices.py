"""Hypothesis strategies for small matrices. One seed makes a whole example: to draw each entry
takes longer than what is tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from tests.support.arrays import Array

Item = TypeVar("Item")


def seeded(make: Callable[[np.random.Generator], Item]) -> st.SearchStrategy[Item]:
    """What `make` makes of random numbers."""
    return st.integers(0, 2**32 - 1).map(lambda seed: make(np.random.default_rng(seed)))


def shape(rng: np.random.Generator) -> tuple[int, int]:
    """Up to ten rows and columns; often very few."""
    rows, columns = rng.integers(1, rng.choice([4, 11]), 2).tolist()
    return rows, columns


def fractions(rng: np.random.Generator, shape: tuple[int, int], parts: float = 8) -> Array:
    """n / `parts`, the n whole and up to 4000; in some matrices they are few, so that some tie."""
    most = rng.choice([1, 30, 4000])
    return np.asarray(rng.integers(-most, most, shape, endpoint=True) / parts)


eighths = st.integers(-4000, 4000).map(lambda n: n / 8)
matrices = seeded(lambda rng: fractions(rng, shape(rng)))
