"""Write the stored times into README.md, and all of them into results.md.

    python -m benchmarks.readme

The times come from benchmarks/records/speed.json, which `python -m benchmarks.speed` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .machine import described
from .speed import OUTPUT, recorded
from .speed_tables import SECTIONS, report

START = "<!-- times: written by benchmarks/readme.py -->"
END = "<!-- end of the times -->"
SHOWN = [
    "softmax",
    "logsumexp",
    "softmax_cross_entropy_value_and_grad",
    "sigmoid_binary_cross_entropy_value_and_grad",
]
ROOT = Path(__file__).parents[1]


def pages() -> Iterator[tuple[Path, str]]:
    """Each file that shows the times, and what it should hold."""
    stored = recorded(OUTPUT)
    about = "\n\n".join(described(stored["machine"]).splitlines())
    readme = ROOT / "README.md"
    few = report(stored, True, None, SHOWN, SECTIONS[:1])
    yield readme, replaced(readme.read_text("utf-8"), f"{few}\n\n{about}")
    everything = report(stored, True, None, None)
    yield Path(__file__).with_name("results.md"), f"# Times\n\n{about}\n\n{everything}\n"


def replaced(text: str, tables: str) -> str:
    """`text` with the tables between the two marks.

    Raises:
        ValueError: there is not one pair of marks.
    """
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise ValueError(f"one pair of marks is expected: {START} … {END}")
    before, _, rest = text.partition(START)
    return f"{before}{START}\n\n{tables}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    for path, content in pages():
        path.write_text(content, "utf-8")
        print(f"wrote the times into {path.relative_to(ROOT)}")
