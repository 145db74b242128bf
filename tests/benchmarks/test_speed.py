"""The benchmark times what it says it times."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivlib
from benchmarks import memory, speed, timing
from benchmarks.kernels import Kernel, kernels, ours, random_case
from benchmarks.peers import Peer, peers
from benchmarks.speed_tables import report
from benchmarks.tables import LEADS, duration, figure, table
from benchmarks.timing import interleaved

SHAPES = [((6, 5), -1), ((5, 6), 0), ((5,), -1)]


@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_competitors_compute_the_same(kernel: Kernel, shape: tuple[int, ...], axis: int) -> None:
    if not kernel.fits(shape, axis):
        return
    case = random_case(shape, np.float64, axis)
    expected = ours(kernel, case)()
    competitors = 0
    for peer in peers().values():
        for forms in (peer.fresh, peer.reusing):
            form = forms.get(kernel.name)
            call = form(case) if form else None
            if call is None:
                continue
            competitors += 1
            for actual, right in zip(_parts(call()), _parts(expected), strict=True):
                assert actual.dtype == right.dtype
                same = actual.reshape(right.shape)
                np.testing.assert_allclose(same, right, rtol=1e-9, atol=1e-12)
    assert competitors


def _parts(result: Any) -> list[Any]:
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


class Watch:
    """Goes on while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    for name in ("perf_counter", "sleep"):
        monkeypatch.setattr(timing, name, getattr(watch, name))
    return watch


def test_a_competitor_that_sleeps(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivlib, "softmax", lambda z, axis=-1, out=None: watch.sleep(0.004))
    library = {
        "scipy": Peer({"softmax": lambda case: lambda: watch.sleep(0.04)}),
        "torch": Peer({"softmax": lambda case: lambda: None}),
    }
    plan = speed.cells(["6x5"], ["float32", "float64"], ["softmax"])
    results = speed.measure(plan, 0.002, 3, {1: library})
    for cell in results:
        assert cell["seconds"]["scipy"] == pytest.approx(10 * cell["seconds"]["derivlib"])
    text = report({"cells": results}, False, None, None)
    lines = [line for line in text.splitlines() if line.strip().startswith("torch  ")]
    assert lines and all(line.count(LEADS) == 2 for line in lines)
    text = report({"cells": results}, True, None, None)
    assert "**0.00** / **0.00**" in text and "| scipy | " in text


def test_competitors_take_turns(watch: Watch) -> None:
    turns: list[str] = []

    def turn(name: str) -> None:
        turns.append(name)
        watch.sleep(0.004)  # long enough to be a sample, and warm, by itself

    interleaved({name: partial(turn, name) for name in "abc"}, 0.0, least=6)
    rounds = ["".join(turns[i : i + 3]) for i in range(3, len(turns), 3)]  # after the warm-up
    assert len(rounds) == 6 and all(sorted(order) == list("abc") for order in rounds)
    assert len(set(rounds)) > 2, "none always comes after the same other one"


def test_a_run_is_stored_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "speed.json"
    names = ["softmax", "sigmoid"]
    speed.main(
        ["--shapes", "6x5", "5x6@0", "--kernels", *names, "--minutes", "0.001", "--out", str(path)]
    )
    first = capsys.readouterr().out
    stored = speed.recorded(path)
    assert {cell["kernel"] for cell in stored["cells"]} == set(names)
    assert all(cell["seconds"]["numpy"] > 0 for cell in stored["cells"])
    speed.main(["--show", str(path)])
    assert "ONE THREAD, FRESH RESULTS" in first
    tables = capsys.readouterr().out.partition("Time of derivlib")[2]
    assert tables and tables in first


def test_two_threads_are_for_large_arrays() -> None:
    plan = speed.cells(speed.SHAPES, ["float64"], ["softmax", "softmax_jacobian"])
    two = {cell.shape for cell in plan if cell.threads == 2}
    assert two == set(speed.SHAPES) - {"10", "32x10"}
    dense = {cell.shape for cell in plan if cell.kernel == "softmax_jacobian"}
    assert dense == {"10", "32x10", "1000000x2", "100000x10"}
    plan = speed.cells(speed.SHAPES, ["float64"], ["sigmoid"])
    assert {cell.shape for cell in plan} == {"10", "32x10", "1000000x2", "10000x1000"}


@pytest.mark.parametrize("wrong", ["--shapes 10by10", "--kernels softmix"])
def test_wrong_options(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speed.main(wrong.split())
    assert wrong.split()[1] in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each call is measured in a fork")
def test_memory_sees_a_temporary(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def frugal(z: Any, axis: int = -1, out: Any = None) -> Any:
        return np.copyto(out, z) if out is not None else z.copy()

    def wasteful(z: Any, axis: int = -1, out: Any = None) -> Any:
        np.empty(3 * 2**17)  # 3 MiB
        return frugal(z, axis, out)

    arguments = ["--shapes", "10x5", "--kernels", "log_softmax"]
    for kernel, status in ((frugal, 0), (wasteful, 1)):
        monkeypatch.setattr(derivlib, "log_softmax", kernel)
        assert memory.main(arguments) == status
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "out=" in line and f"3.00{LEADS}" in line]


def test_figures() -> None:
    assert [figure(x) for x in (0.123, 12.34, 1234.5, 2e15, np.inf)] == [
        "0.12",
        "12.3",
        "1234",
        "2e15",
        "∞",
    ]
    assert [duration(s) for s in (2.5, 3.21e-3, 4e-5, 7e-9)] == [
        "2.50 s",
        "3.21 ms",
        "40.0 µs",
        "7 ns",
    ]
    assert table(["a", "b"], [["x", f"1{LEADS}"]], markdown=True).endswith("| x | **1** |")
