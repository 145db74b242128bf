"""The benchmark times what it says it times, and hides nothing that does not suit us."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivlib
from benchmarks import memory, speed, timing
from benchmarks.cells import FEW, SHAPES, Cell, cells, parsed
from benchmarks.goals import GOALS, Goal, judged
from benchmarks.results import BETWEEN, goals, leads, lines, means, page
from benchmarks.runs import FRESH, OUT, SETTINGS, TWO, TWO_IN_ALL, Run, geometric_mean, read, write
from benchmarks.tables import LEADS, duration, figure, table
from benchmarks.timing import Times, interleaved
from benchmarks.worker import VARIABLES, environment

MACHINE = {
    **{"processor": "P", "cores": 2, "flags": ["avx512f"], "load": 0.1, "date": "2026-01-31"},
    **{"versions": {"numpy": "2.4"}, "missing": ["jax"]},
}

# --- cells ----------------------------------------------------------------------------------------


def test_every_shape_is_timed_and_two_threads_are_for_large_arrays() -> None:
    plan = cells()
    assert len(plan) == len(set(plan))
    assert {cell.shape for cell in plan if cell.kernel == "softmax"} == set(SHAPES)
    assert {cell.shape for cell in plan if cell.kernel == "softmax" and cell.threads == 2} == (
        set(SHAPES) - {"10", "32x10", "1000"}
    )
    assert all("@0,2" not in cell.shape for cell in plan if "entropy" in cell.kernel)
    assert {cell.dtype for cell in plan} == {"float32", "float64"}


def test_a_worker_and_its_arrays_serve_cells_that_follow_one_another() -> None:
    plan = [(cell.threads, cell.dtype, cell.shape) for cell in cells()]
    changes = sum(before != after for before, after in pairwise(plan))
    assert changes == len(set(plan)) - 1


def test_a_quick_look_is_a_part_of_the_whole() -> None:
    assert set(cells(quick=True)) < set(cells())


def test_names_pick_cells() -> None:
    assert {cell.kernel for cell in cells(patterns=["softmax 10*"])} == {"softmax"}
    both = cells(patterns=["sigmoid ", "*@0,2*64 2"])
    assert {cell.kernel for cell in both if "@0,2" in cell.shape} == {
        *("softmax", "log_softmax", "logsumexp")
    }
    assert {cell.kernel for cell in both if "@0,2" not in cell.shape} == {"sigmoid"}


@pytest.mark.parametrize("text", ["10by10", "10x", "", "2x3@a", "2x3 G"])
def test_a_shape_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="is expected"):
        parsed(text)


def test_a_name_that_fits_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speed.main(["softmix"])
    assert "softmix" in capsys.readouterr().err


# --- timing ---------------------------------------------------------------------------------------


class Watch:
    """Two clocks: work moves both, sleep that of the wall alone."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    def perf_counter(self) -> float:
        return self.wall

    def process_time(self) -> float:
        return self.processor

    def sleep(self, seconds: float) -> None:
        self.wall += seconds

    def work(self, seconds: float, threads: int = 1) -> None:
        self.wall += seconds
        self.processor += threads * seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    for name in ("perf_counter", "process_time", "sleep"):
        monkeypatch.setattr(timing, name, getattr(watch, name))
    return watch


def test_processor_time_counts_all_threads_and_no_waiting(watch: Watch) -> None:
    calls = {
        "works": partial(watch.work, 0.004),
        "waits": partial(watch.sleep, 0.004),
        "two threads": partial(watch.work, 0.004, threads=2),
    }
    times = interleaved(calls, 0.0, "", pause=0.003)
    assert {name: (t.processor, t.wall) for name, t in times.items()} == {
        "works": pytest.approx((0.004, 0.004)),
        "waits": pytest.approx((0, 0.004)),
        "two threads": pytest.approx((0.008, 0.004)),
    }


def test_a_short_call_is_repeated_and_a_spread_is_told(watch: Watch) -> None:
    durations = iter(np.tile([1.0, 1.0, 3.0, 1.0, 5.0], 10))
    times = interleaved(
        {"short": partial(watch.work, 1e-6), "uneven": lambda: watch.work(next(durations))},
        0.0,
        "",
    )
    assert times["short"].processor == pytest.approx(1e-6) and times["short"].spread < 1e-6
    assert times["uneven"].spread > 1


