"""Trained with the same penalty, the models reach the coefficients that scikit-learn finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derivlib.models import logistic_regression, pack, softmax_regression, unpack
from derivlib.models.datasets import Dataset, load_challenger, load_iris

L2 = 0.02


def standardised(data: Dataset) -> NDArray[np.float64]:
    return np.asarray((data.X - data.X.mean(axis=0)) / data.X.std(axis=0))


def newton(model: Any, start: Any, X: NDArray[Any], labels: NDArray[Any], l2: float) -> Any:
    """Full Newton steps, the Hessian column by column; along a flat direction it is singular."""
    w = pack(start)
    for _ in range(50):
        g = pack(model.grad(unpack(w, start), X, labels, l2=l2))
        columns = [
            pack(model.hvp(unpack(w, start), unpack(e, start), X, labels, l2=l2))
            for e in np.eye(w.size)
        ]
        step = np.linalg.lstsq(np.array(columns), g)[0]
        w = w - step
        if np.abs(step).max() < 1e-12:
            return unpack(w, start)
    raise AssertionError("Newton's method did not converge")


def theirs(X: NDArray[Any], labels: NDArray[Any], l2: float) -> Any:
    from sklearn.linear_model import LogisticRegression  # takes long, on each worker

    return LogisticRegression(C=1 / (l2 * len(X)), tol=1e-12, max_iter=10_000).fit(X, labels)


@pytest.mark.parametrize("data", [load_challenger(), load_iris()], ids=["challenger", "iris"])
def test_logistic_regression(data: Dataset) -> None:
    X, labels = standardised(data), (data.labels == data.labels.max()).astype(int)
    start = logistic_regression.init(X.shape[1])
    ours, fitted = newton(logistic_regression, start, X, labels, L2), theirs(X, labels, L2)
    np.testing.assert_allclose(ours.weights, fitted.coef_[0], rtol=1e-6)
    np.testing.assert_allclose(ours.bias, fitted.intercept_[0], rtol=1e-6)


def test_softmax_regression() -> None:
    data = load_iris()
    X, start = standardised(data), softmax_regression.init(4, 3)
    ours = newton(softmax_regression, start, X, data.labels, L2)
    fitted = theirs(X, data.labels, L2)
    np.testing.assert_allclose(ours.weights, fitted.coef_.T, rtol=1e-6)
    # One number added to all biases changes nothing, and the penalty spares them.
    centred = ours.bias - ours.bias.mean()
    np.testing.assert_allclose(centred, fitted.intercept_ - fitted.intercept_.mean(), rtol=1e-6)


def test_the_optimum_without_a_penalty_is_the_published_one() -> None:
    """Damage of the O-rings over temperature in °F: 15.0429 − 0.2322 t."""
    data = load_challenger()
    start = logistic_regression.init(1)
    ours = newton(logistic_regression, start, standardised(data), data.labels, 0)
    slope = ours.weights[0] / data.X.std()
    np.testing.assert_allclose(slope, -0.2322, atol=5e-5)
    np.testing.assert_allclose(ours.bias - slope * data.X.mean(), 15.0429, atol=5e-5)


def test_separable_classes_have_no_finite_optimum() -> None:
    """Setosa against the rest: the further along the gradient, the larger the weights."""
    data = load_iris()
    X, labels = standardised(data), (data.labels == 0).astype(int)
    sizes = []
    parameters = logistic_regression.init(4)
    for step in range(2_000):
        grad = logistic_regression.grad(parameters, X, labels)
        parameters = type(parameters)(*(w - 2 * g for w, g in zip(parameters, grad, strict=True)))
        if (step + 1) % 500 == 0:
            sizes.append(np.linalg.norm(parameters.weights))
    assert sizes == sorted(sizes) and sizes[-1] > 1.2 * sizes[0]
