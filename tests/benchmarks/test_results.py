"""The times that are shown are those that are stored."""

from benchmarks.results import BETWEEN, RECORD, ROOT, lines, pages
from benchmarks.runs import read


def test_the_times_are_those_of_the_stored_run() -> None:
    stale = [path.name for path, content in pages() if path.read_text("utf-8") != content]
    assert stale == [], "run python -m benchmarks.results"


def test_the_readme_has_its_four_lines_once() -> None:
    (shown,) = BETWEEN.findall((ROOT / "README.md").read_text("utf-8"))
    assert shown.splitlines() == lines(read(RECORD)).splitlines()
    assert len(shown.splitlines()) == 4
