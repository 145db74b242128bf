"""The campaign over all magnitudes draws all of them, and sees what goes wrong far out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivlib
from benchmarks import accuracy, campaign
from benchmarks.campaign import DTYPES, FAMILIES, carried_out, merged, tasks
from benchmarks.findings import Finding
from benchmarks.kernels import Kernel, kernels
from benchmarks.magnitudes import EVERY_SIGMOID, EVERY_SOFTMAX
from benchmarks.samples import rows_sample

FAR = [*EVERY_SIGMOID, *EVERY_SOFTMAX]
FEW = ["--logits", "200", "--processes", "1", "--alone"]


def run(*options: str) -> int:
    return accuracy.main([*FEW, *options])


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    """What a small campaign over all magnitudes finds, for all kernels at once."""
    names = [family.name for family in FAR if family.classes < 10_000]
    plan = tasks(names, DTYPES, 300, alone=True)
    return merged(finding for task in plan for finding in carried_out(task))


@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_the_kernels_keep_their_promises(kernel: Kernel, found: list[Finding]) -> None:
    answers = [finding for finding in found if finding.kernel == kernel.name]
    assert {"float64", "float32", "float16", "longdouble"} <= {finding.dtype for finding in answers}
    assert not accuracy.breaches(answers)


@pytest.mark.parametrize("family", FAR, ids=lambda family: family.name)
def test_finite_logits_of_all_sizes(family: Any) -> None:
    for dtype in family.dtypes:
        z = family.rows(max(3000, family.classes), np.dtype(dtype), 0)
        assert z.dtype == dtype and np.isfinite(z).all()
        assert (z == family.rows(max(3000, family.classes), np.dtype(dtype), 0)).all()
        if z.dtype.kind == "f":
            exponents = np.frexp(z[z != 0])[1]
            info = np.finfo(dtype)
            smallest, close = info.minexp - info.nmant, 2 + info.maxexp / 20
            assert exponents.max() >= info.maxexp - close
            assert "far above" in family.name or exponents.min() <= smallest + close
        else:
            assert z.max() > np.iinfo(dtype).max // 2
            assert z.min() < max(2, np.iinfo(dtype).min // 2)


def test_soft_labels_of_all_sizes() -> None:
    z = FAMILIES["all sizes"].rows(2000, np.dtype("f8"), 0)
    weights = rows_sample(z, np.random.default_rng(0), all_sizes=True).given["weights"]
    assert np.isfinite(weights).all() and (weights >= 0).all()
    with np.errstate(over="ignore"):
        sums = weights.sum(-1)
    assert np.isinf(sums).any() and np.isclose(sums, 1).any()
    assert np.frexp(weights[weights > 0])[1].min() < -900


def of_two(z: Any, labels: Any, **_: Any) -> Any:
    """The gradient for two classes, with the difference's rounding error put back everywhere."""
    rows = np.arange(len(z))
    own, other = z[rows, labels], z[rows, 1 - labels]
    t = other - own
    back = t - other
    error = (other - (t - back)) - (own + back)
    e = np.exp(np.minimum(t, 700))
    e += error * e
    gradient = np.stack([e / (1 + e)] * 2, axis=-1)
    gradient[rows, labels] *= -1
    return gradient


def by_the_sum_of_labels(z: Any, y: Any, **_: Any) -> Any:
    return derivlib.softmax(z) * y.sum(-1, keepdims=True) - y


def labels_or_weights(hard: Any, soft: Any) -> Any:
    right = derivlib.softmax_cross_entropy_grad

    def kernel(z: Any, y: Any, **options: Any) -> Any:
        if options or z.dtype != np.float64:
            return right(z, y, **options)
        if y.ndim == 1:
            return hard(z, y) if hard and z.shape[-1] == 2 else right(z, y)
        return soft(z, y) if soft else right(z, y)

    return kernel


@pytest.mark.parametrize(
    ("kernel", "family", "answer"),
    [
        (labels_or_weights(of_two, None), "a size a row, K=2", "softmax_cross_entropy_grad"),
        (labels_or_weights(of_two, None), "all sizes, K=2", "softmax_cross_entropy_grad"),
        (labels_or_weights(of_two, None), "edges, K=2", "softmax_cross_entropy_grad"),
        (
            labels_or_weights(None, by_the_sum_of_labels),
            "all sizes",
            "softmax_cross_entropy_grad (soft)",
        ),
    ],
)
def test_planted_mistakes_are_seen(
    kernel: Any,
    family: str,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(derivlib, "softmax_cross_entropy_grad", kernel)
    options = ["--kernels", "softmax_cross_entropy_grad", "--dtypes", "float64"]
    assert run(*options, "--families", family) == 1
    assert f"{answer} on “{family}” in float64: ∞" in capsys.readouterr().err


def test_each_sample_that_breaks_a_bound_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its input to the last bit, so that the kernel can be called again."""
    right = derivlib.softmax

    def off(z: Any, **options: Any) -> Any:
        p = right(z, **options)
        p[1::2] *= 1 + 1e-12
        return p

    monkeypatch.setattr(derivlib, "softmax", off)
    path = tmp_path / "breaches.jsonl"
    options = ["--kernels", "softmax", "--dtypes", "float64", "--families", "one far above"]
    assert run(*options, "--breaches", str(path)) == 1
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    z = FAMILIES["one far above"].rows(200, np.dtype("f8"), 0)
    listed = {tuple(map(float.fromhex, line["inputs"]["z"])) for line in lines}
    assert listed == set(map(tuple, z[1::2].tolist()))
    for line in lines:
        assert line["error"] > line["allowed"] == 6
        assert line["got"] and line["expected"]


def test_a_run_that_is_stopped_shows_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(plan: list[Any], _: int) -> Any:
        yield carried_out(plan[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(accuracy, "results", stopped)
    monkeypatch.setattr(campaign, "peers", dict)
    monkeypatch.setattr(accuracy, "OUTPUT", tmp_path / "accuracy.json")
    monkeypatch.setattr(accuracy, "LOGITS", 1)
    accuracy.main(["--logits", "40", "--kernels", "softmax", "log_softmax"])
    shown = capsys.readouterr().out
    assert "not recorded: it was stopped" in shown
    assert "log_softmax, ULP" in shown
    assert not (tmp_path / "accuracy.json").exists()


def test_the_same_seed_finds_the_same() -> None:
    for task in tasks(["all sizes", "integers"], DTYPES, 60, seed=3, alone=True):
        assert carried_out(task) == carried_out(task)
