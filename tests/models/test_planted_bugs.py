"""Bugs planted in the models, one at a time, are seen by the Taylor-order test."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derivlib import models
from derivlib.evidence import taylor_order

BUGS = [  # the model that is asked, the module with the bug, what is right there, what is wrong
    ("logistic_regression", "logistic_regression", "logit_grads /= len(X)", "pass  # 1/m"),
    ("logistic_regression", "logistic_regression", "weights, l2, of", "weights, 2 * l2, of"),
    ("logistic_regression", "logistic_regression", "weights, l2, of", "weights, -l2, of"),
    ("softmax_regression", "softmax_regression", "/= len(X)", "/= logit_grads.size"),
    ("softmax_regression", "_linear", "X.T, output_grads)", "X.T, output_grads[::-1])"),
    ("softmax_regression", "_linear", "np.ones(len(X), X.dtype) @ output_grads", "output_grads[0]"),
    ("two_layer", "two_layer", "activation(hidden).chain(a, hidden_grads)", "pass  # h′"),
    ("two_layer", "two_layer", "chain(a, hidden_grads)", "chain(h, hidden_grads)"),
    ("two_layer", "two_layer", "backward(h, logit_grads)", "backward(a, logit_grads)"),
    ("two_layer", "two_layer", "_grads, parameters.weights_2.T)", "_grads, parameters.weights_2)"),
    ("two_layer", "_activations", "sigmoid_grad(2 * a)", "sigmoid_grad(a)"),
    ("two_layer", "_activations", "derivative *= 4", "derivative *= 2"),
    ("two_layer", "two_layer", "add_penalty(weights_1, l2, parameters.weights_1)", "pass"),
    ("recurrent", "recurrent", "h[:, :-1]).T", "h[:, 1:]).T"),
    ("recurrent", "recurrent", "backward(_flat(h[:, 1:]), ", "backward(_flat(h[:, :-1]), "),
    ("recurrent", "recurrent", "recurrent_weights.T", "recurrent_weights"),
    ("recurrent", "recurrent", "reversed(range(X.shape[1]))", "range(X.shape[1])"),
    ("recurrent", "recurrent", "if t + 1 < X.shape[1]:", "if False:"),
    ("recurrent", "recurrent", "adjoint[:, t] += ", "adjoint[:, t] -= "),
    ("recurrent", "recurrent", "chain(a[:, t], adjoint[:, t])", "chain(h[:, t], adjoint[:, t])"),
]  # fmt: skip

MODELS = ["logistic_regression", "softmax_regression", "two_layer", "recurrent"]

rng = np.random.default_rng(0)
FLAT, SEQUENCES = rng.normal(size=(5, 3)), rng.normal(size=(5, 4, 3))
CLASSES = rng.integers(4, size=5)
DATA = {
    "logistic_regression": (FLAT, CLASSES % 2),
    "softmax_regression": (FLAT, CLASSES),
    "two_layer": (FLAT, CLASSES),
    "recurrent": (SEQUENCES, rng.integers(4, size=(5, 4))),
}


def start(name: str, model: Any) -> Any:
    """As many hidden units as outputs: a transposed weight does not stand out by its shape."""
    sizes = {"logistic_regression": (3,), "softmax_regression": (3, 4)}
    return model.init(*sizes[name]) if name in sizes else model.init(3, 4, 4, rng)


def order(name: str, model: Any) -> float:
    """The order of Taylor's remainder, with the penalty, at random parameters."""
    (X, labels), first = DATA[name], start(name, model)

    def loss(w: NDArray[Any]) -> Any:
        return model.loss(models.unpack(w, first), X, labels, l2=0.1)

    def grad(w: NDArray[Any]) -> Any:
        return models.pack(model.grad(models.unpack(w, first), X, labels, l2=0.1))

    size = models.pack(first).size
    return taylor_order(loss, grad, np.random.default_rng(1).normal(size=size))


def with_a_change(folder: Path, name: str, module: str, right: str, wrong: str) -> Any:
    """The model out of a copy of the package, with a change in one of its modules."""
    copy = folder / "changed_models"
    shutil.copytree(Path(str(models.__file__)).parent, copy)
    for path in copy.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.stem == module:
            assert right in source
            source = source.replace(right, wrong)
        path.write_text(source.replace("derivlib.models", "changed_models"), encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"changed_models.{name}")
    finally:
        sys.path.remove(str(folder))
        for loaded in [key for key in sys.modules if key.startswith("changed_models")]:
            del sys.modules[loaded]


@pytest.mark.parametrize("name", MODELS)
def test_without_a_bug_the_order_is_two(name: str, tmp_path: Path) -> None:
    same = with_a_change(tmp_path, name, name, "grads", "grads")
    assert order(name, same) > 1.9


@pytest.mark.parametrize(("name", "module", "right", "wrong"), BUGS)
def test_each_bug_is_caught(name: str, module: str, right: str, wrong: str, tmp_path: Path) -> None:
    broken = with_a_change(tmp_path, name, module, right, wrong)
    try:
        found = order(name, broken)
    except (ValueError, IndexError):  # shapes that no longer agree
        return
    assert not found > 1.9
