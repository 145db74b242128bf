"""A run as it is stored, and what its times say: who is how much faster than whom, where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import exp, fsum, log
from pathlib import Path
from typing import Any

from .cells import Cell
from .storage import load, rounded, store
from .timing import Times

LIBRARIES = ("numpy", "scipy", "sklearn", "torch", "jax")


@dataclass(frozen=True)
class Setting:
    """How often many threads and which results: what is held against what.

    A library counts with its fastest form, analytic or by autograd. With `out=`, so does one that
    has no such argument.
    """

    title: str
    threads: int = 1
    out: bool = False
    wall: bool = False

    @property
    def base(self) -> str:
        return "derivlib out=" if self.out else "derivlib"

    def forms(self, library: str) -> tuple[str, ...]:
        fresh = (library, f"{library} autograd")
        return (*fresh, f"{library} out=") if self.out else fresh

    def seconds(self, times: Times) -> float:
        return times.wall if self.wall else times.processor


FRESH = Setting("One thread, fresh results")
OUT = Setting("One thread, out=", out=True)
TWO = Setting("Two threads, wall time", threads=2, wall=True)
TWO_IN_ALL = Setting("Two threads, processor time", threads=2)
SETTINGS = (FRESH, OUT, TWO, TWO_IN_ALL)


@dataclass
class Run:
    machine: dict[str, Any]
    times: dict[Cell, dict[str, Times]] = field(default_factory=dict)
    differ: dict[Cell, list[str]] = field(default_factory=dict)
    """Who was not timed, since the numbers are others than derivlib's."""

    def add(self, cell: Cell, answer: dict[str, Any]) -> None:
        """A worker's answer."""
        self.times[cell] = {who: Times(**found) for who, found in answer["times"].items()}
        if answer["differ"]:
            self.differ[cell] = answer["differ"]

    def of(self, setting: Setting) -> list[Cell]:
        """The cells that have times in that setting."""
        return [
            cell
            for cell, times in self.times.items()
            if cell.threads == setting.threads and setting.base in times
        ]

    def ours(self, cell: Cell, setting: Setting) -> float:
        return setting.seconds(self.times[cell][setting.base])

    def ratio(self, cell: Cell, setting: Setting, library: str) -> float | None:
        """The library's time divided by derivlib's; None where it does not take part."""
        times = self.times[cell]
        found = [setting.seconds(times[form]) for form in setting.forms(library) if form in times]
        return min(found) / self.ours(cell, setting) if found else None

    def ratios(self, cells: Iterable[Cell], setting: Setting, library: str) -> dict[Cell, float]:
        found = {cell: self.ratio(cell, setting, library) for cell in cells}
        return {cell: ratio for cell, ratio in found.items() if ratio is not None}

    def leaders(self, cell: Cell, setting: Setting) -> dict[str, float]:
        """The libraries that take less time than derivlib, the fastest first."""
        found = {name: self.ratio(cell, setting, name) for name in LIBRARIES}
        ahead = {name: ratio for name, ratio in found.items() if ratio is not None and ratio < 1}
        return dict(sorted(ahead.items(), key=lambda pair: pair[1]))


def geometric_mean(ratios: Iterable[float]) -> float:
    logs = [log(ratio) for ratio in ratios]
    return exp(fsum(logs) / len(logs))


def write(path: Path, run: Run) -> None:
    cells = []
    for cell, times in run.times.items():
        line: dict[str, Any] = asdict(cell)
        line["times"] = {
            who: [rounded(t.processor), rounded(t.wall), round(t.spread, 3)]
            for who, t in times.items()
        }
        if cell in run.differ:
            line["differ"] = run.differ[cell]
        cells.append(line)
    store(path, {"machine": run.machine, "cells": cells})


def read(path: Path) -> Run:
    stored = load(path)
    run = Run(stored["machine"])
    for line in stored["cells"]:
        cell = Cell(*(line[name] for name in ("kernel", "shape", "dtype", "threads")))
        run.times[cell] = {who: Times(*times) for who, times in line["times"].items()}
        if "differ" in line:
            run.differ[cell] = line["differ"]
    return run
