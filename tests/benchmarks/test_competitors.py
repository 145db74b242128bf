"""Whoever is timed computes the same."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from benchmarks import competitors, models
from benchmarks.cells import DTYPES, MODELS, Cell, parsed
from benchmarks.competitors import TOLERANCE, Competitors, numbers, same
from benchmarks.kernels import Array, Case, Kernel, Thunk, kernels, ours, random_case
from benchmarks.peers import Peer, missing

SHAPES = ["6x5", "5x6@0", "5", "3x4x5@0,2", "6x5 F"]


@pytest.fixture(scope="module")
def everybody() -> Competitors:
    with suppress(ImportError):
        import_module("jax").config.update("jax_enable_x64", True)
    return Competitors(threads=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_competitors_compute_the_same(
    everybody: Competitors, kernel: Kernel, shape: str, dtype: str
) -> None:
    layout = parsed(shape)
    if not kernel.fits(layout.shape, layout.axis):
        return
    calls, others = everybody.of(Cell(kernel.name, shape, dtype, 1))
    assert others == []
    assert {"derivlib", "numpy"} <= calls.keys()
    assert ("derivlib out=" in calls) == kernel.takes_out


def test_two_threads_are_held_against_one_and_without_out(everybody: Competitors) -> None:
    calls, others = everybody.of(Cell("softmax", "6x5", "float64", 2))
    assert {"derivlib", "derivlib one thread", "numpy", "scipy"} <= calls.keys() and others == []
    assert not any(name.endswith("out=") for name in calls)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", MODELS)
def test_models_compute_the_same(
    everybody: Competitors, model: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "EXAMPLES", 40)
    monkeypatch.setattr(models, "NETWORK", (7, 3, 4, 5))
    monkeypatch.setattr(models, "SEQUENCES", (3, 4, 2, 5, 3))
    calls, others = everybody.of(Cell(model, MODELS[model], dtype, 1))
    assert others == []
    assert "derivlib" in calls and ("sklearn" in calls) == ("regression" in model)


CASE = random_case((6, 5), np.float32)
RIGHT = numbers(ours(kernels(["softmax_cross_entropy_value_and_grad"])[0], CASE)())


def changed(place: int, how: Any) -> list[Array]:
    arrays = [array.copy() for array in RIGHT]
    arrays[place] = how(arrays[place])
    return arrays


def without_the_1(grad: Array) -> Array:
    grad[0, CASE.labels[0]] += 1
    return grad


@pytest.mark.parametrize(
    "found",
    [
        changed(1, without_the_1),
        changed(0, lambda loss: loss * np.float32(1.01)),
        changed(0, lambda loss: np.where(loss == loss[0], np.float32(np.nan), loss)),
        changed(1, lambda grad: grad.astype(np.float64)),
        changed(1, lambda grad: grad[:-1]),
        RIGHT[:1],
    ],
    ids=["without the label's 1", "off", "NaN", "another dtype", "smaller", "one result"],
)
def test_other_numbers_are_seen(found: list[Array]) -> None:
    assert same(RIGHT, RIGHT, TOLERANCE["float32"])
    assert same(changed(0, lambda loss: loss * np.float32(1 + 1e-6)), RIGHT, TOLERANCE["float32"])
    assert not same(found, RIGHT, TOLERANCE["float32"])


def test_who_computes_something_else_is_named_and_not_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exponential(case: Case) -> Thunk:
        return lambda: np.exp(case.logits)

    wrong = Peer({"softmax": exponential})
    monkeypatch.setattr(competitors, "peers", lambda threads: {"scipy": wrong})
    calls, others = Competitors(1).of(Cell("softmax", "6x5", "float64", 1))
    assert others == ["scipy"] and "scipy" not in calls


def test_what_is_missing_is_named_as_it_is_installed() -> None:
    assert missing({"numpy": Peer({}), "torch": Peer({})}) == ["scipy", "scikit-learn", "jax"]


def test_arrays_are_as_the_shape_says() -> None:
    for shape in SHAPES:
        layout = parsed(shape)
        case = random_case(layout.shape, np.float64, layout.axis, order=layout.order)
        assert np.isfortran(case.logits) == ("F" in shape)
        np.testing.assert_allclose(case.p.sum(axis=layout.axis), 1)
        reduced, full = kernels(["logsumexp", "softmax"])
        assert case.out(reduced).shape == case.labels.shape == case.p.sum(axis=layout.axis).shape
        assert np.isfortran(case.out(full)) == ("F" in shape)
