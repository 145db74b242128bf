"""Tables: Markdown for the reader, and the same rows as plain text for nbval to compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Table"]


class Table:
    """Rows under a header; shown in Jupyter as a Markdown table.

    Args:
        columns: the header.
        rows: sequences as long as the header; entries are shown by str().

    Raises:
        ValueError: a row has another length than the header, or there are no columns.

    >>> Table(["n", "n²"], [[2, 4], [10, 100]])
    n  | n²
    2  | 4
    10 | 100
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.columns = [str(column) for column in columns]
        self.rows = [[str(entry) for entry in row] for row in rows]
        if not self.columns:
            raise ValueError("columns: at least one is expected")
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows: row {number} has {len(row)} entries, the header has {len(self.columns)}"
                )

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            " | ".join(
                entry.ljust(width) for entry, width in zip(line, widths, strict=True)
            ).rstrip()
            for line in lines
        )

    @property
    def markdown(self) -> str:
        """The table in Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        cells = [[entry.replace("|", r"\|").replace("\n", " ") for entry in line] for line in lines]
        return "\n".join(f"| {' | '.join(line)} |" for line in cells)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/markdown": self.markdown}
