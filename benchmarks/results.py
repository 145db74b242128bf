"""Write the stored times into results.md and README.md.

    python -m benchmarks.results

The times come from benchmarks/records/speed.json, which `python -m benchmarks.speed` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .cells import DTYPES, FEW, MODELS, SHAPES, Cell
from .goals import GOALS, judged
from .machine import described
from .runs import (
    FRESH,
    LIBRARIES,
    OUT,
    SETTINGS,
    TWO,
    TWO_IN_ALL,
    Run,
    Setting,
    geometric_mean,
    read,
)
from .storage import RECORDS
from .tables import duration, figure, table

ROOT = Path(__file__).parents[1]
RECORD = RECORDS / "speed.json"
NAMES = {
    "numpy": "NumPy",
    "scipy": "SciPy",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
    "jax": "JAX",
}
BETWEEN = re.compile(r"(?<=<!-- times -->\n).*?(?=<!-- end of the times -->)", re.DOTALL)

HOW = f"""A ratio is another's time divided by derivlib's: above 1 derivlib leads, below 1 another.
Each library counts with its fastest form, written out by hand or by autograd. All compute the same
numbers, which is checked before; they take turns in random order, and the figure is the ratio of
their median times. Processor time is what all threads of the process have spent together, and no
time in which another program had the core: what a call costs. Wall time is what one waits for, and
counts whatever else the machine did. On one thread, times are the processor's; on two they are told
both ways, with fresh results, and NumPy and SciPy have one thread there, too.
A shape N×K@0 has its classes along axis 0, @0,2 along both; F is in F order, which JAX does not
have. Cells above {FEW:,} numbers are large; below, a call costs more than its arithmetic."""


def pages() -> Iterator[tuple[Path, str]]:
    """Each file that shows the times, and what it should hold."""
    run = read(RECORD)
    yield Path(__file__).with_name("results.md"), page(run)
    readme = ROOT / "README.md"
    yield readme, BETWEEN.sub(lambda _: lines(run) + "\n", readme.read_text("utf-8"))


def page(run: Run) -> str:
    parts = [
        "# Times",
        "\n\n".join(described(run.machine).splitlines()),
        HOW,
        "## Goals",
        goals(run),
        "## Geometric means",
        means(run),
        "## Where another leads",
        leads(run),
        *(f"## {setting.title}\n\n{times(run, setting)}" for setting in _timed(run)),
    ]
    return "\n\n".join(parts) + "\n"


def summary(run: Run) -> str:
    """What the terminal shows of a run."""
    return "\n\n".join([goals(run), means(run), leads(run)])


def goals(run: Run) -> str:
    """Each goal with what was reached in its worst cell."""
    rows = []
    for goal in GOALS:
        outcome = judged(goal, run)
        reached, mark = "not timed", ""
        if outcome:
            reached = figure(outcome.ratio) + (f" ({_place(outcome.cell)})" if outcome.cell else "")
            mark = "met" if outcome.ratio >= goal.least else "**missed**"
        rows.append([_shown(str(goal)), NAMES[goal.library], figure(goal.least), reached, mark])
    timed = [row for row in rows if row[-1]]
    met = sum(row[-1] == "met" for row in timed)
    told = f"Of {len(rows)} goals, {met} are met, {len(timed) - met} missed"
    told += f", {len(rows) - len(timed)} not timed." if len(timed) < len(rows) else "."
    if "avx512f" not in run.machine["flags"]:
        told += " They are meant for a processor with AVX-512, which this one lacks."
    head = ["goal", "against", "at least", "reached (worst cell)", ""]
    return f"{told}\n\n{table(head, rows, True)}"


def means(run: Run) -> str:
    """Over the large cells of kernels: the mean ratio and how many cells it is of."""
    rows = []
    for setting in _timed(run):
        for dtype in DTYPES:
            cells = [c for c in _large(run, setting) if c.dtype == dtype]
            if not cells:
                continue
            row = [f"{setting.title}, {dtype}"]
            for library in LIBRARIES:
                ratios = run.ratios(cells, setting, library).values()
                mean = f"{figure(geometric_mean(ratios))} ({len(ratios)})" if ratios else "–"
                row.append(mean)
            rows.append(row)
    told = "Of the large cells of kernels; in brackets, how many these are."
    head = ["", *(NAMES[library] for library in LIBRARIES)]
    return f"{told}\n\n{table(head, rows, True)}"


def leads(run: Run) -> str:
    """Every cell in which another takes less time, in one table."""
    timed = [(cell, setting) for setting in _timed(run) for cell in run.of(setting)]
    ahead = {pair: found for pair in timed if (found := run.leaders(*pair))}
    large = sum(cell.large for cell, _ in ahead)
    told = (
        f"Another leads in {len(ahead)} of {len(timed)} cells, {large} of which are large. Each "
        "other has its ratio, the fastest first; an empty field: none leads, or it was not timed. "
        "On two threads (2), a cell counts by the wall and by the processor."
    )
    lines = list(dict.fromkeys((cell.kernel, cell.shape) for cell, _ in ahead))
    columns = [(setting, dtype) for setting in _timed(run) for dtype in DTYPES]
    rows = []
    for kernel, shape in lines:
        row = [f"`{kernel}`, {_shown(shape)}"]
        for setting, dtype in columns:
            found = ahead.get((Cell(kernel, shape, dtype, setting.threads), setting), {})
            row.append(", ".join(f"{NAMES[who]} {figure(r)}" for who, r in found.items()))
        rows.append(row)
    head = ["", *(f"{_short(setting)}, {dtype}" for setting, dtype in columns)]
    differ = [f"{cell}: {', '.join(who)}" for cell, who in run.differ.items()]
    if differ:
        told += "\n\nNot timed, since their numbers differ from derivlib's: " + "; ".join(differ)
    return f"{told}\n\n{table(head, rows, True)}"


def times(run: Run, setting: Setting) -> str:
    """derivlib's times and the others' ratios, float32 / float64, a line for each shape."""
    cells = run.of(setting)
    found = dict.fromkeys((cell.kernel, cell.shape) for cell in cells)
    kernels = list(dict.fromkeys(kernel for kernel, _ in found))
    places = {shape: number for number, shape in enumerate([*SHAPES, *MODELS.values()])}
    rows = []
    for kernel, shape in sorted(found, key=lambda x: (kernels.index(x[0]), places[x[1]])):
        both = [cell for cell in cells if (cell.kernel, cell.shape) == (kernel, shape)]
        both.sort(key=lambda cell: cell.dtype)
        row = [f"`{kernel}`, {_shown(shape)}"]
        row.append(" / ".join(duration(run.ours(cell, setting)) for cell in both))
        for library in LIBRARIES:
            row.append(_joined(run.ratio(cell, setting, library) for cell in both))
        if setting.threads > 1:
            row.append(_joined(_alone(run, cell, setting) for cell in both))
        spread = max(run.times[cell][setting.base].spread for cell in both)
        row.append(f"{100 * spread:.0f} %")
        rows.append(row)
    head = ["float32 / float64", "derivlib", *(NAMES[library] for library in LIBRARIES)]
    head += ["derivlib, one thread"] if setting.threads > 1 else []
    told = "The spread is that of derivlib's processor time: the middle half of the samples."
    return f"{told}\n\n{table([*head, 'spread'], rows, True)}"


def lines(run: Run) -> str:
    """Four lines for the README."""
    large = _large(run, FRESH)
    average = ", ".join(
        f"{NAMES[library]} {figure(geometric_mean(ratios))}"
        for library in LIBRARIES
        if (ratios := run.ratios(large, FRESH, library).values())
    )
    ahead = [cell for cell in large if run.leaders(cell, FRESH)]
    one = [
        f"- {len(large)} cells above {FEW:,} numbers, geometric mean: {average}.",
        f"- {_told(run, 'softmax_cross_entropy_value_and_grad', '100000x10')}.",
        f"- {_told(run, 'softmax', '10')}; there a call costs more than its arithmetic.",
    ]
    last = f"- Another leads in {len(ahead)} of those {len(large)} cells"
    if ahead:
        furthest = min(ahead, key=lambda cell: min(run.leaders(cell, FRESH).values()))
        who, ratio = next(iter(run.leaders(furthest, FRESH).items()))
        place = f"`{furthest.kernel}`, {_place(furthest)}"
        last += f", furthest in {place}: {NAMES[who]} {figure(ratio)}"
    return "\n".join([*one, f"{last}."])


def _told(run: Run, kernel: str, shape: str) -> str:
    cell = Cell(kernel, shape, "float64", 1)
    known = cell in run.times
    ratios = {who: run.ratio(cell, FRESH, who) for who in LIBRARIES} if known else {}
    told = ", ".join(f"{NAMES[who]} {figure(r)}" for who, r in ratios.items() if r is not None)
    return f"`{kernel}`, {_place(cell)}: {told or 'not timed'}"


def _timed(run: Run) -> list[Setting]:
    return [setting for setting in SETTINGS if run.of(setting)]


def _large(run: Run, setting: Setting) -> list[Cell]:
    return [cell for cell in run.of(setting) if cell.large and not cell.is_model]


def _alone(run: Run, cell: Cell, setting: Setting) -> float | None:
    alone = run.times[cell].get("derivlib one thread")
    return setting.seconds(alone) / run.ours(cell, setting) if alone else None


def _joined(ratios: Iterable[float | None]) -> str:
    found = ["–" if ratio is None else figure(ratio) for ratio in ratios]
    return " / ".join(f"**{x}**" if x != "–" and float(x) < 1 else x for x in found)


def _place(cell: Cell) -> str:
    return f"{_shown(cell.shape)}, {cell.dtype}"


def _shown(text: str) -> str:
    """2x10 as 2×10."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", text)


def _short(setting: Setting) -> str:
    return {FRESH: "fresh", OUT: "out=", TWO: "2, wall", TWO_IN_ALL: "2, processor"}[setting]


if __name__ == "__main__":
    for path, content in pages():
        path.write_text(content, "utf-8")
        print(f"wrote the times into {path.relative_to(ROOT)}")
