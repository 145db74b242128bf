"""Softmax regression against its theorem, at random and saturated parameters."""

import numpy as np
import pytest
from mpmath import mp

from derivlib.evidence import taylor_order
from derivlib.models import pack, unpack
from derivlib.models import softmax_regression as model
from derivlib.models.softmax_regression import Parameters
from tests.support.exact_models import bound, formula, one_hot, relative_error

rng = np.random.default_rng(1)
X = rng.normal(size=(7, 3))
W, B = rng.normal(size=(3, 4)), rng.normal(size=4)
V = Parameters(rng.normal(size=(3, 4)), rng.normal(size=4))


def labels(kind: str) -> np.ndarray:
    scores = X @ W + B
    by_kind: dict[str, np.ndarray] = {
        "right": scores.argmax(1),
        "wrong": scores.argmin(1),
        "random": np.random.default_rng(2).integers(4, size=7),
        "weights": np.random.default_rng(3).uniform(size=(7, 4)),  # they need not sum to 1
    }
    return by_kind[kind]


@pytest.mark.parametrize("kind", ["right", "wrong", "random", "weights"])
@pytest.mark.parametrize("scale", [1, 40, 200])
def test_the_gradient_is_the_theorem(scale: float, kind: str) -> None:
    y = labels(kind)
    parameters = Parameters(scale * W, scale * B)
    value, grad = model.value_and_grad(parameters, X, y)
    given = {
        "X": X,
        "Y": y if kind == "weights" else one_hot(y, 4),
        "W": parameters.weights,
        "b": parameters.bias,
    }
    allowed = bound(X @ parameters.weights)
    assert relative_error(grad.weights, formula("softmax_regression", 0, **given)) < allowed
    assert relative_error(grad.bias, formula("softmax_regression", 1, **given)) < allowed
    again = model.grad(parameters, X, y)
    assert all(map(np.array_equal, again, grad))
    assert value == model.loss(parameters, X, y)


@pytest.mark.parametrize("kind", ["random", "weights"])
@pytest.mark.parametrize("scale", [1, 40])
def test_the_hessian_vector_product_is_the_theorem(scale: float, kind: str) -> None:
    """Block by block: W on W and b on W, W on b and b on b."""
    parameters, y = Parameters(scale * W, scale * B), labels(kind)
    got = model.hvp(parameters, V, X, y)
    Y = one_hot(y, 4) if kind == "random" else y
    given = {"X": X, "Y": Y, "W": parameters.weights, "b": parameters.bias}
    along = {"V": V.weights, "a": V.bias}
    blocks = [formula("softmax_regression", chain, **given, **along) for chain in range(2, 6)]
    with mp.workdps(60):
        assert relative_error(got.weights, blocks[0] + blocks[1]) < 1e-12
        assert relative_error(got.bias, blocks[2] + blocks[3]) < 1e-12


def test_the_loss_is_the_mean_of_minus_log_p() -> None:
    y, parameters = labels("random"), Parameters(W, B)
    p = model.predict(parameters, X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    expected = -np.mean(np.log(p[np.arange(7), y]))
    np.testing.assert_allclose(model.loss(parameters, X, y), expected, rtol=1e-14)


def test_the_penalty_spares_the_bias() -> None:
    parameters, y = Parameters(W, B), labels("weights")
    bare, with_l2 = (model.value_and_grad(parameters, X, y, l2=l2) for l2 in (0, 0.5))
    assert with_l2[0] == pytest.approx(bare[0] + 0.25 * (W**2).sum(), rel=1e-14)
    np.testing.assert_allclose(with_l2[1].weights, bare[1].weights + 0.5 * W, rtol=1e-14)
    assert np.array_equal(with_l2[1].bias, bare[1].bias)
    products = [model.hvp(parameters, V, X, y, l2=l2) for l2 in (0, 0.5)]
    np.testing.assert_allclose(
        products[1].weights, products[0].weights + 0.5 * V.weights, rtol=1e-13
    )


def test_taylor_sees_the_gradient_of_the_loss() -> None:
    y, start = labels("weights"), Parameters(W, B)

    def loss(w: np.ndarray) -> float:
        return model.loss(unpack(w, start), X, y, l2=0.1)

    def grad(w: np.ndarray) -> np.ndarray:
        return pack(model.grad(unpack(w, start), X, y, l2=0.1))

    def product(w: np.ndarray) -> np.ndarray:
        return pack(model.hvp(unpack(w, start), V, X, y, l2=0.1))

    assert taylor_order(loss, grad, pack(start)) > 1.9
    assert taylor_order(lambda w: grad(w) @ pack(V), product, pack(start)) > 1.9
