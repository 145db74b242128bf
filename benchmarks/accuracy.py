"""How accurate the kernels are: the largest errors over 50,000 logits of every family.

    python -m benchmarks.accuracy [--kernels …] [--logits N] [--families …] [--dtypes …]
                   [--processes 2] [--seed N] [--alone] [--markdown] [--out FILE] [--show FILE]
                   [--breaches FILE]

The families are those of benchmarks/families.py, and those of all magnitudes, from
benchmarks/magnitudes.py. Control-C stops a run; what was found until then is shown.

A full run leaves its largest errors in benchmarks/records/accuracy.json, for notebooks/map.py. Of
some kernels, it puts theirs in the place of the old ones. A run on fewer logits, families or dtypes
leaves nothing there.
Ends with status 1 if an error is larger than a goal of the project or than a promised bound.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict
from math import isfinite
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .campaign import DTYPES, FAMILIES, OF_POINTS, OURS, Task, carried_out, merged, tasks
from .families import SOFTMAX
from .findings import Finding
from .kernels import kernels
from .machine import described, machine
from .magnitudes import EVERY_SOFTMAX
from .promises import limits
from .storage import RECORDS, load, rounded, store
from .tables import LEADS, figure, table

OUTPUT = RECORDS / "accuracy.json"
LOGITS = 50_000
SHOWN = ("float64", "float32")


def results(plan: list[Task], processes: int) -> Iterator[list[Finding]]:
    if processes == 1:
        yield from map(carried_out, plan)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_leave_control_c)
    try:
        yield from pool.map(carried_out, plan)
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_control_c() -> None:
    """Let the main process alone stop at Control-C; it tells the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def report(findings: list[Finding], markdown: bool) -> str:
    """For each dtype and kind of kernel: whose largest error, on which family."""
    parts = []
    for dtype in dict.fromkeys(f.dtype for f in findings):
        for families in (OF_POINTS, SOFTMAX, EVERY_SOFTMAX):
            names = {family.name for family in families}
            chosen = [f for f in findings if f.dtype == dtype and f.family in names]
            if chosen:
                title = f"**{dtype}**" if markdown else dtype.upper()
                parts.append(f"{title}\n\n{_table(chosen, markdown)}")
    return "\n\n".join(parts)


def _table(findings: list[Finding], markdown: bool) -> str:
    families = list(dict.fromkeys(f.family for f in findings))
    at = {f.key: f for f in findings}
    rows = []
    asked = dict.fromkeys((f.kernel, f.kind, f.name, f.unit) for f in findings)
    for kernel, kind, name, unit in asked:
        for who in dict.fromkeys(f.who for f in findings):
            keys = [(kernel, kind, family, findings[0].dtype, who) for family in families]
            cells = [_cell(at.get(key)) for key in keys]
            if any(cell != "–" for cell in cells):
                label = f"`{name}`, {unit}" if markdown else f"{name}, {unit}"
                other = who if markdown else f"    {who}"
                rows.append([label if who == OURS else other, *cells])
    return table(["largest error", *families], rows, markdown)


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return "–"
    broken = any(finding.error > limit for limit in _limits(finding).values())
    return figure(finding.error) + (LEADS if broken else "")


def _limits(finding: Finding) -> dict[str, float]:
    return limits(finding) if finding.who == OURS else {}


PLACE: dict[str, Any] = dict(logits="", label="", index=(), expected="", got="", breaches=())
"""What says where an error is."""


def breaches(findings: list[Finding]) -> list[str]:
    """What is wrong, with all that is needed to see it again."""
    messages = []
    for f in findings:
        broken = {source: limit for source, limit in _limits(f).items() if f.error > limit}
        if broken:
            allowed = " and ".join(f"{limit:g} by {source}" for source, limit in broken.items())
            messages.append(
                f"{f.name} on “{f.family}” in {f.dtype}: {figure(f.error)} {f.unit}, allowed are "
                f"{allowed}\n  logits   {f.logits}{f'  label {f.label}' * bool(f.label)}\n"
                f"  entry    {f.index}\n  expected {f.expected}\n  got      {f.got}"
            )
    return messages


