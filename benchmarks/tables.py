"""A table of strings, for the terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

LEADS = "◄"
"""Marks a figure that is to derivlib's disadvantage; bold in Markdown."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """The first column to the left, the others to the right."""
    if markdown:
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *([_bold(x) for x in r] for r in rows)]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]

    def aligned(line: Sequence[str]) -> str:
        rest = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        return "  ".join([line[0].ljust(widths[0]), *rest]).rstrip()

    return "\n".join([aligned(head), "  ".join("-" * w for w in widths), *map(aligned, rows)])


def figure(x: float) -> str:
    """Two to three digits that count."""
    if isnan(x):
        return "–"
    if not isfinite(x):
        return "∞"
    if x >= 10_000:
        return f"{x:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{figure(seconds / size)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _bold(cell: str) -> str:
    return " / ".join(
        f"**{part.removesuffix(LEADS)}**" if part.endswith(LEADS) else part
        for part in cell.split(" / ")
    )
