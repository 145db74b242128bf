"""The times that are shown are those that are stored."""

from benchmarks.results import pages


def test_the_times_are_those_of_the_stored_run() -> None:
    stale = [path.name for path, content in pages() if path.read_text("utf-8") != content]
    assert stale == [], "run python -m benchmarks.results"
