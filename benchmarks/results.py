"""Write the stored times into results.md.

    python -m benchmarks.results

The times come from benchmarks/records/speed.json, which `python -m benchmarks.speed` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .machine import described
from .speed import OUTPUT, recorded
from .speed_tables import report

ROOT = Path(__file__).parents[1]


def pages() -> Iterator[tuple[Path, str]]:
    """Each file that shows the times, and what it should hold."""
    stored = recorded(OUTPUT)
    about = "\n\n".join(described(stored["machine"]).splitlines())
    tables = report(stored, True, None, None)
    yield Path(__file__).with_name("results.md"), f"# Times\n\n{about}\n\n{tables}\n"


if __name__ == "__main__":
    for path, content in pages():
        path.write_text(content, "utf-8")
        print(f"wrote the times into {path.relative_to(ROOT)}")
