"""Sums of rows: against math.fsum, and the same to the last bit in every order of memory."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from derivlib._sums import WIDE, row_sums
from derivlib._workspace import Workspace

Array = NDArray[Any]

CLASSES = [1, 2, 3, 5, 8, 9, 11, 16, 17, 40, 200, 256, 257, 512, 513, 1000, 5000]
moderate = st.floats(-1e290, 1e290)


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=moderate))
def test_exact_sums_are_as_if_rounded_once(e: Array) -> None:
    with np.errstate(under="ignore", over="ignore"):
        sums = row_sums(e, Workspace(), exact=True)
    for row, total in zip(e, sums, strict=True):
        expected = math.fsum(row)
        assert abs(total - expected) <= np.spacing(abs(expected)) + 1e-28 * abs(row).sum()


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exact", [False, True])
def test_error(exact: bool, dtype: str, classes: int) -> None:
    """Among terms of all sizes, one far ahead: the hardest case for sums."""
    e = np.exp(np.random.default_rng(0).normal(0, 3, (200, classes))).astype(dtype)
    e[:, classes // 2] *= 100
    sums = row_sums(e.copy(), Workspace(), exact=exact, lent=True)
    expected = np.array([math.fsum(row) for row in e])
    error = (abs(sums - expected) / expected).max() / 2**-53
    assert sums.dtype == np.float64
    rounded_once = classes == 1 or (exact and dtype == "float64" and classes <= WIDE)
    assert error <= (1.01 if rounded_once else 4 if dtype == "float64" else 12)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
@pytest.mark.parametrize("exact", [False, True])
def test_a_row_is_on_its_own(exact: bool, dtype: str, classes: int) -> None:
    rng = np.random.default_rng(classes)
    e = np.exp(rng.normal(0, 3, (130, classes))).astype(dtype)
    e[7, 0] = np.inf
    e[9, -1] = np.nan
    before = e.copy()
    work = Workspace()
    with np.errstate(invalid="ignore"):
        sums = row_sums(e, work, exact=exact, lent=True)
        for same in (np.asfortranarray(e), e[:20], np.asfortranarray(e[:20]), e[3:4]):
            start = 3 if len(same) == 1 else 0
            got = row_sums(same, work, exact=exact, lent=True)
            np.testing.assert_array_equal(got, sums[start : start + len(same)])
    np.testing.assert_array_equal(e, before)


def test_what_is_not_lent_is_not_touched() -> None:
    e = np.ones((100, 100))
    e.flags.writeable = False
    np.testing.assert_array_equal(row_sums(e, Workspace()), [100] * 100)
