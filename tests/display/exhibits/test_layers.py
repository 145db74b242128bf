"""What the exhibits on layers compute by themselves fits what derivlib's models give them."""

import numpy as np
import pytest

from derivlib import softmax
from derivlib.display.exhibits import Network, SoftmaxLayer


@pytest.mark.parametrize("sample", range(3))
@pytest.mark.parametrize("scale", [0.5, 1.0, 8.0])
def test_each_step_of_the_network_leads_to_the_next(sample: int, scale: float) -> None:
    found = {
        name: np.array(value) for name, value in Network.numbers(sample=sample, scale=scale).items()
    }
    x, t, D = Network.X[sample], found["t"], found["D"]
    for name, expected in {
        "p": softmax(found["z"]),
        "L": -np.log(found["p"][sample]),
        "D": found["p"] - np.eye(3)[sample],
        "∂L/∂V": np.outer(t, D),
        "∂L/∂a": (1 - t**2) * found["E"],
        "∂L/∂W": np.outer(x, found["∂L/∂a"]),
    }.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("steps", [0, 1, 20])
def test_the_gradient_is_the_mean_of_the_shares(steps: int) -> None:
    found = [SoftmaxLayer.numbers(sample=n, steps=steps) for n in range(5)]
    shares = [np.outer(SoftmaxLayer.X[n], found[n]["errors"][n]) for n in range(5)]
    np.testing.assert_allclose([one["share"] for one in found], shares, rtol=1e-12)
    np.testing.assert_allclose(np.mean(shares, axis=0), found[0]["gradient"], atol=1e-15)


def test_each_step_lowers_the_loss() -> None:
    losses = [SoftmaxLayer.numbers(sample=0, steps=n)["loss"] for n in range(21)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 5
