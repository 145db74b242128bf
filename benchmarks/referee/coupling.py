"""Statements that ask for the sign of what they take to be defined, put to the engine."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from random import Random
from typing import Any

from tqdm import tqdm

from benchmarks.referee.verdicts import Tally
from tests.support.coupled import coupled
from tests.support.points import aimed_point

CHUNK = 250
"""Statements that one process judges at a time, from a seed of its own."""
CHECKS = 24
"""Points at which a PROVED must hold: an entry is negative at few of them."""


def chunk(seed: int, count: int) -> Tally:
    """So many verdicts, in this process."""
    rng = Random(seed)
    tally = Tally(Random(seed), aimed_point, CHECKS)
    for (theory, statement), _ in zip(coupled(rng), range(count), strict=False):
        tally.add(theory, statement)
    return tally


def measure_coupled(seed: int, count: int) -> dict[str, Any]:
    """In all processors; what comes out does not depend on how many there are."""
    whole = Tally(Random(seed))
    sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
    seeds = [1_000_000 * seed + n for n in range(len(sizes))]
    with ProcessPoolExecutor() as pool:
        for part in tqdm(pool.map(chunk, seeds, sizes), desc="coupled", total=len(sizes)):
            whole = whole + part
    report = whole.report()
    false = whole.statuses["REFUTED"] + whole.false_unknown
    report["false ones REFUTED in %"] = round(100 * whole.statuses["REFUTED"] / max(false, 1), 2)
    return report
