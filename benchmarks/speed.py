"""How fast the kernels are, against NumPy, SciPy, scikit-learn and PyTorch.

    python -m benchmarks.speed [--quick] [--shapes 100000x10 2x1000000@0 …] [--kernels …]
                                     [--dtypes …] [--markdown] [--out FILE] [--show FILE]

Every figure is a ratio of medians from one run in which the competitors take turns. No library is
used for that: pytest-benchmark, pyperf and asv time one function after the other. A full run is
stored in benchmarks/records/speed.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from tqdm import tqdm

import derivlib

from .kernels import Case, Kernel, Thunk, kernels, ours, random_case
from .machine import described, machine
from .peers import Peer, peers
from .speed_tables import report
from .storage import RECORDS, load, rounded, store
from .timing import cores, interleaved

OUTPUT = RECORDS / "speed.json"
SHAPES = [
    *("10", "32x10", "1000000x2", "100000x10", "10000x1000", "128x50257", "1x10000000"),
    *("2x1000000@0", "10x100000@0", "1000x10000@0"),
]
QUICK = ["32x10", "20000x10", "100x1000"]
THREADED = 100_000
"""Entries from which on a run on two threads is worth its time."""


@dataclass(frozen=True)
class Cell:
    """What one round-robin is about."""

    shape: str
    dtype: str
    kernel: str
    threads: int


def cells(shapes: list[str], dtypes: list[str], names: list[str] | None) -> list[Cell]:
    return [
        Cell(text, dtype, kernel.name, threads)
        for number, text in enumerate(shapes)
        for dtype in dtypes
        for kernel in kernels(names)
        for threads in (1, 2)
        if _worth_it(kernel, text, shapes[:number])
        and (threads == 1 or prod(parsed(text)[0]) >= THREADED)
    ]


def _worth_it(kernel: Kernel, text: str, earlier: list[str]) -> bool:
    """An elementwise kernel does not see the shape: one of each order of magnitude will do."""
    shape, axis = parsed(text)
    sizes = {len(str(prod(parsed(other)[0]))) for other in earlier}
    seen = kernel.elementwise and len(str(prod(shape))) in sizes
    return kernel.fits(shape, axis) and not seen


def parsed(text: str) -> tuple[tuple[int, ...], int]:
    """A shape as on the command line, "100000x10", or "10x100000@0" for classes along axis 0."""
    sizes, _, axis = text.partition("@")
    try:
        return tuple(int(size) for size in sizes.split("x")), int(axis or -1)
    except ValueError:
        raise ValueError(f"shape {text!r}: something like 100000x10 is expected") from None


def competitors(
    kernel: Kernel, case: Case, libraries: Mapping[str, Peer], threads: int
) -> Iterator[tuple[str, Thunk]]:
    """Their names and calls; those that write into memory that is there end in "out="."""
    yield "derivlib", ours(kernel, case)
    if threads > 1:
        yield "derivlib one thread", _on_one_thread(ours(kernel, case))
    elif kernel.takes_out:
        yield "derivlib out=", ours(kernel, case, case.out(kernel))
    for library, peer in libraries.items():
        if threads > 1 and not peer.threaded:
            continue
        for forms, ending in ((peer.fresh, ""), (peer.reusing, " out=")):
            call = forms[kernel.name](case) if kernel.name in forms else None
            if call and not (ending and threads > 1):
                yield library + ending, call


def measure(
    plan: list[Cell], minutes: float, least: int, libraries: Mapping[int, Mapping[str, Peer]]
) -> list[dict[str, Any]]:
    """Each cell with its competitors' median seconds. The time left is shared by the cells left."""
    end = perf_counter() + 60 * minutes
    case, made_for = None, None
    results = []
    for number, cell in enumerate(bar := tqdm(plan, unit="cell")):
        bar.set_postfix_str(f"{cell.kernel} {cell.shape} {cell.dtype}")
        shape, axis = parsed(cell.shape)
        if case is None or made_for != (cell.shape, cell.dtype):
            case = None  # first let go of the last one
            case, made_for = random_case(shape, cell.dtype, axis), (cell.shape, cell.dtype)
        (kernel,) = kernels([cell.kernel])
        share = max(0.0, end - perf_counter()) / (len(plan) - number)
        with cores(cell.threads), np.errstate(all="ignore"):
            calls = dict(competitors(kernel, case, libraries[cell.threads], cell.threads))
            pause = 0.0 if cell.threads == 1 else 0.003
            seconds = interleaved(calls, 0.8 * share, least=least, pause=pause)
        results.append({**asdict(cell), "seconds": seconds})
    return results


def record(about: dict[str, Any], cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A run as it is stored: a line for each kernel and shape."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in cells:
        head = {name: cell[name] for name in ("kernel", "shape")}
        line = lines.setdefault((cell["kernel"], cell["shape"]), head)
        seconds = {who: rounded(time) for who, time in cell["seconds"].items()}
        line[f"{cell['dtype']}, {cell['threads']}"] = seconds
    return {"machine": about, "seconds": list(lines.values())}


def recorded(path: Path) -> dict[str, Any]:
    """The machine and the cells of a run that was stored."""
    stored = load(path)
    cells = []
    for line in stored["seconds"]:
        for place, seconds in line.items():
            if place not in ("kernel", "shape"):
                dtype, _, threads = place.partition(", ")
                cell = Cell(line["shape"], dtype, line["kernel"], int(threads))
                cells.append({**asdict(cell), "seconds": seconds})
    return {"machine": stored["machine"], "cells": cells}


def _on_one_thread(call: Thunk) -> Thunk:
    def alone() -> Any:
        threads = derivlib.get_num_threads()
        derivlib.set_num_threads(1)
        try:
            return call()
        finally:
            derivlib.set_num_threads(threads)

    return alone


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small shapes, under a minute")
    parser.add_argument("--shapes", nargs="+", metavar="SHAPE", help=" ".join(SHAPES))
    parser.add_argument("--kernels", nargs="+", metavar="NAME")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    parser.add_argument("--minutes", type=float, help="about how long (11; with --quick 0.5)")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--out", type=Path, help="store it here; a full run is stored anyway")
    parser.add_argument("--show", type=Path, help="show a run that was stored instead")
    options = parser.parse_args(arguments)
    if options.show:
        stored = recorded(options.show)
        print(described(stored["machine"]))
    else:
        shapes = options.shapes or (QUICK if options.quick else SHAPES)
        print(described(about := machine()))
        try:
            plan = cells(shapes, options.dtypes, options.kernels)
        except ValueError as error:
            parser.error(str(error))
        minutes = options.minutes or (0.5 if options.quick else 11)
        libraries = {threads: peers(threads) for threads in (1, 2)}
        results = measure(plan, minutes, 3, libraries)
        stored = {"machine": about, "cells": results}
        full = not (options.quick or options.shapes or options.kernels)
        if path := options.out or (OUTPUT if full else None):
            store(path, record(about, results))
    print()
    print(report(stored, options.markdown, options.shapes, options.kernels))


if __name__ == "__main__":
    main()
