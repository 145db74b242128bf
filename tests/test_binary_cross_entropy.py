"""Binary cross-entropy, its gradient and Hessian: against 60 digits, by properties, at edges."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import derivlib
from derivlib import sigmoid, sigmoid_grad, softmax_cross_entropy, softplus
from derivlib import sigmoid_binary_cross_entropy as value
from derivlib import sigmoid_binary_cross_entropy_grad as grad
from derivlib import sigmoid_binary_cross_entropy_hvp as hvp
from derivlib import sigmoid_binary_cross_entropy_value_and_grad as value_and_grad
from derivlib.evidence import check_gradient
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, unhurried
from tests.support.digits import exactly, ulps
from tests.support.matrices import matrices
from tests.support.sigmoid_cases import (
    COUNT,
    FAMILIES,
    exact_log_sigmoid,
    exact_sigmoid,
    exact_sigmoid_grad,
    exact_softplus,
    logits,
)

BOUNDS = {  # those of the docstrings: value, gradient at 0 and 1, Hessian-vector product
    "float16": (1, 1, 1),
    "float32": (4, 4, 4),
    "float64": (3, 3, 3),
    "longdouble": (4, 3, 3),
}
SOFT_GRADIENT = 3  # in u


def any_labels(dtype: str, count: int) -> Array:
    """Soft labels near 0, near 1, near 1/2 and anywhere, with hard ones among them."""
    rng = np.random.default_rng(1)
    kinds = [
        10.0 ** -rng.uniform(0, 12, count),
        1 - 10.0 ** -rng.uniform(0, 6, count),
        rng.uniform(0.49, 0.51, count),
        rng.uniform(0, 1, count),
        rng.integers(0, 2, count),
    ]
    return np.choose(rng.integers(0, len(kinds), count), kinds).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bounds_for_hard_labels(family: str, dtype: str) -> None:
    z = logits(family, dtype, COUNT)
    y = np.random.default_rng(1).integers(0, 2, z.size)
    p, other = exact_sigmoid(family, dtype), exact_sigmoid_grad(family, dtype)
    exact = (
        np.where(y, -exact_log_sigmoid(family, dtype), exact_softplus(family, dtype)),
        np.where(y, -other / p, p),  # p (1 − p) / p, as 1 − p would lose digits
    )
    for kernel, expected, bound in zip([value, grad], exact, BOUNDS[dtype], strict=False):
        with no_warning():
            got = kernel(z, y)
        assert got.dtype == dtype
        assert ulps(got, expected) <= bound
        for labels in (y.astype(bool), y.astype(np.uint8), y.astype(dtype)):
            np.testing.assert_array_equal(kernel(z, labels), got, strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_error_bounds_for_any_labels(smoothing: float, family: str, dtype: str) -> None:
    z = logits(family, dtype, COUNT)
    y = any_labels(dtype, z.size)
    with no_warning():
        losses = value(z, y, label_smoothing=smoothing)
        slopes = grad(z, y, label_smoothing=smoothing)
    assert losses.dtype == dtype
    alpha = exactly(smoothing)
    smoothed = exactly(y) * (1 - alpha) + alpha / 2
    expected = (1 - smoothed) * exact_softplus(family, dtype)
    expected = expected - smoothed * exact_log_sigmoid(family, dtype)
    assert ulps(losses, expected) <= BOUNDS[dtype][0]
    u = float(np.finfo(dtype).eps) / 2
    errors = abs(exactly(slopes) - (exact_sigmoid(family, dtype) - smoothed))
    assert (errors <= SOFT_GRADIENT * u).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES[:4])
def test_error_bound_of_the_hessian_vector_product(family: str, dtype: str) -> None:
    z = logits(family, dtype, COUNT)
    normal = sigmoid_grad(z) >= np.finfo(dtype).tiny
    z = z[normal]
    v = np.random.default_rng(2).normal(0, 1, z.size).astype(dtype)
    with no_warning():
        got = hvp(z, np.zeros(z.shape, int), v)
    assert got.dtype == dtype
    assert ulps(got, exact_sigmoid_grad(family, dtype)[normal] * exactly(v)) <= BOUNDS[dtype][2]


numbers = st.floats(-800, 800)
fractions = st.floats(0, 1)


@unhurried
@given(numbers, fractions, fractions)
def test_identities(z: float, y: float, smoothing: float) -> None:
    with no_warning():
        loss, slope = value_and_grad(z, y, label_smoothing=smoothing)
    assert value(z, y, label_smoothing=smoothing) == loss
    assert grad(z, y, label_smoothing=smoothing) == slope
    smooth = y * (1 - smoothing) + smoothing / 2
    assert slope == pytest.approx(sigmoid(z) - smooth, abs=1e-15)
    assert loss == pytest.approx((1 - smooth) * softplus(z) + smooth * softplus(-z), rel=1e-14)
    assert value(-z, 1 - y) == pytest.approx(value(z, y), rel=1e-13, abs=1e-15 * abs(z))


@unhurried
@given(matrices, st.integers(0, 1))
def test_a_yes_or_no_is_a_softmax_of_two(z: Array, first: int) -> None:
    y = (first + np.arange(z.size).reshape(z.shape)) % 2
    z = z * (1.7 if z.size % 2 else 1)  # numbers with all their digits, too
    both = np.stack([np.zeros_like(z), z], axis=-1)
    np.testing.assert_allclose(value(z, y), softmax_cross_entropy(both, y), 2e-15, 5e-324)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_is_the_slope_and_the_hessian_its_slope(smoothing: float) -> None:
    rng = np.random.default_rng(0)
    z, y, v = rng.normal(0, 4, 50), any_labels("float64", 50), rng.normal(0, 1, 50)
    smooth = y * (1 - smoothing) + smoothing / 2

    def textbook(z: Array) -> Any:
        return (np.log(1 + np.exp(z)) - smooth * z).sum()

    slopes = grad(z, y, label_smoothing=smoothing)
    assert check_gradient(textbook, slopes, z).ok
    assert not check_gradient(textbook, -slopes, z).ok
    p = 1 / (1 + np.exp(-(z + 1e-30j * v)))
    np.testing.assert_allclose(hvp(z, y, v, label_smoothing=smoothing), p.imag / 1e-30, rtol=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("z", "y", "loss", "slope"),
    [
        (INF, 1, 0, 0),
        (INF, 0, INF, 1),
        (-INF, 0, 0, 0),
        (-INF, 1, INF, -1),
        (NAN, 0, NAN, NAN),
        (NAN, 1, NAN, NAN),
        (6e4, 1, 0, 0),
        (6e4, 0, 6e4, 1),
        (-6e4, 1, 6e4, -1),
        (-0.0, 1, np.log(2), -0.5),
        (INF, 0.25, INF, 0.75),
        (-INF, 0.25, INF, -0.25),
        (INF, NAN, NAN, NAN),
        (-INF, NAN, NAN, NAN),
        (1, NAN, NAN, NAN),
        (0, 0.25, np.log(2), 0.25),
        (6e4, 0.25, 4.5e4, 0.75),
        (-6e4, 0.25, 1.5e4, -0.25),
    ],
)
def test_edges(z: float, y: float, loss: float, slope: float, dtype: str) -> None:
    """Each in the company of ordinary entries, hard or soft, which it leaves alone."""
    logits = np.array([1, z, -1], dtype)
    close = max(float(np.finfo(dtype).eps), 1e-16)  # log 2 went through float64
    for first in (0, 0.5):
        labels = np.array([first, y, 1], dtype)
        with no_warning():
            losses, slopes = value_and_grad(logits, labels)
            np.testing.assert_array_equal(value(logits, labels), losses)
            np.testing.assert_array_equal(grad(logits, labels), slopes)
        np.testing.assert_allclose(losses[1], np.array(loss, dtype), rtol=close)
        np.testing.assert_allclose(slopes[1], slope, rtol=0)
        others = value_and_grad(logits[::2], labels[::2])
        np.testing.assert_array_equal([losses[::2], slopes[::2]], others)


def test_edges_of_the_hessian_vector_product() -> None:
    z = np.array([INF, -INF, NAN, INF, 0, 0])
    v = np.array([1, 1, 1, INF, INF, NAN])
    with no_warning():
        product = hvp(z, np.zeros(6, int), v)
    np.testing.assert_array_equal(product, [0, 0, NAN, NAN, INF, NAN])


@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
def test_extremes_of_the_range(dtype: str) -> None:
    info = np.finfo(dtype)
    z = np.array([info.max, -info.max, info.max, -info.max], dtype)
    with no_warning():
        losses = value(z, np.array([0, 1, 0.5, 0.5], dtype))
        np.testing.assert_array_equal(losses, abs(z) * np.array([1, 1, 0.5, 0.5], dtype))
        tiny = np.array([info.smallest_subnormal], dtype)
        np.testing.assert_array_equal(
            value(-1 / info.eps * np.ones(1, dtype), tiny), tiny / info.eps
        )


def test_a_hard_entry_does_not_see_soft_ones() -> None:
    """Not by a bit, though a tile of nothing but hard labels takes fewer steps."""
    z = np.random.default_rng(0).normal(0, 30, 3000)
    y = any_labels("float64", 3000)
    hard = (y == 0) | (y == 1)
    for smoothing in (0.0, 0.2):
        for kernel in (value, grad):
            mixed = kernel(z, y, label_smoothing=smoothing)[hard]
            alone = kernel(z[hard], y[hard], label_smoothing=smoothing)
            as_integers = kernel(z[hard], y[hard].astype(int), label_smoothing=smoothing)
            np.testing.assert_array_equal(mixed, alone)
            np.testing.assert_array_equal(mixed, as_integers)


@pytest.mark.parametrize("labels", ["bool", "int8", "uint64", "float32", "float64", ">f8"])
@pytest.mark.parametrize("logits", ["bool", "int16", "float16", "float32", "longdouble", ">f4"])
def test_the_dtype_of_the_result(logits: str, labels: str) -> None:
    """Labels that are no floats do not take part in it."""
    z, y = np.ones(3, logits), np.ones(3, labels)
    floats = [a.dtype.newbyteorder("=") for a in (z, y) if a.dtype.kind == "f"]
    expected = np.result_type(*floats) if floats else np.dtype("float64")
    for result in (*value_and_grad(z, y), value(z, y), grad(z, y), hvp(z, y, np.ones(3, bool))):
        assert result.dtype == expected
    assert hvp(z, y, np.ones(3, "longdouble")).dtype == np.longdouble


def test_one_logit_has_a_scalar_loss() -> None:
    for result in (*value_and_grad(0.0, 1), hvp(0.0, 1, 2.0)):
        assert isinstance(result, np.float64)


@pytest.mark.parametrize("kernel", [value, grad, value_and_grad])
def test_inputs_are_not_written_to(kernel: Callable[..., Any]) -> None:
    for dtype in ("float64", "float16"):
        z, y = logits("normal", dtype, 300), any_labels(dtype, 300)
        z.flags.writeable = y.flags.writeable = False
        for result in np.atleast_2d(kernel(z, y)):
            assert not np.may_share_memory(result, z)
            assert not np.may_share_memory(result, y)


@pytest.mark.parametrize("size", [100, 40_000])
def test_out_may_be_any_input(size: int) -> None:
    z, v = np.random.default_rng(0).normal(0, 20, (2, size))
    y = any_labels("float64", size)
    cases: list[tuple[Callable[..., Any], tuple[Array, ...]]] = [
        (value, (z, y)),
        (grad, (z, y)),
        (value_and_grad, (z, y)),
        (hvp, (z, y, v)),
    ]
    for kernel, inputs in cases:
        expected = kernel(*inputs)
        for i in range(len(inputs)):
            copies = [array.copy() for array in inputs]
            np.testing.assert_array_equal(kernel(*copies, out=copies[i]), expected)
            result = expected[1] if isinstance(expected, tuple) else expected
            np.testing.assert_array_equal(copies[i], result)
    same = y.copy()  # one array in every role
    np.testing.assert_array_equal(hvp(same, same, same, out=same), hvp(y, y, y))


every_function = pytest.mark.parametrize(
    "function",
    [value, grad, value_and_grad, lambda z, y, **options: hvp(z, y, np.asarray(z), **options)],
    ids=["value", "grad", "value_and_grad", "hvp"],
)


@every_function
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([[0, 1], [2, 0]], ValueError, r"labels\[1, 0\] is 2, expected 0 or 1"),
        ([[0, -1], [2, 0]], ValueError, r"labels\[0, 1\] is -1, expected 0 or 1"),
        (
            np.array([[0, 0], [0, 2**64 - 1]], np.uint64),
            ValueError,
            r"labels\[1, 1\] is 18446744073709551615, expected 0 or 1",
        ),
        ([[0, 1], [NAN, 1.5]], ValueError, r"labels\[1, 1\] is 1.5, expected 0 <= label <= 1"),
        (
            [[0, 1], [-1e-300, 2]],
            ValueError,
            r"labels\[1, 0\] is -1e-300, expected 0 <= label <= 1",
        ),
        ([[0, 1], [0, -INF]], ValueError, r"labels\[1, 1\] is -inf, expected"),
        ([0, 1], ValueError, r"labels must have the shape of logits, \(2, 2\), got \(2,\)"),
        (0, ValueError, r"labels must have the shape of logits, \(2, 2\), got \(\)"),
        ([[1j, 0], [0, 0]], TypeError, "labels must be .* real numbers, got dtype complex128"),
        ([["0", "1"], ["0", "1"]], TypeError, "labels must be .* got dtype <U1"),
        ([[None, 1], [0, 1]], TypeError, "labels must be .* got dtype object"),
        ([[0], [0, 1]], ValueError, "labels must be an array of real numbers: "),
    ],
)
def test_bad_labels(
    function: Callable[..., Any], labels: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        function(np.zeros((2, 2)), labels)


@every_function
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["int64", "float64", "float32"])
def test_a_bad_label_among_many(dtype: str, threads: int, function: Callable[..., Any]) -> None:
    """The first is named, whoever finds one first, and no input has been overwritten."""
    before = derivlib.get_num_threads()
    z, y = np.ones((300, 100)), np.ones((300, 100), dtype)
    y[290, 7] = y[123, 45] = 3
    derivlib.set_num_threads(threads)
    try:
        for layout in (np.ascontiguousarray, np.asfortranarray):
            with pytest.raises(ValueError, match=r"labels\[123, 45\] is 3"):
                function(layout(z), layout(y))
            for out in [z] if dtype == "int64" else [z, y]:
                if out.dtype == np.result_type(z, y.astype(float)):
                    with pytest.raises(ValueError, match=r"labels\[123, 45\] is 3"):
                        function(z, y, out=out)
            assert (z == 1).all()
            assert (y == 1).sum() == y.size - 2
    finally:
        derivlib.set_num_threads(before)


@every_function
def test_a_bad_single_label(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="labels is 2, expected 0 or 1"):
        function(0.0, 2)


@every_function
@pytest.mark.parametrize(
    ("smoothing", "error", "message"),
    [
        (-0.1, ValueError, "label_smoothing must be from 0 to 1, got -0.1"),
        (1.5, ValueError, "label_smoothing must be from 0 to 1, got 1.5"),
        (NAN, ValueError, "label_smoothing must be from 0 to 1, got nan"),
        ("0.1", TypeError, "label_smoothing must be a number, got '0.1'"),
        (None, TypeError, "label_smoothing must be a number, got None"),
        (1j, TypeError, "label_smoothing must be a number, got 1j"),
    ],
)
def test_bad_smoothing(
    function: Callable[..., Any], smoothing: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        function([0.0], [1], label_smoothing=smoothing)


@every_function
@pytest.mark.parametrize(
    ("z", "out", "error", "message"),
    [
        ([1j], None, TypeError, "must be .* got dtype complex128"),
        ([0.0], [0.0], TypeError, "out must be an array, got list"),
        ([0.0], np.empty(2), ValueError, r"out has shape \(2,\), the result has \(1,\)"),
        ([0.0], np.empty(1, "f4"), TypeError, "out has dtype float32, the result has float64"),
        ([0.0], np.broadcast_to(0.0, 1), ValueError, "out is read-only"),
    ],
)
def test_bad_logits_and_out(
    function: Callable[..., Any], z: Any, out: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        function(z, [1], out=out)


@pytest.mark.parametrize("v", [0.0, [0.0, 0.0], [[0.0]]])
def test_a_direction_of_another_shape(v: Any) -> None:
    with pytest.raises(ValueError, match=r"v must have the shape of logits, \(1,\), got \("):
        hvp([0.0], [1], v)