def test_what_another_left_in_the_cache_does_not_count(watch: Watch) -> None:
    last = ""

    def call(name: str) -> None:
        nonlocal last
        watch.work(1e-5 if last == name else 1e-3)
        last = name

    times = interleaved({name: partial(call, name) for name in "ab"}, 0.0, "")
    assert [t.processor for t in times.values()] == pytest.approx([1e-5, 1e-5])


def test_competitors_take_turns(watch: Watch) -> None:
    def rounds(seed: str) -> list[str]:
        turns: list[str] = []

        def turn(name: str) -> None:
            turns.append(name)
            watch.work(0.02)  # long enough to be a sample, and warm, by itself

        interleaved({name: partial(turn, name) for name in "abc"}, 0.0, seed, least=6)
        return ["".join(turns[i : i + 3]) for i in range(3, len(turns), 3)]  # after the warm-up

    one, again, other = rounds("1"), rounds("1"), rounds("2")
    assert len(one) == 6 and all(sorted(order) == list("abc") for order in one)
    assert len(set(one)) > 2, "none always comes after the same other one"
    assert one == again != other


def test_a_worker_says_to_every_library_how_many_threads() -> None:
    one, two = environment(1, "float32"), environment(2, "float64")
    assert {one[name] for name in VARIABLES} == {"1"} and {two[name] for name in VARIABLES} == {"2"}
    assert (one["JAX_ENABLE_X64"], two["JAX_ENABLE_X64"]) == ("0", "1")


# --- what a run says ------------------------------------------------------------------------------


def timed(processor: float, wall: float | None = None) -> Times:
    return Times(processor, processor if wall is None else wall, 0.1)


def run_of(times: dict[Cell, dict[str, float | tuple[float, float]]]) -> Run:
    run = Run(dict(MACHINE))
    for cell, found in times.items():
        run.times[cell] = {
            who: timed(*t) if isinstance(t, tuple) else timed(t) for who, t in found.items()
        }
    return run


SOFTMAX = Cell("softmax", "100000x10", "float64", 1)


def test_a_library_counts_with_its_fastest_form() -> None:
    run = run_of(
        {
            SOFTMAX: {
                **{"derivlib": 2.0, "derivlib out=": 1.0, "scipy": 3.0, "scipy out=": 1.5},
                **{"torch": 4.0, "torch autograd": 1.0, "torch out=": 0.5},
            }
        }
    )
    ratio = partial(run.ratio, SOFTMAX)
    assert (ratio(FRESH, "scipy"), ratio(FRESH, "torch")) == (1.5, 0.5)
    assert (ratio(OUT, "scipy"), ratio(OUT, "torch")) == (1.5, 0.5)
    assert ratio(FRESH, "jax") is None
    assert run.leaders(SOFTMAX, FRESH) == {"torch": 0.5}


def test_two_threads_are_told_by_the_wall_and_by_the_processor() -> None:
    cell = Cell("softmax", "100000x10", "float64", 2)
    run = run_of({cell: {"derivlib": (2.0, 1.0), "torch": (1.0, 2.0), "scipy": (1.0, 0.5)}})
    assert (run.ratio(cell, TWO, "torch"), run.ratio(cell, TWO, "scipy")) == (2, 0.5)
    in_all = partial(run.ratio, cell, TWO_IN_ALL)
    assert (in_all("torch"), in_all("scipy")) == (0.5, 0.5)
    assert "SciPy 0.50, PyTorch 0.50" in leads(run) and "| SciPy 0.50 |" in leads(run)


def test_every_cell_where_another_leads_is_in_the_list() -> None:
    """In two cells of three one library leads, by a little."""
    plan = cells()
    times: dict[Cell, dict[str, float | tuple[float, float]]] = {}
    expected, large = 0, 0
    for number, cell in enumerate(plan):
        times[cell] = {"derivlib": 1.0, "jax": 0.9 if number % 3 else 1.1}
        if cell.threads == 1 and not cell.is_model:
            times[cell]["derivlib out="] = 1.0
        if number % 3:  # fresh and out=, or by the wall and by the processor
            expected += 1 if cell.is_model else 2
            large += cell.large * (1 if cell.is_model else 2)
    told = leads(run_of(times))
    head, _, *rows = [line.split("|") for line in told.splitlines() if line.startswith("|")]
    assert len(head) == 2 + 1 + 2 * len(SETTINGS)
    assert len({row[1] for row in rows}) == len(rows)
    assert sum("JAX 0.90" in field for row in rows for field in row) == expected
    models = sum(cell.is_model for cell in plan)
    assert f"Another leads in {expected} of {2 * len(plan) - models} cells" in told
    assert f"cells, {large} of which are large" in told


