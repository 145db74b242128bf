"""Figures for the sceptic: how often the proof engine is right, wrong, or does not know.

    python -m benchmarks.referee [--part NAME] [--seed N] [--quick] [--count N] [--every N]

Prints the parts that were measured, and writes what notebook 10 shows of them to
benchmarks/records/referee.json, beside the parts that are there. numeric.py of the tests, which
shares no code with the engine's prover and refuter, referees.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from typing import Any

from benchmarks.referee import coupling, hostile, scrambles, side_by_side, verdicts
from benchmarks.storage import RECORDS, load, store

OUTPUT = RECORDS / "referee.json"
TALLY = (
    *("verdicts", "wrong PROVED", "DisagreementErrors", "REFUTED, unconfirmed"),
    *("PROVED, but no random point to check it at", "median ms", "slowest ms", "seed"),
)
KEPT = {
    "corpus": ("PROVED", "statements", "not PROVED", "wrong PROVED", "median ms", "slowest ms"),
    **dict.fromkeys(("mutants", "identities", "non-identities"), TALLY),
    "coupled": (*TALLY, "UNKNOWN though false", "false ones REFUTED in %", "statements"),
    "sympy": (*side_by_side.ASKED, "of every", "seconds allowed"),
}
"""What is stored of each part."""


def parts(
    seed: int, quick: bool, count: int | None, every: int
) -> dict[str, Callable[[], dict[str, Any]]]:
    """What can be measured. A quick run takes a sample of each."""
    few = 60 if quick else count
    return {
        "corpus": lambda: verdicts.measure_corpus(60 if quick else None),
        "mutants": lambda: verdicts.measure_mutants(seed, few or 2_500),
        "identities": lambda: scrambles.measure_identities(seed, few or 3_000),
        "non-identities": lambda: scrambles.measure_non_identities(seed, few or 5_000),
        "coupled": lambda: coupling.measure_coupled(seed, few or 20_000),
        "sympy": lambda: side_by_side.measure(40 if quick else every),
        "hostile": hostile.measure,
    }


def show(name: str, report: dict[str, Any]) -> None:
    print(f"\n{name}\n{'-' * len(name)}")
    for key, value in sorted(report.items()):
        if isinstance(value, list):
            print(f"{key:<45} {len(value)}")
            for line in value[:20]:
                print(f"    {line}")
        elif isinstance(value, dict):
            print(f"{key:<45} " + ", ".join(f"{k}: {v}" for k, v in sorted(value.items())))
        else:
            print(f"{key:<45} {value}")


def save(name: str, report: dict[str, Any]) -> None:
    import sympy

    kept = load(OUTPUT) if OUTPUT.exists() else {}
    kept[name] = {key: report[key] for key in KEPT[name]}
    kept["versions"] = {"python": platform.python_version(), "sympy": sympy.__version__}
    store(OUTPUT, kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", action="append", help="measure this part alone; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="so many statements, where they are made up")
    parser.add_argument("--every", type=int, default=1, help="SymPy gets each n-th statement")
    parser.add_argument("--quick", action="store_true", help="a sample, not saved")
    options = parser.parse_args()
    known = parts(options.seed, options.quick, options.count, options.every)
    for name in options.part or known:
        if name not in known:
            parser.error(f"--part {name}: one of {', '.join(known)}")
        report = known[name]()
        show(name, report)
        if name in KEPT and not options.quick:
            save(name, report | {"seed": options.seed})


if __name__ == "__main__":
    main()
