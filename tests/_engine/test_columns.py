"""Steps on the columns of a matrix: against math.fsum, and each column on its own."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derivlib._engine import columns
from derivlib._engine.columns import classwise, column_sums, entries, redo

Array = NDArray[Any]

CLASSES = [1, 2, 3, 8, 9, 11, 16, 17, 33, 63, 64, 65, 71, 128, 129, 512, 513, 1000, 5000]
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "example-major": lambda e: np.ascontiguousarray(e.T).T,
    "class-major": np.ascontiguousarray,
    "of a wider array": lambda e: np.concatenate([e, e], axis=1)[:, : e.shape[1]],
}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 4096 classes are cut into parts; fewer are one, as ever."""
    monkeypatch.setattr(columns, "PART", 2**12)


@cache
def terms(classes: int, dtype: str, examples: int = 40) -> Array:
    """Of all sizes, one far ahead: the hardest case for sums."""
    e = np.exp(np.random.default_rng(classes).normal(0, 3, (classes, examples)))
    e[classes // 2] *= 100
    e = e.astype(dtype)
    e.flags.writeable = False
    return e


@cache
def exact_sums(classes: int, dtype: str) -> tuple[Array, Array]:
    """The sums of each column of `terms`, and of their squares."""
    e = terms(classes, dtype).T.astype(float)
    return np.array([math.fsum(c) for c in e]), np.array([math.fsum(c) for c in e**2])


def check_sums(dtype: str, classes: int, layout: str) -> None:
    e = LAYOUTS[layout](terms(classes, dtype))
    once, squares = exact_sums(classes, dtype)
    u = np.finfo(dtype).eps / 2
    sums = column_sums(e)
    assert sums.dtype == dtype
    assert (abs(sums - once) <= 8 * u * once).all()
    assert (abs(column_sums(e, e) - squares) <= 9 * u * squares).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums(dtype: str, classes: int, layout: str) -> None:
    check_sums(dtype, classes, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.usefixtures("small_parts")
def test_sums_of_parts(dtype: str, layout: str) -> None:
    check_sums(dtype, 5000, layout)


@pytest.mark.parametrize("layout", ["example-major", "class-major"])
@pytest.mark.parametrize("classes", CLASSES)
def test_a_column_is_summed_as_beside_others(classes: int, layout: str) -> None:
    """Which are done again depends on each alone, so their sums must not depend on the others."""
    e = terms(classes, "float64").copy()
    e[0, 7], e[-1, 9] = np.inf, np.nan
    sums = column_sums(LAYOUTS[layout](e))
    for some in ([0, 1], [3, 4, 5, 7, 9], range(30)):
        np.testing.assert_array_equal(column_sums(LAYOUTS[layout](e[:, some])), sums[some])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("classes", [1, 5, 40, 3000])
def test_entries(classes: int, layout: str) -> None:
    e = LAYOUTS[layout](terms(classes, "float64").copy())
    rows = np.array(np.random.default_rng(0).integers(classes, size=(e.shape[1],)))
    memory, index = entries(e, rows)
    np.testing.assert_array_equal(memory.take(index), e[rows, range(len(rows))])
    memory[index] = -1
    assert (e[rows, range(len(rows))] == -1).all()
    assert (e == -1).sum() == len(rows)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("classes", [1, 5, 40, 5000])
@pytest.mark.usefixtures("small_parts")
def test_classwise(classes: int, layout: str) -> None:
    e = LAYOUTS[layout](terms(classes, "float64"))
    vector = np.arange(1.0, e.shape[1] + 1)
    out = np.empty_like(e)
    assert classwise(np.divide, e, vector, out=out) is out
    np.testing.assert_array_equal(out, e / vector)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("chosen", [[3], [0, 39], [5, 6, 7], range(40)])
def test_what_is_done_again(chosen: Any, layout: str) -> None:
    e = LAYOUTS[layout](terms(5, "float64"))
    doubled, sums = np.zeros_like(e), np.zeros(e.shape[1])
    major = e.strides[0] < e.strides[1]

    def kernel(e: Array, out: Array, value: Array, nothing: None, *, shifted: bool) -> None:
        assert shifted
        assert (e.strides[0] < e.strides[1]) == (out.strides[0] < out.strides[1]) == major
        out[...], value[...] = 2 * e, e.sum(axis=0)

    redo(kernel, np.array(chosen), [e], [doubled, sums, None])
    expected = np.zeros_like(e)
    expected[:, chosen] = 2 * e[:, chosen]
    np.testing.assert_array_equal(doubled, expected)
    np.testing.assert_array_equal(sums[chosen], expected.sum(axis=0)[chosen] / 2)
    assert np.count_nonzero(sums) == len(chosen)
