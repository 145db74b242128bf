"""Sums and products that overflow or underflow on the way to a number that does not."""

from __future__ import annotations

from fractions import Fraction
from math import log, nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib.models import logistic_regression, recurrent, softmax_regression, two_layer
from derivlib.models._linear import backward, forward, product
from derivlib.models._objective import mean, penalty

LARGEST = float(np.finfo(np.float64).max)
EPS = float(np.finfo(np.float64).eps)
floats = st.floats(allow_nan=False, allow_infinity=False)
fields = "weights", "weights_1", "weights_2", "input_weights", "recurrent_weights", "output_weights"

# Each with an X of zeros, at which the loss is the last number, and labels.
MODELS: dict[str, tuple[Any, Any, Any, Any, float]] = {
    "logistic regression": (
        logistic_regression,
        logistic_regression.init(2),
        np.zeros((3, 2)),
        [0, 1, 1],
        log(2),
    ),
    "softmax regression": (
        softmax_regression,
        softmax_regression.init(2, 4),
        np.zeros((3, 2)),
        [0, 3, 1],
        log(4),
    ),
    "two layers": (two_layer, two_layer.init(2, 3, 4, 0), np.zeros((3, 2)), [0, 3, 1], log(4)),
    "recurrent": (
        recurrent,
        recurrent.init(2, 3, 4, 0),
        np.zeros((3, 2, 2)),
        [[0, 3], [1, 1], [2, 0]],
        2 * log(4),
    ),
}
models = pytest.mark.parametrize(
    ("model", "start", "X", "labels", "loss"), MODELS.values(), ids=MODELS
)


def filled(start: Any, size: float, dtype: str = "f8") -> Any:
    """The parameters with all weights of a size, and biases of 0."""
    parts = {name: np.full_like(a, size * (name in fields)) for name, a in _items(start)}
    return type(start)(**{name: a.astype(dtype) for name, a in parts.items()})


def _items(parameters: Any) -> list[tuple[str, Any]]:
    return [(name, np.asarray(a)) for name, a in zip(parameters._fields, parameters, strict=True)]


def number_of_weights(start: Any) -> int:
    return sum(a.size for name, a in _items(start) if name in fields)


@models
@pytest.mark.parametrize(
    ("l2", "size"),
    [
        (1e-200, 1e200),
        (1e-320, 1e308),
        (1e-310, LARGEST),
        (1e200, 1e-200),
        (1e308, 1e-308),
        (1e300, 1e-310),
        (1e-10, 1e150),
        (5e-324, 1e161),
        (0.01, 1e-170),
        (1e100, 1e-160),
        (0.5, 2.0),
    ],
)
def test_penalties(
    model: Any, start: Any, X: Any, labels: Any, loss: float, l2: float, size: float
) -> None:
    parameters = filled(start, size)
    n = number_of_weights(start)
    expected = float(Fraction(loss) + Fraction(l2) * n * Fraction(size) ** 2 / 2)
    value, gradient = model.value_and_grad(parameters, X, labels, l2=l2)
    assert value == pytest.approx(expected, rel=4 * EPS, abs=0)
    assert model.loss(parameters, X, labels, l2=l2) == value
    _, without = model.value_and_grad(parameters, X, labels)
    for name, got in _items(gradient):
        own = float(Fraction(l2) * Fraction(size)) if name in fields else 0.0
        np.testing.assert_array_max_ulp(got, getattr(without, name) + own, 1)
    if hasattr(model, "hvp"):
        moved = model.hvp(start, parameters, X, labels, l2=l2)
        np.testing.assert_array_max_ulp(moved.weights, np.full_like(start.weights, l2 * size), 1)


@models
@pytest.mark.parametrize(("l2", "size"), [(1e40, 1e-20), (1e-42, 1e30), (1e-60, 1e38), (1e60, 0)])
def test_penalties_of_float32(
    model: Any, start: Any, X: Any, labels: Any, loss: float, l2: float, size: float
) -> None:
    parameters = filled(start, size, "f4")
    value, gradient = model.value_and_grad(parameters, X.astype("f4"), labels, l2=l2)
    w = float(np.float32(size))
    n = number_of_weights(start)
    assert value == pytest.approx(loss + l2 * n * w * w / 2, rel=1e-6)
    _, without = model.value_and_grad(parameters, X.astype("f4"), labels)
    for name, got in _items(gradient):
        own = np.float32(l2 * w) if name in fields else np.float32(0)
        assert got.dtype == np.float32
        np.testing.assert_array_max_ulp(got, getattr(without, name) + own, 1)


@given(st.lists(floats, max_size=5), st.floats(0, LARGEST))
def test_any_penalty(weights: list[float], l2: float) -> None:
    exact = Fraction(l2) * sum((Fraction(w) ** 2 for w in weights), Fraction(0)) / 2
    with np.errstate(all="ignore"):
        got = penalty(l2, np.array(weights))
    if exact > Fraction(LARGEST):
        assert got >= nextafter(LARGEST, 0)
    else:
        assert got == pytest.approx(float(exact), rel=8 * EPS, abs=1e-323)