def test_who_was_not_timed_is_in_the_same_place() -> None:
    run = Run(dict(MACHINE))
    found = {"derivlib": {"processor": 1.0, "wall": 1.0, "spread": 0.0}}
    run.add(SOFTMAX, {"times": found, "differ": ["torch"]})
    assert f"differ from derivlib's: {SOFTMAX}: torch" in leads(run)


def test_every_goal_is_about_cells_that_are_timed() -> None:
    plan = cells()
    for goal in GOALS:
        concerned = [cell for cell in plan if goal.concerns(cell)]
        assert {cell.dtype for cell in concerned} == set(goal.dtypes)
        assert {cell.shape for cell in concerned} >= set(goal.shapes)
        assert {cell.threads for cell in concerned} == {1}
        assert goal.shapes or all(cell.large for cell in concerned)


def test_a_goal_is_judged_by_its_worst_cell() -> None:
    goal = Goal("scipy", 2, "sigmoid")
    wanted = [cell for cell in cells() if goal.concerns(cell)]
    assert len(wanted) > 2
    run = run_of({cell: {"derivlib": 1.0, "scipy": 3.0} for cell in wanted})
    outcome = judged(goal, run)
    assert outcome and outcome.ratio == 3
    run.times[wanted[1]]["scipy"] = timed(1.5)
    outcome = judged(goal, run)
    assert outcome and (outcome.ratio, outcome.cell) == (1.5, wanted[1])
    shown = [line for line in goals(run).splitlines() if line.startswith("| `sigmoid`")]
    assert len(shown) == 1 and "1.50" in shown[0] and "missed" in shown[0]
    del run.times[wanted[0]]
    assert judged(goal, run) is None, "a part of the cells does not meet a goal"


def test_a_mean_is_of_all_large_cells_of_kernels() -> None:
    assert geometric_mean([1, 4]) == pytest.approx(2)
    large = [cell for cell in cells() if cell.large and cell.threads == 1]
    times: dict[Cell, dict[str, float | tuple[float, float]]] = {
        cell: {"derivlib": 1.0, "torch": 99.0 if cell.is_model else 4.0} for cell in large
    }
    kernel_cells = [cell for cell in large if not cell.is_model]
    times[kernel_cells[0]]["torch"] = 1.0
    run = run_of(times)
    outcome = judged(Goal("torch", 2), run)
    assert outcome and outcome.ratio == pytest.approx(4 ** (1 - 1 / len(kernel_cells)))
    assert not any(cell.size <= FEW for cell in kernel_cells)
    both = [len([c for c in kernel_cells if c.dtype == d]) for d in ("float32", "float64")]
    told = means(run).splitlines()
    assert [f"({number})" in told[4 + n] for n, number in enumerate(both)] == [True, True]
    del run.times[kernel_cells[1]]
    assert judged(Goal("torch", 2), run) is None


def test_the_four_lines() -> None:
    times: dict[Cell, dict[str, float | tuple[float, float]]] = {
        SOFTMAX: {"derivlib": 1.0, "scipy": 3.0, "torch": 0.25},
        Cell("softmax", "10", "float64", 1): {"derivlib": 1.0, "numpy": 0.5},
    }
    told = lines(run_of(times)).splitlines()
    assert told == [
        "- 1 cells above 1,000 numbers, geometric mean: SciPy 3.00, PyTorch 0.25.",
        "- `softmax_cross_entropy_value_and_grad`, 100000×10, float64: not timed.",
        "- `softmax`, 10, float64: NumPy 0.50; there a call costs more than its arithmetic.",
        "- Another leads in 1 of those 1 cells, furthest in `softmax`, 100000×10, float64: "
        "PyTorch 0.25.",
    ]
    assert BETWEEN.sub("x\n", "a\n<!-- times -->\nold\n<!-- end of the times -->\n") == (
        "a\n<!-- times -->\nx\n<!-- end of the times -->\n"
    )


