"""Write the stored times into results.md.

    python -m benchmarks.readme

The times come from notebooks/data/benchmark.json, which `python -m benchmarks.speed` writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .machine import described
from .speed import OUTPUT
from .speed_tables import report

ROOT = Path(__file__).parents[1]


def pages() -> Iterator[tuple[Path, str]]:
    """The page that shows the times, and what it should hold."""
    stored = json.loads(OUTPUT.read_text("utf-8"))
    about = "\n\n".join(described(stored["machine"]).splitlines())
    tables = report(stored, True, None, None)
    yield Path(__file__).with_name("results.md"), f"# Times\n\n{about}\n\n{tables}\n"


if __name__ == "__main__":
    for path, content in pages():
        path.write_text(content, "utf-8")
        print(f"wrote the times into {path.relative_to(ROOT)}")
