"""The sigmoid, its derivative and its logarithm, and the softplus: against 60 digits, at edges."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import log_sigmoid, sigmoid, sigmoid_grad, softmax, softplus
from derivlib.evidence import measure_ulp, references
from tests.support import sigmoid_cases
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, unhurried
from tests.support.digits import ulps
from tests.support.kernels import ELEMENTWISE
from tests.support.sigmoid_cases import COUNT, FAMILIES, logits

KERNELS = [c.kernel.function for c in ELEMENTWISE.values() if c.arguments == ("logits",)]
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.__name__)

BOUNDS = {  # those of the docstrings, in the order of KERNELS
    "float16": (1, 1, 1, 1),
    "float32": (3, 3, 4, 4),
    "float64": (2, 2, 2, 2),
    "longdouble": (2, 2, 3, 3),
}


@every_kernel
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bound(family: str, dtype: str, kernel: Callable[[Array], Array]) -> None:
    z = logits(family, dtype, COUNT)
    with no_warning():
        got = kernel(z)
    assert got.dtype == dtype
    exact = getattr(sigmoid_cases, f"exact_{kernel.__name__}")
    assert ulps(got, exact(family, dtype)) <= BOUNDS[dtype][KERNELS.index(kernel)]


# The textbook's formulas: in longdouble, they tell where to look for a kernel's largest errors.
TEXTBOOK: dict[Callable[..., Any], Callable[[Array], Array]] = {
    sigmoid: lambda z: 1 / (1 + np.exp(-z)),
    sigmoid_grad: lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
    softplus: lambda z: np.maximum(z, 0) + np.log1p(np.exp(-abs(z))),
    log_sigmoid: lambda z: np.minimum(z, 0) - np.log1p(np.exp(-abs(z))),
}


@pytest.mark.parametrize("kernel", TEXTBOOK)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_error_bound_at_the_worst_of_many(dtype: str, kernel: Callable[[Array], Array]) -> None:
    z = np.concatenate([logits(family, dtype, 20_000) for family in FAMILIES])
    with np.errstate(all="ignore"):
        expected = TEXTBOOK[kernel](z.astype(np.longdouble))
        errors = abs(kernel(z) - expected) / np.spacing(abs(kernel(z)))
    z = z[np.argpartition(errors, -100)[-100:]]
    report = measure_ulp(
        kernel, getattr(references, kernel.__name__), z, elementwise=True, digits=40
    )
    assert 1 < report.max <= BOUNDS[dtype][KERNELS.index(kernel)]


@every_kernel
@pytest.mark.parametrize("z", [True, 1, np.int8(1), np.uint64(1), 1.0])
def test_a_scalar_is_float64(z: Any, kernel: Callable[[Any], Any]) -> None:
    assert isinstance(kernel(z), np.float64)
    assert kernel(z) == kernel(1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_edges(dtype: str) -> None:
    big = np.finfo(dtype).max
    z = np.array([-INF, -big, -0.0, 0, big, INF, NAN], dtype)
    log2 = np.log(np.array(2, np.longdouble)).astype(dtype)
    expected = {
        sigmoid: [0, 0, 0.5, 0.5, 1, 1, NAN],
        sigmoid_grad: [0, 0, 0.25, 0.25, 0, 0, NAN],
        softplus: [0, 0, log2, log2, big, INF, NAN],
        log_sigmoid: [-INF, -big, -log2, -log2, 0, 0, NAN],
    }
    with no_warning():
        for kernel, values in expected.items():
            np.testing.assert_array_equal(kernel(z), np.array(values, dtype), kernel.__name__)


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_results_keep_their_digits(dtype: str) -> None:
    """Far out, exp(−|z|) itself is the answer."""
    info = np.finfo(dtype)
    z = np.log(info.tiny.astype(np.longdouble)) - np.array([0.1, 1, 3], np.longdouble)
    z = z.astype(dtype)
    with no_warning():
        results = sigmoid(z), sigmoid_grad(-z), softplus(z), -log_sigmoid(-z)
    with np.errstate(all="ignore"):
        wide = z.astype(np.float32) if dtype == "float16" else z
        expected = np.exp(wide).astype(dtype)
    assert (expected > 0).all()
    assert (expected < info.tiny).all()
    for result in results:
        assert (abs(result - expected) <= info.smallest_subnormal).all()


@every_kernel
def test_a_nan_or_an_infinity_changes_no_other_entry(kernel: Callable[[Array], Array]) -> None:
    z = np.random.default_rng(0).normal(0, 300, 20_000)
    expected = kernel(z)
    for odd in (NAN, INF, -INF, 1e300):
        strange = z.copy()
        strange[::1000] = odd
        others = np.arange(z.size) % 1000 != 0
        np.testing.assert_array_equal(kernel(strange)[others], expected[others])


@unhurried
@given(st.floats(allow_nan=False))
def test_identities(z: float) -> None:
    with no_warning():
        p, slope = sigmoid(z), sigmoid_grad(z)
        assert p + sigmoid(-z) == pytest.approx(1, rel=1e-15)
        assert slope == sigmoid_grad(-z)
        assert slope == pytest.approx(p * sigmoid(-z), rel=2e-15, abs=5e-324)
        assert log_sigmoid(z) == -softplus(-z)
        if np.isfinite(z):
            assert p == pytest.approx(softmax([z, 0.0])[0], rel=1e-15, abs=5e-324)
            assert softplus(z) - softplus(-z) == pytest.approx(z, rel=1e-15, abs=5e-16)


@every_kernel
@pytest.mark.parametrize(
    ("z", "out", "error", "message"),
    [
        (1j, None, TypeError, r"z must be .* got dtype complex128 with shape \(\)"),
        ("1", None, TypeError, "z must be .* got dtype <U1"),
        ([None], None, TypeError, "z must be .* got dtype object"),
        ([[1], [2, 3]], None, ValueError, "z must be an array of real numbers: "),
        (0.0, 0.0, TypeError, "out must be an array, got float"),
        ([0.0], np.empty(2), ValueError, r"out has shape \(2,\), the result has \(1,\)"),
        ([0.0], np.empty(1, int), TypeError, "out has dtype int64, the result has float64"),
        ([0.0, 1.0], np.broadcast_to(0.0, 2), ValueError, "out is read-only"),
    ],
)
def test_bad_input(
    z: Any,
    out: Array | None,
    error: type[Exception],
    message: str,
    kernel: Callable[..., Array],
) -> None:
    with pytest.raises(error, match=message):
        kernel(z, out=out)
