"""Logistic regression against its theorem, at random and saturated parameters."""

import numpy as np
import pytest
from mpmath import mp

from derivlib.evidence import taylor_order
from derivlib.models import logistic_regression as model
from derivlib.models import pack, unpack
from derivlib.models.logistic_regression import Parameters
from tests.support.exact_models import bound, formula, relative_error

rng = np.random.default_rng(0)
X = rng.normal(size=(7, 3))
W, B = rng.normal(size=3), 0.3
V = Parameters(rng.normal(size=3), np.asarray(-0.7))


def labels(scale: float) -> dict[str, np.ndarray]:
    """At a large scale, p rounds to the label for all examples ("right"), or to its opposite."""
    right = (scale * (X @ W + B) > 0).astype(float)
    return {
        "right": right.astype(int),
        "wrong": 1 - right.astype(int),
        "bools": right > 0,
        "soft": np.random.default_rng(1).uniform(size=7),
    }


@pytest.mark.parametrize("kind", ["right", "wrong", "bools", "soft"])
@pytest.mark.parametrize("scale", [1, 40, 300])
def test_the_gradient_is_the_theorem(scale: float, kind: str) -> None:
    y = labels(scale)[kind]
    parameters = Parameters(scale * W, np.asarray(scale * B))
    value, grad = model.value_and_grad(parameters, X, y)
    given = {"X": X, "y": y.astype(float), "w": parameters.weights, "b": parameters.bias}
    allowed = bound(X @ parameters.weights)
    assert relative_error(grad.weights, formula("logistic_regression", 0, **given)) < allowed
    assert relative_error(grad.bias, formula("logistic_regression", 1, **given)) < allowed
    again = model.grad(parameters, X, y)
    assert np.array_equal(again.weights, grad.weights) and again.bias == grad.bias
    assert value == model.loss(parameters, X, y)


@pytest.mark.parametrize("scale", [1, 40])
def test_the_hessian_vector_product_is_the_theorem(scale: float) -> None:
    parameters = Parameters(scale * W, np.asarray(scale * B))
    got = model.hvp(parameters, V, X, np.zeros(7, int))
    given = {"X": X, "w": parameters.weights, "b": parameters.bias}
    for part, chain in ((got.weights, 2), (got.bias, 3)):
        exact = formula("logistic_regression", chain, v=V.weights, c=V.bias, **given)
        assert relative_error(part, exact) < 1e-12


def test_the_loss_is_the_mean_of_minus_log_p() -> None:
    y = labels(1)["right"]
    p = model.predict(Parameters(W, np.asarray(B)), X)
    expected = -np.mean(np.log(np.where(y == 1, p, 1 - p)))
    np.testing.assert_allclose(model.loss(Parameters(W, np.asarray(B)), X, y), expected, rtol=1e-14)


def test_the_penalty_spares_the_bias() -> None:
    parameters, y = Parameters(W, np.asarray(B)), labels(1)["soft"]
    bare, with_l2 = (model.value_and_grad(parameters, X, y, l2=l2) for l2 in (0, 0.5))
    assert with_l2[0] == pytest.approx(bare[0] + 0.25 * W @ W, rel=1e-14)
    np.testing.assert_allclose(with_l2[1].weights, bare[1].weights + 0.5 * W, rtol=1e-14)
    assert with_l2[1].bias == bare[1].bias
    products = [model.hvp(parameters, V, X, y, l2=l2) for l2 in (0, 0.5)]
    np.testing.assert_allclose(
        products[1].weights, products[0].weights + 0.5 * V.weights, rtol=1e-14
    )


def test_taylor_sees_the_gradient_of_the_loss() -> None:
    y = labels(1)["soft"]

    start = Parameters(W, np.asarray(B))

    def loss(w: np.ndarray) -> float:
        return model.loss(unpack(w, start), X, y, l2=0.1)

    def grad(w: np.ndarray) -> np.ndarray:
        return pack(model.grad(unpack(w, start), X, y, l2=0.1))

    def product(w: np.ndarray) -> np.ndarray:
        return pack(model.hvp(unpack(w, start), V, X, y, l2=0.1))

    assert taylor_order(loss, grad, pack(start)) > 1.9
    assert taylor_order(lambda w: grad(w) @ pack(V), product, pack(start)) > 1.9


def test_saturation_leaves_the_gradient_its_digits() -> None:
    """One example, ahead by 50: textbook arithmetic gives 0."""
    grad = model.grad(Parameters(np.array([50.0]), np.zeros(())), [[1.0]], [1])
    assert grad.weights[0] == pytest.approx(-float(mp.exp(-50) / (1 + mp.exp(-50))), rel=1e-14)
