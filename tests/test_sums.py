"""Sums over the classes: against math.fsum, and the same to the last bit in every order."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from derivlib import softmax
from derivlib._sums import COMPENSATED, class_sums, compensated_sums
from derivlib._workspace import Workspace

Array = NDArray[Any]

CLASSES = [1, 2, 3, 4, 5, 8, 9, 11, 16, 17, 32, 33, 64, 128, 129, 131, 200, 256, 300]
CLASSES += [488, 511, 512, 513, 1000, 1024, 5000]
moderate = st.floats(-1e290, 1e290)


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=moderate))
def test_a_sum_and_what_it_lost_are_as_if_rounded_once(e: Array) -> None:
    with np.errstate(under="ignore", over="ignore"):
        sums, lost = compensated_sums(e.T, Workspace(), positive=False)
    for i, (row, total) in enumerate(zip(e, sums, strict=True)):
        expected = math.fsum(row)
        together = total + (0 if lost is None else lost[i])
        assert abs(together - expected) <= np.spacing(abs(expected)) + 1e-28 * abs(row).sum()


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_error(dtype: str, classes: int) -> None:
    """Among terms of all sizes, one far ahead: the hardest case for sums."""
    e = np.exp(np.random.default_rng(0).normal(0, 3, (200, classes))).astype(dtype)
    e[:, classes // 2] *= 100
    sums, lost = compensated_sums(e.T, Workspace(), positive=True)
    np.testing.assert_array_equal(sums, class_sums(e.T, Workspace()))
    assert (lost is not None) == (dtype == "float64" and 3 <= classes <= COMPENSATED)
    expected = np.array([math.fsum(row) for row in e])
    u = 2**-53 * expected
    assert sums.dtype == np.float64
    assert (abs(sums - expected) / u).max() <= 4
    if lost is not None:
        assert (abs((sums - expected) + lost) / u).max() <= 1.01  # fsum rounds, too


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
def test_an_example_is_on_its_own(dtype: str, classes: int) -> None:
    rng = np.random.default_rng(classes)
    e = np.exp(rng.normal(0, 3, (130, classes))).astype(dtype)
    e[7, 0] = np.inf
    e[9, -1] = np.nan
    e.flags.writeable = False
    work = Workspace()

    def all_sums(rows: Array) -> list[Array]:
        plain = class_sums(rows.T, work)
        found = [plain, *compensated_sums(rows.T, work, positive=True)]
        return [sums for sums in found if sums is not None]

    with np.errstate(invalid="ignore"):
        expected = all_sums(e)
        wide = np.repeat(e, 2, axis=0)[::2]
        for same in (np.asfortranarray(e), wide, e[:20], np.asfortranarray(e[:20]), e[3:4]):
            start = 3 if len(same) == 1 else 0
            for sums, wanted in zip(all_sums(same), expected, strict=True):
                np.testing.assert_array_equal(sums, wanted[start : start + len(same)])


@pytest.mark.parametrize("classes", [129, 512, 513, 1000, 3000])
def test_many_beside_one_that_all_but_swallows_them(classes: int) -> None:
    """Where every other term is about half a unit of the largest's: added to it, each would be lost
    or rounded up."""
    z = np.zeros((3, classes))
    z[0, 0], z[1, classes // 2], z[2, -1] = 36.75, 36.0, 35.0
    others = classes - 1
    with mpmath.workdps(40):
        for row, gap in zip(softmax(z), (36.75, 36.0, 35.0), strict=True):
            total = mpmath.exp(gap) + others
            for actual, exact in ((row.max(), mpmath.exp(gap) / total), (row.min(), 1 / total)):
                unit = float(np.spacing(float(exact)))
                assert abs(float(actual) - exact) <= 6 * unit
