"""The recurrent network: forwards step by step, and its gradient with 60 digits."""

import numpy as np
import pytest
from mpmath import mp

from derivlib.evidence import taylor_order
from derivlib.models import pack, unpack
from derivlib.models import recurrent as model
from derivlib.models.recurrent import Parameters
from derivlib.proof import Derivation
from tests.support.exact_models import chains, one_hot, relative_error, to_mp

rng = np.random.default_rng(3)
TIME, OUTPUT = chains("recurrent"), chains("recurrent, output layer")
SEQUENCES, STEPS, FEATURES, HIDDEN, CLASSES = 3, 6, 2, 4, 5
X = rng.normal(size=(SEQUENCES, STEPS, FEATURES))
START = Parameters(
    rng.normal(size=(FEATURES, HIDDEN)),
    rng.normal(size=(HIDDEN, HIDDEN)),
    rng.normal(size=HIDDEN),
    rng.normal(size=(HIDDEN, CLASSES)),
    rng.normal(size=CLASSES),
)


def scaled(by: float) -> Parameters:
    return Parameters(*(by * array for array in START))


def labels(kind: str) -> np.ndarray:
    if kind == "weights":
        return np.random.default_rng(4).uniform(size=(SEQUENCES, STEPS, CLASSES))
    return np.random.default_rng(5).integers(CLASSES, size=(SEQUENCES, STEPS))


def states(parameters: Parameters, x: np.ndarray) -> np.ndarray:
    """h_0 … h_T of one sequence, by their definition."""
    u, w, b, _, _ = parameters
    h = [0 * b]
    for step in x:
        h.append(tanh(step @ u + h[-1] @ w + b))
    return np.array(h)


