"""What the proof engine raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class _Plain(Exception):
    """An error whose message says it all: a notebook shows that, and no inner lines."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class LanguageError(_Plain, ValueError):
    """The text is not a sentence of the language: bad syntax, unknown name, or ranges that clash.

    Attributes:
        problem: what is wrong, in one sentence that names the index or symbol.
        line: the line of text in question, or "" if there is none.
        column: where in that line the trouble starts, counted from 0, or None.
    """

    def __init__(self, problem: str, line: str = "", column: int | None = None) -> None:
        self.problem = problem = _printable(problem)
        self.line = line = _printable(line)
        self.column = column
        message = problem
        if line:
            # Of a long line only the stretch around the place is worth reading. A tab would move
            # it away from the caret, and the end of a line would cut it off.
            start = max((column or 0) - 60, 0)
            shown = "".join(" " if c.isspace() else c for c in line[start : start + 120])
            message += f"\n    {shown}"
            if column is not None:
                message += "\n    " + " " * (column - start) + "^"
        super().__init__(message)


def _printable(text: str) -> str:
    """The text with no half of a character, at which print would fail."""
    return text.encode("utf-8", "replace").decode()


@contextmanager
def enough_stack() -> Iterator[None]:
    """Python's recursion limit, said in words."""
    try:
        yield
    except RecursionError:
        raise LanguageError(
            "too little of Python's stack is left to read this: ask from outside of a recursion, "
            "or raise sys.setrecursionlimit"
        ) from None


class RefutedError(_Plain, ValueError):
    """A line of a derivation is false; the message shows the line and a counterexample."""


class DisagreementError(RuntimeError):
    """Prover and refuter contradict each other: a bug in derivlib, never an answer."""
