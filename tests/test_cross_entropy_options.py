"""Label smoothing, the Hessian's products, and `out` for the values of the cross-entropy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import softmax, softmax_cross_entropy_hvp, softmax_jvp
from derivlib import softmax_cross_entropy as value
from derivlib import softmax_cross_entropy_grad as grad
from derivlib import softmax_cross_entropy_value_and_grad as value_and_grad
from tests.support.arrays import DTYPES, INF, NAN, Array, layouts, no_warning
from tests.support.digits import exactly, exp, log
from tests.support.loss_cases import grad_out, problems, value_and_grad_out


def hvp(z: Any, y: Any, **options: Any) -> Array:
    return softmax_cross_entropy_hvp(z, y, np.ones_like(z), **options)


@given(problems, st.floats(0, 1))
def test_smoothed_labels_are_distributions(problem: tuple[Array, Array], smoothing: float) -> None:
    z, y = problem
    weights = y if y.ndim == 2 else np.eye(z.shape[1])[y]
    mixed = weights * (1 - smoothing) + smoothing / z.shape[1]
    losses, slopes = value_and_grad(z, y, label_smoothing=smoothing)
    np.testing.assert_array_equal(losses, value(z, y, label_smoothing=smoothing))
    np.testing.assert_array_equal(slopes, grad(z, y, label_smoothing=smoothing))
    scale = 1e-14 * (1 + abs(mixed).sum()) * (1 + np.ptp(z))
    np.testing.assert_allclose(losses, value(z, mixed), rtol=1e-13, atol=scale)
    np.testing.assert_allclose(slopes, grad(z, mixed), rtol=1e-13, atol=scale)


@pytest.mark.parametrize("dtype", DTYPES)
def test_smoothing_by_the_textbook(dtype: str) -> None:
    z = np.random.default_rng(0).normal(size=(3, 4)).astype(dtype)
    wide = z.astype(np.longdouble)
    log_p = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    losses, slopes = value_and_grad(z, [0, 3, 1], label_smoothing=0.2)
    assert losses.dtype == slopes.dtype == z.dtype
    part = np.longdouble(0.2)  # as the double is, to the last bit
    expected = -(1 - part) * log_p[np.arange(3), [0, 3, 1]] - part * log_p.mean(axis=1)
    close = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(losses, expected.astype(dtype), rtol=close)
    slope = np.exp(log_p) - (1 - part) * np.eye(4)[[0, 3, 1]] - part / 4
    np.testing.assert_allclose(slopes, slope.astype(dtype), atol=close)


def test_smoothing_of_nothing_changes_no_bit() -> None:
    z = np.random.default_rng(0).normal(size=(30, 7))
    y = z.argmin(axis=1)
    np.testing.assert_array_equal(value(z, y, label_smoothing=0), value(z, y))
    np.testing.assert_array_equal(grad(z, y, label_smoothing=0.0), grad(z, y))


def test_smoothed_edges() -> None:
    z = np.array([[0.0, 0.0], [0.0, -INF], [NAN, 0.0]])
    with no_warning():
        losses, slopes = value_and_grad(z, [0, 0, 0], label_smoothing=0.5)
    np.testing.assert_allclose(losses, [np.log(2), INF, NAN])
    np.testing.assert_array_equal(slopes, [[-0.25, 0.25], [0.25, -0.25], [NAN, NAN]])
    with no_warning():
        assert value(np.zeros((0, 3)), np.zeros(0, int), label_smoothing=0.5).shape == (0,)
        assert value(np.zeros((2, 0)), np.zeros((2, 0)), label_smoothing=0.5).tolist() == [0, 0]


@pytest.mark.parametrize("function", [value, grad, value_and_grad, hvp])
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
        function([1.0, 2.0], 0, label_smoothing=smoothing)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_out_of_the_values(axis: int, soft: bool, dtype: str) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6, 6)).astype(dtype)
    y = rng.uniform(size=(6, 6)).astype(dtype) if soft else rng.integers(0, 6, 6)
    expected = value(z, y, axis=axis)
    for out in (np.empty(6, dtype), np.empty(12, dtype)[::2], z[0]):
        assert value(z, y, axis=axis, out=out) is out
        np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match=r"out has shape \(5,\), the result has \(6,\)"):
        value(z, y, axis=axis, out=np.empty(5, dtype))


@given(problems, st.integers(0, 2**32 - 1))
def test_the_hessian_is_the_slope_of_the_gradient(problem: tuple[Array, Array], seed: int) -> None:
    z, y = problem
    z = z / 64
    v = np.random.default_rng(seed).normal(size=z.shape)
    h = 1e-5
    slope = (grad(z + h * v, y) - grad(z - h * v, y)) / (2 * h)
    scale = 1e-8 * (1 + abs(y).max() if y.ndim == 2 else 1)
    got = softmax_cross_entropy_hvp(z, y, v)
    np.testing.assert_allclose(got, slope, rtol=1e-4, atol=scale * z.shape[1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, -1])
def test_hessian_and_jacobian_agree(axis: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    z, v = rng.normal(size=(2, 5, 5)).astype(dtype)
    y = rng.uniform(size=(5, 5)).astype(dtype)
    close = 16 * float(np.finfo(dtype).eps)
    product = softmax_jvp(softmax(z, axis).astype(np.longdouble), v, axis)
    for labels, weight in [(z.argmax(axis=axis), 1), (y, y.sum(axis=axis, keepdims=True))]:
        for same_z in layouts(z).values():
            got = softmax_cross_entropy_hvp(same_z, labels, v, axis=axis)
            assert got.dtype == z.dtype
            np.testing.assert_allclose(got, (product * weight).astype(dtype), close, close)
    out = v.copy()
    assert softmax_cross_entropy_hvp(z, y, out, axis=axis, out=out) is out
    np.testing.assert_array_equal(out, softmax_cross_entropy_hvp(z, y, v, axis=axis))
    one = softmax_cross_entropy_hvp(z, y / y.sum(axis=axis, keepdims=True), v, axis=axis)
    smoothed = softmax_cross_entropy_hvp(z, z.argmax(axis=axis), v, axis=axis, label_smoothing=0.3)
    np.testing.assert_allclose(one, smoothed, close, close)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("v", [*DTYPES, "int8"])
def test_the_direction_takes_part_in_the_dtype(v: str, dtype: str) -> None:
    product = softmax_cross_entropy_hvp(np.zeros(2, dtype), 0, np.array([1, 0], v))
    assert product.dtype == np.promote_types(dtype, "float64" if v == "int8" else v)


@pytest.mark.parametrize("row", [[NAN, 0], [INF, 0], [-INF, -INF]])
def test_hessian_edges(row: list[Any]) -> None:
    with no_warning():
        got = softmax_cross_entropy_hvp(
            np.array([[0, 0], row, [0, 0]]), [0, 0, 1], [[1.0, 0.0]] * 3
        )
        assert softmax_cross_entropy_hvp(np.zeros((0, 2)), np.zeros(0, int), np.zeros((0, 2))).shape
    np.testing.assert_array_equal(got[[0, 2]], [[0.25, -0.25]] * 2)
    assert np.isnan(got[1]).any()


@pytest.mark.parametrize(
    ("v", "error", "message"),
    [
        ([1.0], ValueError, r"v must have the shape of logits, \(2,\), got \(1,\)"),
        ([1j, 0], TypeError, "v must be an array of real numbers, got dtype complex128"),
    ],
)
def test_bad_direction(v: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        softmax_cross_entropy_hvp([1.0, 2.0], 0, v)


@pytest.mark.parametrize("kernel", [grad_out, value_and_grad_out])
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0, 0.0], TypeError, "out must be an array, got list"),
        (np.empty((2, 1)), ValueError, r"out has shape \(2, 1\), the result has \(2,\)"),
        (np.empty(2, "f4"), TypeError, "out has dtype float32, the result has float64"),
        (np.broadcast_to(0.0, 2), ValueError, "out is read-only"),
    ],
)
def test_bad_out(
    kernel: Callable[..., Array], out: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kernel(np.zeros(2), 0, out)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("rows", [1, 20_000])
@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_no_smoothed_label_survives_an_impossible_class(
    smoothing: float, rows: int, label: int
) -> None:
    """Every class has some weight, so one with a logit of −inf costs +inf, the label itself too."""
    z = np.tile([0.5, -np.inf, 1.0], (rows, 1))
    labels = np.full(rows, label)
    with no_warning():
        loss = value(z, labels, label_smoothing=smoothing)
    assert (loss == np.inf).all()


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("dtype", ["float64", "longdouble", "float32"])
def test_however_strong_the_smoothing(dtype: str, classes: int) -> None:
    """Nothing cancels where the label is far below the others."""
    z = np.random.default_rng(classes).normal(size=(4, classes)).astype(dtype)
    z[:, 0] = [-3, -40, -1e3, -1e5]
    logits = exactly(z)
    top, mean = logits.max(axis=-1), logits.sum(axis=-1) / classes
    total = top + log(exp(logits - top[:, None]).sum(axis=-1))
    for smoothing in (0.0, 0.1, 0.5, 0.9, 0.99, 1.0):
        losses = value(z, np.zeros(4, int), label_smoothing=smoothing)
        alpha = exactly(smoothing)
        exact = total - (1 - alpha) * logits[:, 0] - alpha * mean
        assert (abs(exactly(losses) - exact) <= 4 * float(np.finfo(dtype).eps) * exact).all()


@pytest.mark.parametrize("rows", [1, 20_000])
def test_differences_that_overflow_may_cost_a_finite_amount(rows: int) -> None:
    def losses(logits: list[float], labels: Any, dtype: str, **options: Any) -> Array:
        z = np.tile(np.array(logits, dtype), (rows, 1))
        y = np.tile(np.array(labels), (rows, *[1] * np.ndim(labels)))
        with no_warning():
            found: Array = np.unique(value(z, y if np.ndim(labels) else y.ravel(), **options))
        return found

    assert losses([1e308, 0, 0, 0], 0, "f8", label_smoothing=0.1) == pytest.approx([7.5e306])
    assert losses([3e38, -3e38], 0, "f4", label_smoothing=0.1) == pytest.approx([3e37])
    assert losses([1.7e308, -1.7e308], [0.95, 0.05], "f8") == pytest.approx([1.7e307])
    assert losses([1.7e308, -1.7e308], 1, "f8", label_smoothing=0.95) == pytest.approx([1.785e308])


@pytest.mark.parametrize(
    ("rows", "classes", "smoothing", "scale", "dtype", "bound"),
    [
        (500, 2000, 0.1, 1.0, "float64", 3.5),
        (5, 50_000, 0.5, 0.1, "float64", 3.5),
        (500, 1000, 0.5, 0.1, "float32", 5.0),
    ],
)
def test_many_terms_alike(
    rows: int, classes: int, smoothing: float, scale: float, dtype: str, bound: float
) -> None:
    """Sums of many terms of one size are where a chain of additions loses most."""
    z = (np.random.default_rng(0).normal(size=(rows, classes)) * scale).astype(dtype)
    found = value(z, np.zeros(rows, int), label_smoothing=smoothing)
    wide = z.astype(np.longdouble)
    log_p = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    alpha = np.longdouble(smoothing)
    exact = -(1 - alpha) * log_p[:, 0] - alpha * log_p.mean(axis=1)
    errors = np.abs(found - exact) / np.spacing(exact.astype(dtype))
    assert errors.max() <= bound


def test_a_class_of_hardly_any_weight_has_some() -> None:
    z = np.array([0, -np.inf, 1], "f4")
    for labels in (np.array(0), np.array([1, 0, 0], "f4")):
        assert value(z, labels, label_smoothing=1e-50) == np.inf
        assert value(z, labels) < 2
