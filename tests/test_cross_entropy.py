"""Cross-entropy, its gradient, and both at once: against 60 digits, by properties, at the edges."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import softmax_cross_entropy as value
from derivlib import softmax_cross_entropy_grad as grad
from derivlib import softmax_cross_entropy_value_and_grad as value_and_grad
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, pairs_of_layouts, unhurried
from tests.support.digits import Digits, exactly, exp, log, log1p, ulps
from tests.support.loss_cases import grad_out, problems, value_and_grad_out
from tests.support.matrices import eighths
from tests.support.softmax_cases import FAMILIES, exact, logits, textbook

BOUNDS = {  # those of the docstrings: value, gradient at class labels
    "float16": (1, 1),
    "float32": (5, 6),
    "float64": (4, 6),
    "longdouble": (4, 6),
}
SOFT_GRADIENT = 4  # in u Σ|y|


def labels_for(z: Array) -> Array:
    """Half of the rows have their likeliest class, the others any."""
    y = np.random.default_rng(0).integers(0, z.shape[1], len(z))
    return np.where(np.arange(len(z)) % 2, z.argmax(axis=-1), y)


def exact_loss(family: str, dtype: str, y: Array) -> tuple[Digits, Digits]:
    """Value and gradient for the true classes `y`."""
    p, log_p, _ = exact(family, dtype)
    rows = np.arange(len(y))
    slopes = p.copy()
    slopes[rows, y] = 0
    slopes[rows, y] = -slopes.sum(axis=-1)
    return -log_p[rows, y], slopes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bounds_for_classes(family: str, dtype: str) -> None:
    z = logits(family, dtype)
    y = labels_for(z)
    losses, slopes = exact_loss(family, dtype, y)
    one_hot = np.eye(z.shape[1], dtype=dtype)[y]
    for labels in (y, one_hot):  # a one-hot row must cost no digit
        with no_warning():
            got = value_and_grad(z, labels)
        assert {x.dtype for x in got} == {z.dtype}
        assert ulps(got[0], losses) <= BOUNDS[dtype][0]
        assert ulps(got[1], slopes) <= BOUNDS[dtype][1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bounds_for_distributions(family: str, dtype: str) -> None:
    """Weights of any sum, in every other row of both signs: the theorem asks for no Σ y = 1."""
    z = logits(family, dtype)
    rows, classes = z.shape
    rng = np.random.default_rng(1)
    y = rng.dirichlet(np.full(classes, 0.3), rows) * rng.uniform(0.1, 3, (rows, 1))
    y[::2] *= rng.choice([-1, 1], y[::2].shape)
    y = y.astype(dtype)
    with no_warning():
        got = value_and_grad(z, y)

    p, log_p, _ = exact(family, dtype)
    weights = exactly(y)
    costs = -weights * log_p
    assert ulps(got[0], costs.sum(axis=-1), abs(costs).sum(axis=-1)) <= BOUNDS[dtype][0]
    errors = abs(exactly(got[1]) - (p * weights.sum(axis=-1, keepdims=True) - weights))
    scales = abs(weights).sum(axis=-1, keepdims=True)
    assert (errors / scales).max() <= SOFT_GRADIENT * float(np.finfo(dtype).eps) / 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((5,), 0),
        ((4, 3), 0),
        ((4, 3), -1),
        ((2, 3, 4), 1),
        ((2, 3, 4), -3),
        ((3, 1), 1),
        ((20, 130), 0),
    ],
)
def test_every_layout(shape: tuple[int, ...], axis: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, shape).astype(dtype)
    weights = rng.normal(0, 1, shape).astype(dtype)
    batch = tuple(np.delete(shape, axis))
    y = rng.integers(0, shape[axis], batch)
    p, log_p, _ = textbook(z, axis)
    one_hot = np.expand_dims(y, axis) == np.arange(shape[axis]).reshape(
        [-1 if i == axis % len(shape) else 1 for i in range(len(shape))]
    )
    close = 20 * float(np.finfo(dtype).eps)
    for labels, w in [(y, one_hot.astype(float)), (weights, weights.astype(np.longdouble))]:
        expected = -(w * log_p).sum(axis=axis), p * w.sum(axis=axis, keepdims=True) - w
        for z_name, y_name, same_z, same_y in pairs_of_layouts(z, np.atleast_1d(labels)):
            got = value_and_grad(same_z, same_y.reshape(labels.shape), axis=axis)
            for x, wanted in zip(got, expected, strict=True):
                assert x.dtype == z.dtype
                assert x.shape == wanted.shape
                np.testing.assert_allclose(x, wanted, close, close, err_msg=f"{z_name}, {y_name}")


@pytest.mark.parametrize("label_dtype", ["int8", "uint8", "int32", "uint64"])
@pytest.mark.parametrize("logit_dtype", ["bool", "int16", "uint64", "float32"])
def test_class_labels_do_not_change_the_dtype(logit_dtype: str, label_dtype: str) -> None:
    z = np.array([[1, 0], [0, 1]]).astype(logit_dtype)
    y = np.array([0, 0]).astype(label_dtype)
    expected = np.float32 if logit_dtype == "float32" else np.float64
    assert value(z, y).dtype == grad(z, y).dtype == expected
    np.testing.assert_allclose(value(z, y), np.log1p(np.exp([-1, 1])), rtol=1e-6)


@pytest.mark.parametrize("labels", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_distributions_take_part_in_the_dtype(dtype: str, labels: str) -> None:
    z, y = np.zeros((2, 4), dtype), np.full((2, 4), 0.25, labels)
    for x in value_and_grad(z, y):
        assert x.dtype == np.result_type(z, y)


def test_one_example_has_a_scalar_loss() -> None:
    assert isinstance(value([0.0, 0.0], 1), np.float64)
    assert isinstance(value(np.zeros(2, "f4"), np.ones(2, "f4")), np.float32)
    np.testing.assert_array_equal(grad([0.0, 0.0], 1), [0.5, -0.5])


def test_a_single_class_is_certain() -> None:
    for labels in ([0], [[1.0]]):
        losses, slopes = value_and_grad([[7.0]], labels)
        assert losses == 0
        assert slopes == 0
        assert not np.signbit(slopes)


@unhurried
@given(problems)
def test_the_gradient_sums_to_zero(problem: tuple[Array, Array]) -> None:
    z, y = problem
    scale = abs(y).sum(axis=-1) if y.ndim == 2 else 1
    assert (abs(grad(z, y).sum(axis=-1)) <= 1e-14 * scale).all()


@unhurried
@given(problems, eighths)
def test_a_shift_changes_nothing(problem: tuple[Array, Array], shift: float) -> None:
    z, y = problem
    scale = abs(y).sum() * 1e3 if y.ndim == 2 else 0
    for a, b in zip(value_and_grad(z + shift, y), value_and_grad(z, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-15, atol=1e-15 * scale + 5e-324)


@unhurried
@given(problems)
def test_the_three_functions_agree_and_no_row_sees_another(problem: tuple[Array, Array]) -> None:
    z, y = problem
    losses, slopes = value_and_grad(z, y)
    np.testing.assert_array_equal(value(z, y), losses)
    np.testing.assert_array_equal(grad(z, y), slopes)
    y = abs(y)  # what is left when terms cancel may depend on how the library adds
    losses, slopes = value_and_grad(z, y)
    np.testing.assert_array_equal([value(a, b) for a, b in zip(z, y, strict=True)], losses)
    np.testing.assert_array_equal([grad(a, b) for a, b in zip(z, y, strict=True)], slopes)


@unhurried
@given(problems, st.integers(0, 2**32 - 1))
def test_the_gradient_is_the_slope(problem: tuple[Array, Array], seed: int) -> None:
    """By the complex step on the textbook loss, along a Gaussian direction."""
    z, y = problem
    weights = y if y.ndim == 2 else np.eye(z.shape[1])[y]
    z = z - z.max(axis=-1, keepdims=True)
    direction = np.random.default_rng(seed).normal(size=z.shape)
    step = z + 1e-30j * direction
    loss = weights.sum(axis=-1) * np.log(np.exp(step).sum(axis=-1)) - (weights * step).sum(axis=-1)
    slope = (grad(z, y) * direction).sum(axis=-1)
    scale = 1e-12 * (1 + abs(weights).sum())
    np.testing.assert_allclose(slope, loss.imag / 1e-30, rtol=1e-10, atol=scale)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("row", "label", "loss", "slope"),
    [
        ([0, -INF], 0, 0, [0, 0]),
        ([0, -INF], 1, INF, [1, -1]),
        ([-INF, -INF], 0, NAN, [NAN, NAN]),
        ([INF, 0], 0, NAN, [NAN, NAN]),
        ([INF, 0], 1, NAN, [NAN, NAN]),
        ([INF, -INF], 1, NAN, [NAN, NAN]),
        ([INF, INF], 0, NAN, [NAN, NAN]),
        ([NAN, 0], 0, NAN, [NAN, NAN]),
        ([NAN, 0], 1, NAN, [NAN, NAN]),
        ([NAN, -INF], 1, NAN, [NAN, NAN]),
        ([INF, NAN], 0, NAN, [NAN, NAN]),
        ([6e4, 1e4], 1, 5e4, [1, -1]),
        ([-6e4, -1e4], 1, 0, [0, 0]),
    ],
)
def test_edges(
    row: list[float], label: int, loss: float, slope: list[float], soft: bool, dtype: str
) -> None:
    """Each in the company of ordinary rows, which it must leave alone."""
    z = np.array([[1, 1], row, [1, 1]], dtype)
    y = np.array([0, label, 1])
    labels = np.eye(2, dtype=dtype)[y] if soft else y
    with no_warning():
        losses, slopes = value_and_grad(z, labels)
    rtol = 4 * max(float(np.finfo(dtype).eps), 2.3e-16)  # log 2 went through float64
    np.testing.assert_allclose(losses, [np.log(2), loss, np.log(2)], rtol=rtol)
    np.testing.assert_array_equal(slopes, [[-0.5, 0.5], slope, [0.5, -0.5]])


def test_weights_that_are_no_distribution() -> None:
    z = np.array([[0.0, -INF, 0.0]])
    cases = [
        ([2.0, 0.0, 0.0], 2 * np.log(2), [-1, 0, 1]),  # 0 · inf = 0
        ([0.0, 0.0, 0.0], 0, [0, 0, 0]),
        ([0.0, -1.0, 0.0], -INF, [-0.5, 1, -0.5]),
        ([1.0, 0.0, -1.0], 0, [-1, 0, 1]),
        ([NAN, 0.0, 0.0], NAN, [NAN, NAN, NAN]),
    ]
    for weights, loss, slope in cases:
        with no_warning():
            losses, slopes = value_and_grad(z, [weights])
        np.testing.assert_allclose(losses, loss, rtol=1e-15)
        np.testing.assert_array_equal(slopes, [slope])
    assert np.isnan(value([NAN, NAN], [0.0, 0.0]))


def test_extremes_of_the_range() -> None:
    """Losses at the edge of overflow, and beyond."""
    largest = np.finfo(np.float64).max
    for labels in ([1], [[0.0, 1.0]]):
        with no_warning():
            assert value([[largest, 0.0]], labels) == largest
            assert value([[largest, -largest]], labels) == INF
            np.testing.assert_array_equal(grad([[largest, -largest]], labels), [[1, -1]])


@pytest.mark.parametrize("neighbour", [[0.0, 0.0], [INF, 0.0], [NAN, 0.0], [1e300, -1e300]])
@pytest.mark.parametrize(
    ("row", "label", "dtype", "loss"),
    [
        ([-1e17, 13], 0, "f8", 1.00000000000000013e17),
        ([-1e17, 13], 0, "f4", 1e17),
        ([1e16, -1e16 + 2], 1, "f8", 2e16),
        ([-(2.0**53), 3], 0, "f8", 2.0**53 + 4),  # the difference's rounding error is −1
        ([-(2.0**53), 3], 0, "f4", 2.0**53),
        ([-(2.0**24), 1], 0, "f4", 2.0**24),
        ([-1e308, 1e300], 0, "f8", 1.00000001e308),
        ([-1e30, 3.1e13], 0, "f4", 1e30),
        ([-(10**17), 13], 0, "i8", 1e17),
        ([13, -1e17], 0, "f8", 0),
        ([3, -(2.0**53)], 0, "f8", 0),
    ],
)
def test_differences_whose_rounding_is_not_small(
    row: list[Any], label: int, dtype: str, loss: float, neighbour: list[float]
) -> None:
    slope = [1, -1] if label else [-1, 1]
    with np.errstate(over="ignore"):
        pair = np.array([row, neighbour]).astype("f8" if dtype == "i8" else dtype)
    with no_warning():
        alone = value_and_grad(np.array(row, dtype), label)
        beside = value_and_grad(pair, [label, 0])
    assert (beside[0][0], beside[1][0].tolist()) == (alone[0], alone[1].tolist())
    np.testing.assert_allclose(alone[0], loss, rtol=1e-7 if dtype == "f4" else 3e-16)
    np.testing.assert_array_equal(alone[1], np.array(slope) * (loss > 0))


def any_magnitude(rng: np.random.Generator, shape: tuple[int, int], dtype: str) -> Array:
    """Exponents uniform to the largest finite number, mixed within a row; some rows of one size."""
    info = np.finfo(dtype)
    powers = rng.uniform(info.minexp, info.maxexp - 1, shape)
    powers[::2] = rng.uniform(-6, info.maxexp - 1, (len(powers[::2]), 1))
    z = np.ldexp(rng.uniform(0.5, 1, shape) * rng.choice([-1, 1], shape), powers.astype(int))
    return np.asarray(z.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_error_bounds_at_all_magnitudes(classes: int, dtype: str) -> None:
    rng = np.random.default_rng(classes)
    z = any_magnitude(rng, (max(2000 // classes, 100), classes), dtype)
    y = rng.integers(classes, size=len(z))
    rows = np.arange(len(z))
    gaps = exactly(z) - exactly(z[rows, y])[:, None]
    e = exp(np.where(gaps > 1e5, exactly(0), gaps))
    e[rows, y] = 0
    huge = (gaps > 1e5).any(axis=1)
    rest = e.sum(axis=1)
    below = exactly(z) - exactly(z.max(axis=1))[:, None]
    exp_below = exp(below)
    far = gaps.max(axis=1) + log(exp_below.sum(axis=1))
    losses = np.where(huge, far, log1p(rest))
    with no_warning():
        found, slopes = value_and_grad(z, y)
    assert ulps(found, losses) <= BOUNDS[dtype][0]
    p = exp_below / exp_below.sum(axis=1)[:, None]
    p[rows, y] = 0
    p[rows, y] = -p.sum(axis=1)
    assert ulps(slopes, p) <= BOUNDS[dtype][1]


def test_weights_whose_sum_overflows() -> None:
    with no_warning():
        loss, slope = value_and_grad(np.zeros(2), [1e308, 1e308])
        assert loss == pytest.approx(1.3862943611198906e308, rel=4e-16)
        assert slope.tolist() == [0, 0]
        signed = value(np.zeros(2, "f4"), np.array([3e38, -3e38], "f4"))
        assert signed == 0
        many = value([0.0, 1e10], np.array([[1e300, 0]]).repeat(2, 0)[0])
        assert many == INF


def test_empty() -> None:
    with no_warning():
        for labels in (np.zeros(0, int), np.zeros((0, 3))):
            losses, slopes = value_and_grad(np.zeros((0, 3)), labels)
            assert (losses.shape, slopes.shape) == ((0,), (0, 3))
        losses, slopes = value_and_grad(np.zeros((2, 0)), np.zeros((2, 0)))
        assert (losses.tolist(), slopes.shape) == ([0, 0], (2, 0))


@pytest.mark.parametrize("kernel", [grad_out, value_and_grad_out])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("soft", [False, True])
def test_out(soft: bool, axis: int, dtype: str, kernel: Callable[..., Array]) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(-4, 9, (5, 5)).astype(dtype)
    y = rng.dirichlet(np.ones(5), 5).astype(dtype) if soft else rng.integers(0, 5, 5)
    before, expected = (z.copy(), y.copy()), grad(z, y, axis=axis)
    for out in (np.empty_like(z), np.empty_like(z, order="F"), np.empty((10, 5), dtype)[::2]):
        assert kernel(z, y, out, axis) is out
        np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(z, before[0])
    np.testing.assert_array_equal(y, before[1])
    if soft:
        out = y.copy()
        kernel(z, out, out, axis)
        np.testing.assert_array_equal(out, expected)
    assert kernel(z, y, z, axis) is z
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_inputs_are_not_written_to(family: str) -> None:
    z = logits(family, "float64").copy()
    for y in (labels_for(z), np.eye(z.shape[1])[labels_for(z)]):
        z.flags.writeable = y.flags.writeable = False
        for result in value_and_grad(z, y):
            assert result.flags.writeable
            assert not np.may_share_memory(result, z)
            assert not np.may_share_memory(result, y)


@pytest.mark.parametrize("kernel", [value, grad, value_and_grad])
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 3], ValueError, r"labels\[1\] is 3, expected 0 <= label < 3, the number of classes"),
        (
            [-1, 0],
            ValueError,
            r"labels\[0\] is -1, expected 0 <= label < 3, the number of classes; "
            r"softmax_cross_entropy\(…, ignore_index=-1\) leaves such examples out",
        ),
        (
            np.array([0, 2**64 - 1], np.uint64),
            ValueError,
            r"labels\[1\] is 18446744073709551615, expected",
        ),
        ([0], ValueError, r"integers, which are true classes: .* shape \(2,\), got \(1,\)"),
        (0, ValueError, r"must have shape \(2,\), got \(\)"),
        (np.eye(3, dtype=int)[:2], ValueError, r"must have shape \(2,\), got \(2, 3\)"),
        ([0.0, 1.0], ValueError, r"floats, which are distributions: .* \(2, 3\), got \(2,\)"),
        (np.eye(3), ValueError, r"must have shape \(2, 3\), got \(3, 3\)"),
        (np.zeros((2, 3), bool), TypeError, r"bool with shape \(2, 3\) are ambiguous"),
        ([1j, 0], TypeError, "labels must be .* real numbers, got dtype complex128"),
        (["0", "1"], TypeError, "labels must be .* got dtype <U1"),
        ([None, 1], TypeError, "labels must be .* got dtype object"),
        ([[0], [0, 1]], ValueError, "labels must be an array of real numbers: "),
    ],
)
def test_bad_labels(
    kernel: Callable[..., Any], labels: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kernel(np.zeros((2, 3)), labels)


@pytest.mark.parametrize("kernel", [value, grad, value_and_grad])
@pytest.mark.parametrize(
    ("z", "y", "axis", "error", "message"),
    [
        ([1j, 0], 0, -1, TypeError, "logits must be .* got dtype complex128"),
        (["a"], 0, -1, TypeError, "logits must be .* got dtype <U1"),
        ([[1.0], []], [0, 0], -1, ValueError, "logits must be an array of real numbers: "),
        (1.0, 0, -1, ValueError, "axis -1 is out of range for an array of 0 dimensions"),
        ([1.0], 0, 1, ValueError, "axis 1 is out of range for an array of 1 dimensions"),
        ([1.0], 0, (0,), TypeError, r"axis must be an integer, got \(0,\)"),
        ([1.0], 0, None, TypeError, "axis must be an integer, got None"),
        ([1.0, 2.0], 2, -1, ValueError, "labels is 2, expected 0 <= label < 2"),
        (np.zeros((2, 0)), [0, 0], -1, ValueError, r"labels\[0\] is 0, expected 0 <= label < 0"),
    ],
)
def test_bad_logits(
    kernel: Callable[..., Any], z: Any, y: Any, axis: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kernel(z, y, axis=axis)