@given(st.lists(floats, min_size=1, max_size=6))
def test_any_mean(losses: list[float]) -> None:
    exact = sum(map(Fraction, losses), Fraction(0)) / len(losses)
    size = sum((abs(Fraction(x)) for x in losses), Fraction(0))
    with np.errstate(all="ignore"):
        got = mean(np.array(losses), len(losses))
    assert np.isfinite(got)
    assert abs(Fraction(got) - exact) <= 8 * Fraction(EPS) * size + Fraction(5e-324)


HUGE = {
    "logistic regression": (
        logistic_regression,
        logistic_regression.Parameters(np.array([1.0]), np.zeros(())),
        np.full((3, 1), 1e308),
        [0, 0, 0],
    ),
    "softmax regression": (
        softmax_regression,
        softmax_regression.Parameters(np.array([[1.0, 0, 0]]), np.zeros(3)),
        np.full((3, 1), 1e308),
        [1, 2, 1],
    ),
    "two layers": (
        two_layer,
        two_layer.Parameters(np.ones((1, 1)), np.zeros(1), np.array([[1e308, 0, 0]]), np.zeros(3)),
        np.full((3, 1), 50.0),
        [1, 2, 1],
    ),
    "recurrent": (
        recurrent,
        recurrent.Parameters(
            np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.array([[1e308, 0, 0]]), np.zeros(3)
        ),
        np.full((3, 1, 1), 50.0),
        [[1], [2], [1]],
    ),
}


@pytest.mark.parametrize(("model", "parameters", "X", "labels"), HUGE.values(), ids=HUGE)
def test_the_mean_of_huge_losses(model: Any, parameters: Any, X: Any, labels: Any) -> None:
    value, gradient = model.value_and_grad(parameters, X, labels)
    assert value == pytest.approx(1e308, rel=4 * EPS)
    assert model.loss(parameters, X, labels) == value
    assert all(np.isfinite(a).all() for a in gradient)


def test_sums_of_many_labels() -> None:
    """An example's losses are summed over its labels: that sum, too, is larger than the mean."""
    parameters = two_layer.Parameters(
        np.ones((1, 1)), np.zeros(1), np.array([[1e308, 0.0]]), np.zeros(2)
    )
    given = parameters, [[50.0], [50.0], [50.0]], [[0, 1]] * 3
    assert two_layer.loss(*given, output="sigmoid") == pytest.approx(1e308, rel=4 * EPS)


def test_logits_of_finite_value() -> None:
    X = np.array([[1e308, 1e308], [1e308, 0.0], [1.0, 2.0]])
    W = np.array([[2.0, 1.5], [-2.0, 0.25]])
    b = np.array([1.0, -1e308])
    with np.errstate(all="ignore"):
        z = forward(X, W, b)
        assert z[0].tolist() == pytest.approx([0.0, 7.5e307], abs=1e294)
        assert z[1, 0] == np.inf and z[1, 1] == pytest.approx(5e307, rel=1e-15)
        assert z[2].tolist() == (X[2] @ W + b).tolist()
        assert forward(X, np.array([1.5, 0.5]), b[1])[0] == pytest.approx(1e308, rel=1e-15)
        assert forward(X, W[:, 1], b[1])[0] == pytest.approx(7.5e307, rel=1e-15)
    p = softmax_regression.predict(softmax_regression.Parameters(W, np.zeros(2)), X[:1])
    assert p.tolist() == [[0.0, 1.0]]


def test_small_entries_beside_huge_ones_keep_their_digits() -> None:
    A = np.array([[1e308, 1e308], [1e-308, 3e-308]])
    B = np.array([[10.0, 1e-300], [-10.0, 1e-300]])
    with np.errstate(all="ignore"):
        got = product(A, B)
    assert got[0, 0] == 0 and got[0, 1] == pytest.approx(2e8)
    assert got[1, 0] == pytest.approx(-2e-307) and got[1, 1] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays(bad: float) -> None:
    A, B = np.array([[bad, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [2.0, 1.0]])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(product(A, B), A @ B)
        np.testing.assert_array_equal(forward(A, B, np.ones(2)), A @ B + 1)
        B = np.array([[1e-30, 0.0], [1e308, 1.0]])  # beside 1e308, scaled, 1e-30 is 0
        np.testing.assert_array_equal(product(A, B), A @ B)


def test_back_propagation_through_huge_weights() -> None:
    parameters = two_layer.Parameters(
        np.ones((1, 1)), np.zeros(1), np.full((1, 3), 1.5e308), np.zeros(3)
    )
    labels = [[4.0, 0.0, 0.0]]  # the gradient in the logits is 4(1/3, 1/3, 1/3) − (4, 0, 0)
    gradient = two_layer.grad(parameters, [[0.5]], labels, hidden="identity")
    assert np.isfinite(gradient.weights_1).all()
    with np.errstate(all="ignore"):
        weights, _ = backward(np.array([[1e308], [1e308]]), np.array([[4.0], [-4.0]]))
    assert weights.tolist() == [[0.0]]


def test_an_integer_l2_beyond_all_floats() -> None:
    with pytest.raises(ValueError, match="l2 must be finite"):
        logistic_regression.loss(logistic_regression.init(1), [[0.0]], [0], l2=10**400)
