"""How fast the kernels and models are, against NumPy, SciPy, scikit-learn, PyTorch and JAX.

    python -m benchmarks.speed                          all cells, in some 12 minutes
    python -m benchmarks.speed --quick                  a few, in a minute
    python -m benchmarks.speed softmax_cross "*@0*32"   those that begin so

Every figure is a ratio of medians from one run in which the competitors take turns. No library is
used for that: pytest-benchmark, pyperf and asv time one function after the other. A run of all
cells is stored in benchmarks/records/speed.json, and `python -m benchmarks.results` shows it. If it
is interrupted, the same command goes on where it was, unless the code has changed since.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from tqdm import tqdm

from .cells import Cell, cells
from .machine import INSTALL, described, machine
from .results import RECORD, ROOT, summary
from .runs import Run, write
from .worker import worker

FOR_CALLS = 0.75
"""The share of a cell's time for the rounds; the rest is for arrays, checks and compiling."""


def measure(plan: list[Cell], minutes: float, run: Run, journal: IO[str] | None) -> None:
    """Time the cells that the run does not have yet. The time is shared by those that are left."""
    left = [cell for cell in plan if cell not in run.times]
    end = perf_counter() + 60 * minutes * len(left) / len(plan)
    bar = tqdm(total=len(plan), initial=len(plan) - len(left), unit="cell")
    with bar:
        for (threads, dtype), group in groupby(left, lambda cell: (cell.threads, cell.dtype)):
            with worker(threads, dtype) as process:
                missing = process.asked({})["missing"]
                run.machine["missing"] = missing
                for cell in group:
                    bar.set_postfix_str(str(cell))
                    share = max(0.0, end - perf_counter()) / (bar.total - bar.n)
                    seconds = FOR_CALLS * share
                    answer = process.asked({"cell": asdict(cell), "seconds": seconds})
                    run.add(cell, answer)
                    if journal:
                        line = json.dumps({"cell": asdict(cell), **answer})
                        print(line, file=journal, flush=True)
                    bar.update()


@contextmanager
def journal(path: Path, run: Run) -> Iterator[IO[str]]:
    """Keeps each cell as soon as it is timed; the run gets those of one that was interrupted, if
    the machine, the versions and the code are the same."""
    before = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    whole = [line for line in before if line.endswith("\n")]  # but for one that was cut off
    if not whole or not _same(json.loads(whole[0]), run.machine):
        whole = [json.dumps(run.machine) + "\n"]
    for line in whole[1:]:
        answer = json.loads(line)
        run.add(Cell(**answer.pop("cell")), answer)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(whole)
        file.flush()
        yield file
    path.unlink()


def _same(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """What a run may not mix; load and date are those of its start."""
    return all(before.get(key) == now[key] for key in now if key not in ("load", "date"))


def code() -> str:
    """A digest of what is timed and of what times."""
    digest = sha256()
    for folder in ("derivlib", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "proof" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", help="kernel, shape, dtype and threads begin so; * is any"
    )
    parser.add_argument("--quick", action="store_true", help="a few cells, in a minute")
    parser.add_argument("--minutes", type=float, help="about how long")
    parser.add_argument("--out", type=Path, help="store it here; all cells are stored anyway")
    options = parser.parse_args(arguments)
    try:
        plan = cells(options.quick, options.names)
    except ValueError as error:
        parser.error(str(error))
    minutes = options.minutes or (0.7 if options.quick else min(10.0, 0.08 * len(plan)))
    path = options.out or (RECORD if not (options.quick or options.names) else None)
    run = Run({**machine(), "code": code()})
    print(described(run.machine))
    if path:
        with journal(path.with_suffix(".partial"), run) as file:
            try:
                measure(plan, minutes, run, file)
            except KeyboardInterrupt:
                sys.exit("interrupted: the same command goes on from here")
            run.times = {cell: run.times[cell] for cell in plan}
            write(path, run)
    else:
        measure(plan, minutes, run, None)
    if missing := run.machine["missing"]:
        print(f"not installed: {', '.join(missing)}; {INSTALL}")
    print(f"\n{summary(run)}")


if __name__ == "__main__":
    main()
