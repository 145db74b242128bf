"""Tables say the same in Markdown and in plain text."""

import pytest

from derivlib.display import Table


def test_columns_are_aligned_in_plain_text() -> None:
    table = Table(["name", "value"], [["a", 1], ["long name", 20]])
    assert repr(table).splitlines() == ["name      | value", "a         | 1", "long name | 20"]


def test_markdown_keeps_bars_and_line_ends_from_breaking_the_table() -> None:
    markdown = Table(["a|b"], [["c\nd"]])._repr_mimebundle_()["text/markdown"]
    assert markdown.splitlines() == [r"| a\|b |", "| --- |", "| c d |"]


def test_plain_text_and_markdown_have_the_same_entries() -> None:
    bundle = Table(["n", "m"], [[1, 2], [3, 4]])._repr_mimebundle_()
    plain = [line.split(" | ") for line in bundle["text/plain"].splitlines()]
    markdown = [line.strip("| ").split(" | ") for line in bundle["text/markdown"].splitlines()]
    assert plain == [markdown[0], *markdown[2:]]


def test_a_row_has_as_many_entries_as_the_header() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 entries, the header has 2"):
        Table(["a", "b"], [[1, 2], [3]])
    with pytest.raises(ValueError, match="columns"):
        Table([], [])