def stored(finding: Finding) -> dict[str, object]:
    """A finding for JSON, which has no infinity; without where it is, which the seed tells."""
    error = finding.error if isfinite(finding.error) else "inf"
    entry = asdict(finding) | {"error": error}
    return {name: value for name, value in entry.items() if name not in PLACE}


def worst(findings: list[Finding]) -> dict[str, dict[str, dict[str, float]]]:
    """Our largest error by kernel, dtype and unit, over all families: what the pages show."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for f in findings:
        if f.who == OURS and f.dtype in SHOWN:
            units = found.setdefault(f.kernel, {}).setdefault(f.dtype, {})
            units[f.unit] = max(units.get(f.unit, 0.0), rounded(f.error))
    return found


def remember(kept: dict[str, Any], findings: list[Finding], kernels: list[str]) -> None:
    """Make our largest errors a record: of all kernels, or of the named ones beside the others.

    What these were measured on is kept apart, until the next run of all.
    """
    errors = worst(findings)
    if not kernels:
        store(OUTPUT, kept | {"errors": errors})
        return
    record = load(OUTPUT)
    record["errors"] |= errors
    record["apart"] = record.get("apart", {}) | dict.fromkeys(errors, kept)
    store(OUTPUT, record)


def loaded(path: Path) -> list[Finding]:
    entries = load(path)["findings"]
    return [Finding(**(PLACE | entry | {"error": float(entry["error"])})) for entry in entries]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--kernels",
        nargs="+",
        metavar="NAME",
        choices=[kernel.name for kernel in kernels()],
        default=[],
        help="of derivlib's, these alone",
    )
    parser.add_argument("--logits", type=int, default=LOGITS, help="of every family")
    parser.add_argument(
        "--families",
        nargs="+",
        metavar="NAME",
        choices=list(FAMILIES),
        default=list(FAMILIES),
        help=", ".join(map(repr, FAMILIES)),
    )
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=list(DTYPES))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="without SciPy and PyTorch")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--out", type=Path, help="store all that was found")
    parser.add_argument("--show", type=Path, help="show a run that was stored by --out instead")
    parser.add_argument(
        "--breaches",
        type=Path,
        metavar="FILE",
        help="write each sample that breaks a bound, a line of JSON with its input as hex floats",
    )
    options = parser.parse_args(arguments)
    if options.show:
        findings = loaded(options.show)
    else:
        print(described(about := machine()))
        plan = tasks(
            options.families,
            options.dtypes,
            options.logits,
            options.seed,
            options.alone,
            options.kernels,
            listed=options.breaches is not None,
        )
        found: list[Finding] = []
        complete = False
        bar = tqdm(total=sum(task.logits for task in plan), unit="logit", unit_scale=True)
        with ExitStack() as stack:
            lines = stack.enter_context(options.breaches.open("w")) if options.breaches else None
            stack.enter_context(suppress(KeyboardInterrupt))
            for task, more in zip(plan, results(plan, options.processes), strict=True):
                for breach in (b for finding in more for b in finding.breaches):
                    print(json.dumps(asdict(breach), ensure_ascii=False), file=lines)
                found = merged([*found, *more])
                bar.set_postfix_str(f"{task.family}, {task.dtype}")
                bar.update(task.logits)
            complete = True
        bar.close()
        findings = found
        full = complete and options.logits >= LOGITS and not options.alone
        full &= set(options.families) == set(FAMILIES) and set(options.dtypes) == set(DTYPES)
        kept = {"machine": about, "logits": options.logits, "seed": options.seed}
        if options.out:
            store(options.out, kept | {"findings": [stored(finding) for finding in findings]})
        if full:  # what the pages show of it is a record
            remember(kept, findings, options.kernels)
        else:
            why = "some logits, families, dtypes or peers were left out"
            print(f"not recorded: {why if complete else 'it was stopped'}")
    print(f"\n{report(findings, options.markdown)}\n")
    wrong = breaches(findings)
    for line in wrong:
        print(line, file=sys.stderr)
    unlimited = {f"{f.name} in {f.dtype}" for f in findings if f.who == OURS and not _limits(f)}
    if unlimited:
        print(f"neither goal nor promise limits {', '.join(sorted(unlimited))}")
    values = sum(f.values for f in findings if f.who == OURS)
    print(f"{values:,} values compared, {len(wrong)} limits broken")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