def test_the_page_says_what_is_missing_and_what_the_processor_lacks() -> None:
    run = run_of({SOFTMAX: {"derivlib": 1.0, "scipy": 3.0}})
    assert 'jax; pip install -e ".[benchmark]"' in page(run)
    assert "AVX-512, which this one lacks" not in page(run)
    run.machine["flags"] = []
    assert "AVX-512, which this one lacks" in page(run)


# --- a run ----------------------------------------------------------------------------------------


def test_a_run_is_stored_and_read(tmp_path: Path) -> None:
    run = run_of({SOFTMAX: {"derivlib": (1.0, 2.0)}, Cell("sigmoid", "10", "float32", 2): {}})
    run.differ[SOFTMAX] = ["torch"]
    write(tmp_path / "run.json", run)
    assert read(tmp_path / "run.json") == run


class Stub:
    """A worker that answers `most` cells, and is interrupted then."""

    def __init__(self, most: int) -> None:
        self.most, self.cells = most, list[Cell]()

    def asked(self, request: dict[str, Any]) -> dict[str, Any]:
        if not request:
            return {"missing": []}
        if len(self.cells) == self.most:
            raise KeyboardInterrupt
        self.cells.append(Cell(**request["cell"]))
        found = {"processor": 1.0, "wall": 1.0, "spread": 0.0}
        return {"times": {"derivlib": found}, "differ": ["torch"]}

    @contextmanager
    def worker(self, threads: int, dtype: str) -> Iterator[Stub]:
        yield self


def test_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "speed.json"
    arguments = ["softmax 1", "--out", str(path)]
    plan = cells(patterns=["softmax 1"])

    def run(most: int) -> list[Cell]:
        stub = Stub(most)
        monkeypatch.setattr(speed, "worker", stub.worker)
        with pytest.raises(SystemExit, match="goes on") if most < len(plan) else nullcontext():
            speed.main(arguments)
        return stub.cells

    assert run(5) == plan[:5] and not path.exists()
    with path.with_suffix(".partial").open("a") as file:
        file.write('{"cell": {"kernel": "softm')  # the last line was not written to its end
    assert run(3) == plan[5:8]
    assert run(len(plan)) == plan[8:]
    assert list(read(path).times) == plan and set(read(path).differ) == set(plan)
    assert not path.with_suffix(".partial").exists()


def test_other_code_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "speed.json"
    for digest, most in (("a", 5), ("b", 3)):
        monkeypatch.setattr(speed, "code", lambda digest=digest: digest)
        stub = Stub(most)
        monkeypatch.setattr(speed, "worker", stub.worker)
        with pytest.raises(SystemExit, match="goes on"):
            speed.main(["softmax 1", "--out", str(path)])
        assert stub.cells == cells(patterns=["softmax 1"])[:most]
    head, *rest = path.with_suffix(".partial").read_text("utf-8").splitlines()
    assert json.loads(head)["code"] == "b" and len(rest) == 3


def test_a_worker_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for slow in ("jax", "sklearn", "torch"):  # to be imported
        (tmp_path / f"{slow}.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    path = tmp_path / "speed.json"
    speed.main(["softmax 10 float64", "--minutes", "0.0001", "--out", str(path)])
    (times,) = read(path).times.values()
    assert {"derivlib", "derivlib out=", "numpy", "scipy"} <= times.keys()
    assert all(found.processor > 0 and found.wall > 0 for found in times.values())
    assert "Another leads in" in capsys.readouterr().out


# --- memory, and figures --------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each call is measured in a fork")
def test_memory_sees_a_temporary(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def frugal(z: Any, axis: int = -1, out: Any = None) -> Any:
        return np.copyto(out, z) if out is not None else z.copy()

    def wasteful(z: Any, axis: int = -1, out: Any = None) -> Any:
        np.empty(9 * 2**17)  # 9 MiB
        return frugal(z, axis, out)

    monkeypatch.setattr(memory, "_peers", dict)
    arguments = ["--shapes", "10x5", "--kernels", "log_softmax"]
    for kernel, status in ((frugal, 0), (wasteful, 1)):
        monkeypatch.setattr(derivlib, "log_softmax", kernel)
        assert memory.main(arguments) == status
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "out=" in line and f"9.00{LEADS}" in line]


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
