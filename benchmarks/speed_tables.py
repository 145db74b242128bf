"""The times as tables: derivlib's own, and below them each library's as a multiple of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .tables import LEADS, duration, figure, table

NOTE = """Time of derivlib, and each library's time ÷ derivlib's: float32 / float64.
{mark} below 1: the library leads. torch: the faster of analytic gradients and, for *, autograd.
N×K@0: the classes lie along axis 0."""


@dataclass(frozen=True)
class Section:
    """A table: whose time is 1, and which competitors of which runs are held against it."""

    title: str
    threads: int
    base: str
    libraries: tuple[tuple[str, tuple[str, ...]], ...]


SECTIONS = [
    Section(
        "One thread, fresh results",
        1,
        "derivlib",
        (
            ("numpy", ("numpy",)),
            ("scipy", ("scipy",)),
            ("sklearn", ("sklearn",)),
            ("torch", ("torch", "torch autograd")),
        ),
    ),
    Section(
        "One thread, out= (each library's faster form)",
        1,
        "derivlib out=",
        (
            ("numpy", ("numpy",)),
            ("scipy", ("scipy", "scipy out=")),
            ("sklearn", ("sklearn", "sklearn out=")),
            ("torch", ("torch", "torch autograd", "torch out=")),
        ),
    ),
    Section(
        "Two threads, fresh results",
        2,
        "derivlib",
        (
            ("derivlib, one thread", ("derivlib one thread",)),
            ("sklearn", ("sklearn",)),
            ("torch", ("torch", "torch autograd")),
        ),
    ),
]


def report(
    stored: dict[str, Any],
    markdown: bool,
    shapes: list[str] | None,
    names: list[str] | None,
) -> str:
    """All tables of a run, or those shapes and kernels of them."""
    cells = [
        cell
        for cell in stored["cells"]
        if (not shapes or cell["shape"] in shapes) and (not names or cell["kernel"] in names)
    ]
    mark = "Bold:" if markdown else f"{LEADS}:"
    parts = [NOTE.format(mark=mark)]
    for section in SECTIONS:
        chosen = [
            cell
            for cell in cells
            if cell["threads"] == section.threads and section.base in cell["seconds"]
        ]
        if chosen:
            title = f"**{section.title}**" if markdown else section.title.upper()
            parts.append(f"{title}\n\n{_section(section, chosen, markdown)}")
    return "\n\n".join(parts)


def _section(section: Section, cells: list[dict[str, Any]], markdown: bool) -> str:
    shapes = list(dict.fromkeys(cell["shape"] for cell in cells))
    names = list(dict.fromkeys(cell["kernel"] for cell in cells))
    rows = []
    for name in names:
        own = [cell for cell in cells if cell["kernel"] == name]
        label = f"`{name}`" if markdown else name
        rows.append([label, *(_times(section, own, shape) for shape in shapes)])
        for library, competitors in section.libraries:
            ratios = [_ratios(section, own, shape, competitors) for shape in shapes]
            if any(ratios):
                indented = library if markdown else f"    {library}"
                rows.append([indented, *(ratio or "–" for ratio in ratios)])
    return table(["kernel", *(shape.replace("x", "×") for shape in shapes)], rows, markdown)


def _times(section: Section, cells: list[dict[str, Any]], shape: str) -> str:
    found = [duration(c["seconds"][section.base]) for c in _by_dtype(cells, shape)]
    return " / ".join(found) or "–"


def _ratios(
    section: Section, cells: list[dict[str, Any]], shape: str, competitors: tuple[str, ...]
) -> str:
    parts = []
    for cell in _by_dtype(cells, shape):
        times = {name: cell["seconds"][name] for name in competitors if name in cell["seconds"]}
        if times:
            fastest = min(times, key=times.__getitem__)
            ratio = times[fastest] / cell["seconds"][section.base]
            star = "*" if "autograd" in fastest else ""
            parts.append(figure(ratio) + star + (LEADS if ratio < 1 else ""))
    return " / ".join(parts)


def _by_dtype(cells: list[dict[str, Any]], shape: str) -> Iterator[dict[str, Any]]:
    chosen = [cell for cell in cells if cell["shape"] == shape]
    yield from sorted(chosen, key=lambda cell: str(cell["dtype"]))
