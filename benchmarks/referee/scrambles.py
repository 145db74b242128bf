"""Random pairs put to the engine: scrambled expressions, which are equal, and different ones."""

from __future__ import annotations

from random import Random
from typing import Any

from tqdm import tqdm

from benchmarks.referee.verdicts import Tally
from tests.support.letters import THEORY
from tests.support.pairs import identities, non_identities


def measure_identities(seed: int, count: int) -> dict[str, Any]:
    rng = Random(seed)
    tally = Tally(Random(seed))  # its own, so that the pairs do not depend on verdicts
    for pair, _ in zip(identities(rng), tqdm(range(count), desc="scrambles"), strict=False):
        if tally.add(THEORY, pair) == "REFUTED":
            tally.unconfirmed.append(f"a true statement REFUTED: {pair}")
    report = tally.report()
    report["PROVED in %"] = round(100 * tally.statuses["PROVED"] / count, 2)
    return report


def measure_non_identities(seed: int, count: int) -> dict[str, Any]:
    rng = Random(seed)
    tally = Tally(Random(seed))  # its own, so that the pairs do not depend on verdicts
    for pair, _ in zip(non_identities(rng), tqdm(range(count), desc="pairs"), strict=False):
        if tally.add(THEORY, pair) == "PROVED":
            tally.wrong_proved.append(str(pair))
    report = tally.report()
    report["REFUTED in %"] = round(100 * tally.statuses["REFUTED"] / count, 2)
    return report