def adjoints(parameters: Parameters, h: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """λ_1 … λ_{T+1} from the slopes of the steps' own losses, backwards from 0."""
    found = [0 * parameters.hidden_bias]
    for t in reversed(range(STEPS)):
        carried = (1 - h[t + 2] ** 2) * found[0] if t + 1 < STEPS else found[0]
        found.insert(0, slopes[t] + parameters.recurrent_weights @ carried)
    return np.array(found)


tanh = np.frompyfunc(mp.tanh, 1, 1)


def pieces(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """The letters of the theorems, for one sequence."""
    h = states(parameters, x)
    output = {"h": h[1:], "V": parameters.output_weights, "c": parameters.output_bias, "y": y}
    slopes = np.asarray(OUTPUT[2].numpy()(**output))
    beyond = np.vstack([1 - h[1:] ** 2, 0 * h[:1]])  # e_{T+1} meets λ_{T+1} = 0 only
    lam = adjoints(parameters, h, slopes)
    return {"x": x, "W": parameters.recurrent_weights, "h": h, "e": beyond, "lam": lam, "g": slopes}


@pytest.mark.parametrize("kind", ["hard", "weights"])
@pytest.mark.parametrize("scale", [0.3, 1, 10])
def test_the_gradient_is_the_theorem(scale: float, kind: str) -> None:
    parameters, y = scaled(scale), labels(kind)
    value, grad = model.value_and_grad(parameters, X, y)
    with mp.workdps(150):
        exact = Parameters(*map(to_mp, parameters))
        Y = to_mp(y if kind == "weights" else one_hot(y, CLASSES))
        total = [0 * array for array in exact]
        for x, target in zip(to_mp(X), Y, strict=True):
            letters = pieces(exact, x, target)
            given = {name: letters[name] for name in ("x", "W", "h", "e", "lam")}
            shown = {"h": letters["h"][1:], "y": target}
            output = shown | {"V": exact.output_weights, "c": exact.output_bias}
            parts = [
                *(chain.numpy()(**_needed(chain, given)) for chain in TIME[1:]),
                *(chain.numpy()(**output) for chain in OUTPUT[:2]),
            ]
            total = [a + part / SEQUENCES for a, part in zip(total, parts, strict=True)]
    in_order = [
        "input_weights",
        "recurrent_weights",
        "hidden_bias",
        "output_weights",
        "output_bias",
    ]
    for name, expected in zip(in_order, total, strict=True):
        assert relative_error(getattr(grad, name), expected) < 1e-12, name
    assert all(map(np.array_equal, model.grad(parameters, X, y), grad))
    assert value == model.loss(parameters, X, y)


def _needed(chain: Derivation, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array for name, array in arrays.items() if name in chain.theory.variables}


def test_the_theorems_hypotheses_hold_of_the_model() -> None:
    """Its tangent is the derivative of the states, its slopes those of the steps' own losses."""
    direction = np.random.default_rng(6).normal(size=pack(START).size)
    along = unpack(direction, START)
    theory = TIME[0].theory
    with mp.workdps(60):
        exact = Parameters(*map(to_mp, START))
        step = mp.mpf(10) ** -25
        moved = [
            Parameters(*(a + sign * step * to_mp(d) for a, d in zip(exact, along, strict=True)))
            for sign in (1, -1)
        ]
        x = to_mp(X[0])
        ahead, behind = (states(parameters, x) for parameters in moved)
        tangent = (ahead - behind) / (2 * step)
        target = to_mp(one_hot(labels("hard"), CLASSES)[0])
        letters = pieces(exact, x, target) | {
            "dh": tangent,
            "dU": to_mp(along.input_weights),
            "dW": to_mp(along.recurrent_weights),
            "db": to_mp(along.hidden_bias),
        }
        given = {name: letters[name] for name in theory.variables if name in letters}
        put_in = theory.numpy("p[t,a]")(**given)
        rule = theory.numpy("e[t,a]*(f[t,a] + Σ(q, dh[t-1,q]*W[q,a]))")(**given, f=put_in)
        # Of 60 digits, a difference over 1e-25 leaves 35.
        assert np.max(np.abs(tangent[1:] - rule)) < mp.mpf(10) ** -30
        assert not tangent[0].any() and not letters["lam"][-1].any()
        slopes = theory.numpy("g[t,a]")(**given)
        assert np.max(np.abs(slopes - letters["g"])) < mp.mpf(10) ** -50


def test_taylor_sees_the_gradient_of_the_loss() -> None:
    y = labels("weights")

    def loss(w: np.ndarray) -> float:
        return model.loss(unpack(w, START), X, y, l2=0.1)

    def grad(w: np.ndarray) -> np.ndarray:
        return pack(model.grad(unpack(w, START), X, y, l2=0.1))

    assert taylor_order(loss, grad, 0.5 * pack(START)) > 1.9


def test_the_steps_forwards_are_elmans() -> None:
    u, w, b, v, c = START
    h = np.zeros(HIDDEN)
    for t in range(STEPS):
        h = np.tanh(X[1, t] @ u + h @ w + b)
        p = np.exp(h @ v + c)
        np.testing.assert_allclose(model.predict(START, X)[1, t], p / p.sum(), rtol=1e-13)


def test_the_loss_sums_over_steps_and_averages_over_sequences() -> None:
    y = labels("hard")
    p = np.take_along_axis(model.predict(START, X), y[..., None], axis=2)
    weights = START.input_weights, START.recurrent_weights, START.output_weights
    expected = -np.log(p).sum() / SEQUENCES + 0.25 * sum((a**2).sum() for a in weights)
    np.testing.assert_allclose(model.loss(START, X, y, l2=0.5), expected, rtol=1e-14)


def test_no_steps_cost_nothing() -> None:
    value, grad = model.value_and_grad(START, X[:, :0], np.zeros((SEQUENCES, 0), int))
    assert value == 0
    assert all((array == 0).all() for array in grad)


def test_initial_recurrent_weights_are_orthogonal() -> None:
    w = model.init(2, 5, 3, np.random.default_rng(0)).recurrent_weights
    np.testing.assert_allclose(w @ w.T, np.eye(5), atol=1e-15)
