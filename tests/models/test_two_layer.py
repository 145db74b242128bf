"""The two-layer network against its theorem: every activation and output, saturated or not."""

from itertools import product

import numpy as np
import pytest

from derivlib.evidence import taylor_order
from derivlib.models import pack, unpack
from derivlib.models import two_layer as model
from derivlib.models._activations import Hidden
from derivlib.models.two_layer import Output, Parameters
from tests.support.exact_models import bound, formula, one_hot, relative_error

HIDDEN: list[Hidden] = ["tanh", "sigmoid", "identity"]
OUTPUT: list[Output] = ["softmax", "sigmoid"]

rng = np.random.default_rng(2)
X = rng.normal(size=(5, 3))
START = Parameters(
    rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2)), rng.normal(size=2)
)
CHAINS = {"weights_2": 0, "bias_2": 1, "weights_1": 2, "bias_1": 3}


def scaled(by: float) -> Parameters:
    return Parameters(*(by * array for array in START))


def labels(output: Output, kind: str, p: np.ndarray) -> np.ndarray:
    """For five examples, so that slopes of ±1 cannot cancel: an odd number of them."""
    rng = np.random.default_rng(3)
    if kind == "soft":
        return rng.dirichlet(np.ones(2), 5) if output == "softmax" else rng.uniform(size=(5, 2))
    right = p.argmax(axis=1) if output == "softmax" else (p > 0.5).astype(int)
    return right if kind == "right" else 1 - right


@pytest.mark.parametrize("kind", ["right", "wrong", "soft"])
@pytest.mark.parametrize("scale", [1, 6])
@pytest.mark.parametrize(("hidden", "output"), [*product(HIDDEN, OUTPUT)])
def test_the_gradient_is_the_theorem(
    hidden: Hidden, output: Output, scale: float, kind: str
) -> None:
    parameters = scaled(scale)
    p = model.predict(parameters, X, hidden=hidden, output=output)
    y = labels(output, kind, p)
    value, grad = model.value_and_grad(parameters, X, y, hidden=hidden, output=output)
    Y = one_hot(y, 2) if output == "softmax" and kind != "soft" else y.astype(float)
    W, b, V, c = parameters
    largest = scale**2 * 4 * np.abs(X).sum(axis=1).max()
    allowed = bound(largest if hidden == "identity" else 4 * scale)
    for name, chain in CHAINS.items():
        exact = formula(f"two_layer, {hidden} and {output}", chain, X=X, Y=Y, W=W, b=b, V=V, c=c)
        assert relative_error(getattr(grad, name), exact) < allowed, name
    again = model.grad(parameters, X, y, hidden=hidden, output=output)
    assert all(map(np.array_equal, again, grad))
    assert value == model.loss(parameters, X, y, hidden=hidden, output=output)


@pytest.mark.parametrize(("hidden", "output"), [*product(HIDDEN, OUTPUT)])
def test_taylor_sees_the_gradient_of_the_loss(hidden: Hidden, output: Output) -> None:
    y = labels(output, "soft", X)

    def loss(w: np.ndarray) -> float:
        return model.loss(unpack(w, START), X, y, hidden=hidden, output=output, l2=0.1)

    def grad(w: np.ndarray) -> np.ndarray:
        found = model.grad(unpack(w, START), X, y, hidden=hidden, output=output, l2=0.1)
        return pack(found)

    assert taylor_order(loss, grad, pack(START)) > 1.9


@pytest.mark.parametrize("output", OUTPUT)
def test_the_loss_is_the_mean_of_minus_log_p(output: Output) -> None:
    p = model.predict(START, X, output=output)
    y = labels(output, "wrong", p)
    if output == "softmax":
        costs = -np.log(p[np.arange(5), y])
    else:
        costs = -np.log(np.where(y == 1, p, 1 - p)).sum(axis=1)
    expected = costs.mean() + 0.25 * ((START.weights_1**2).sum() + (START.weights_2**2).sum())
    np.testing.assert_allclose(model.loss(START, X, y, output=output, l2=0.5), expected, rtol=1e-14)


def test_a_saturated_hidden_unit_still_learns() -> None:
    """tanh(40) is 1 in float64, and 1 − h² would be 0: the slope is 4 exp(−80) times the rest."""
    one = Parameters(np.array([[40.0]]), np.zeros(1), np.array([[1.0, -1.0]]), np.zeros(2))
    slope = model.grad(one, [[1.0]], [1]).weights_1[0, 0]
    assert slope == pytest.approx(2 / (1 + np.exp(-2.0)) * 4 * np.exp(-80.0), rel=1e-12)


def test_unknown_names_are_told() -> None:
    with pytest.raises(ValueError, match="one of tanh, sigmoid, identity, got 'relu'"):
        model.predict(START, X, hidden="relu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="output must be softmax or sigmoid, got 'linear'"):
        model.predict(START, X, output="linear")  # type: ignore[arg-type]


def test_weights_start_within_glorots_bounds() -> None:
    weights_1, bias_1, weights_2, bias_2 = model.init(30, 20, 10, rng=0)
    for weights, bound_ in ((weights_1, np.sqrt(6 / 50)), (weights_2, np.sqrt(6 / 30))):
        assert 0.95 * bound_ < np.abs(weights).max() <= bound_
        assert abs(weights.mean()) < 0.1 * bound_
    assert not bias_1.any() and not bias_2.any()
