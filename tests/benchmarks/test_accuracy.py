"""The accuracy campaign sees a planted error, and says where it is."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import pytest

import derivlib
from benchmarks import accuracy, exact, picture
from benchmarks.campaign import FAMILIES, tasks
from benchmarks.findings import Finding
from benchmarks.kernels import Kernel, kernels
from benchmarks.promises import UNITS, promised
from benchmarks.questions import SIGMOID_QUESTIONS, SOFTMAX_QUESTIONS
from benchmarks.storage import load
from derivlib.evidence.error_bounds import ERROR_BOUNDS

FEW = ["--logits", "60", "--processes", "1", "--dtypes", "float64"]
SMALL = [*FEW, "--alone", "--families", "normal", "dominant", "line"]


def test_the_kernels_keep_their_promises(capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy.main(SMALL) == 0, capsys.readouterr().err
    assert " 0 limits broken" in capsys.readouterr().out


@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_a_planted_error_is_seen(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = kernel.function

    def off(*arguments: Any, **options: Any) -> Any:
        result = right(*arguments, **options)
        if isinstance(result, tuple):
            return tuple(part * (1 + 1e-13) for part in result)
        return result * (1 + 1e-13)

    monkeypatch.setattr(derivlib, kernel.name, off)
    family = "normal" if "softmax" in kernel.name or kernel.axis else "line"
    assert accuracy.main([*FEW, "--alone", "--families", family]) == 1
    message = capsys.readouterr().err
    assert f"“{family}” in float64" in message
    assert {line.split()[0] for line in message.splitlines() if "allowed are" in line} == {
        kernel.name
    }
    for part in ("logits", "expected", "got"):
        assert part in message


def test_a_kernel_that_raises_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("too much")

    monkeypatch.setattr(derivlib, "softmax", broken)
    assert accuracy.main(SMALL) == 1
    assert "MemoryError: too much" in capsys.readouterr().err


def test_every_kernel_is_asked() -> None:
    asked = {question.kernel for question in [*SOFTMAX_QUESTIONS, *SIGMOID_QUESTIONS]}
    public = {name for name in derivlib.__all__ if "num_threads" not in name}
    assert public <= asked


def test_a_stored_run_shows_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "accuracy.json"
    accuracy.main([*FEW, "--families", "normal", "line", "--out", str(path)])
    first = capsys.readouterr().out
    accuracy.main(["--show", str(path)])
    again = capsys.readouterr().out
    assert again.strip() in first


def test_a_record_holds_our_largest_error_in_each_unit() -> None:
    place: dict[str, Any] = dict(logits="", label="", index=(), expected="", got="")
    findings = [
        Finding("softmax", "", unit, family, dtype, who, error, 1, **place)
        for unit, family, dtype, who, error in [
            ("ULP", "normal", "float64", "derivlib", 1.5),
            ("ULP", "wide", "float64", "derivlib", 2.5),
            ("u", "wide", "float64", "derivlib", 0.5),
            ("ULP", "wide", "float64", "scipy", 9.0),
            ("ULP", "wide", "float16", "derivlib", 9.0),
        ]
    ]
    assert accuracy.worst(findings) == {"softmax": {"float64": {"ULP": 2.5, "u": 0.5}}}


def test_some_kernels_are_recorded_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load(accuracy.OUTPUT)
    path = tmp_path / "accuracy.json"
    path.write_text(accuracy.OUTPUT.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(accuracy, "OUTPUT", path)
    some = ["--kernels", "softplus", "log_sigmoid", "--logits", "40", "--processes", "1"]
    accuracy.main(some)
    assert "not recorded" in capsys.readouterr().out
    assert load(path) == before
    monkeypatch.setattr(accuracy, "LOGITS", 40)
    accuracy.main(some)
    shown = capsys.readouterr().out
    assert "softplus" in shown and "sigmoid_grad" not in shown
    after = load(path)
    assert after["errors"].keys() == before["errors"].keys()
    changed = {name for name, errors in after["errors"].items() if errors != before["errors"][name]}
    assert changed == {"softplus", "log_sigmoid"}
    apart = before.get("apart", {})
    assert after["apart"].keys() == apart.keys() | changed
    for name, run in after["apart"].items():
        assert run["logits"] == 40 if name in changed else run == apart[name]
    assert after | {"errors": {}, "apart": {}} == before | {"errors": {}, "apart": {}}


def test_a_value_for_each_class_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "FULL", tuple(name for name in exact.FULL if name != "log p"))
    with pytest.raises(ValueError, match=r"FULL.*: log p"):
        accuracy.main(SMALL)


def test_pieces_make_up_the_whole() -> None:
    plan = tasks(FAMILIES, ["float64", "float16"], 1_000_000, seed=5)
    for family in (name for name in FAMILIES if "float64" in FAMILIES[name].dtypes):
        pieces = [t for t in plan if t.family == family and t.dtype == "float64"]
        assert sum(piece.logits for piece in pieces) == 1_000_000
        assert len({piece.seed for piece in pieces}) == len(pieces)
    assert sum(t.logits for t in plan if t.family == "normal" and t.dtype == "float16") == 50_000
    assert not any(t.family == "K=100000" and t.dtype == "float16" for t in plan)


@pytest.mark.parametrize(
    ("kernel", "kind", "unit", "dtype", "bound"),
    [
        ("log_softmax", "", "ULP", "float64", 3.5),
        ("logsumexp", "", "ULP", "float64", 2),
        ("logsumexp", "", "ULP", "longdouble", 5),
        ("logsumexp", "ill-conditioned", "ULP of |max z|", "float64", 5),
        ("softmax_vjp", "", "eps ‖exact‖", "float32", 8),
        ("softmax_vjp", "", "eps ‖exact‖", "float16", inf),
        ("log_softmax_vjp", "", "eps (‖g‖ + ‖p‖ Σ|g|)", "float64", 2),
        ("softmax_cross_entropy_grad", "", "ULP", "float64", 6),
        ("softmax_cross_entropy_grad", "soft", "u Σ|y|", "float16", 4),
        ("softmax_cross_entropy_grad", "smoothed", "u", "float16", 4),
        ("softmax_cross_entropy_value_and_grad", "value", "ULP", "float64", 3.5),
        ("softmax_cross_entropy_value_and_grad", "gradient", "ULP", "float64", 6),
    ],
)
def test_bounds_are_read_from_the_table(
    kernel: str, kind: str, unit: str, dtype: str, bound: float
) -> None:
    place: dict[str, Any] = dict(logits="", label="", index=(), expected="", got="")
    finding = Finding(kernel, kind, unit, "normal", dtype, "derivlib", 0.0, 1, **place)
    assert promised(finding) == bound


def test_every_promise_limits_an_answer() -> None:
    found = {name: set[str]() for name in ERROR_BOUNDS}
    for question in [*SOFTMAX_QUESTIONS, *SIGMOID_QUESTIONS]:
        if question.kernel in found:
            found[question.kernel] |= {unit for unit, _ in UNITS[question.unit]}
    for name, promise in ERROR_BOUNDS.items():
        assert {bound.unit for bound in promise.bounds} <= found[name], name


def test_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "ulp.png"
    picture.main(["--out", str(path), "--points", "10"])
    assert path.read_bytes().startswith(b"\x89PNG")
