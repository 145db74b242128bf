"""The times that are shown are those that are stored."""

import pytest

from benchmarks.readme import END, START, pages, replaced


def test_the_times_are_those_of_the_stored_run() -> None:
    stale = [path.name for path, content in pages() if path.read_text("utf-8") != content]
    assert stale == [], "run python -m benchmarks.readme"


def test_a_stale_table_is_seen() -> None:
    text = f"before {START}\n\nold\n\n{END} after"
    assert replaced(text, "new") == text.replace("old", "new")
    for broken in ("", START, f"{END} {START}", text + text):
        with pytest.raises(ValueError, match="one pair of marks is expected"):
            replaced(broken, "new")
