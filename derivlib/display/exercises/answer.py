"""What a reader is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from derivlib.display.mathml import mathml
from derivlib.display.tables import Table
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.verdict import Status, Verdict
from derivlib.proof.views.words import in_markdown

__all__ = ["COLOURS", "SIGNS", "Answer", "as_table", "unreadable"]

SIGNS = {"good": "✓", "bad": "✗", "unsure": "?", "": ""}
"""Each with the name of its colour."""

COLOURS = {Status.PROVED: "good", Status.REFUTED: "bad", Status.UNKNOWN: "unsure"}


class Answer:
    """The answer to what a reader wrote.

    Args:
        message: in words.
        solved: is the exercise done?
        verdict: the judge's, if it was asked.
        colour: "good", "bad", "unsure" or, where nothing was judged, "".
        understood: LaTeX of each text as it was understood, "" where it was not.
        caret: the text that cannot be read, with a ^ below the place.
        table: such as a counterexample.
        hints: from the gentlest to the answer; each is worked out when it is first read.
    """

    def __init__(
        self,
        message: str,
        *,
        solved: bool = False,
        verdict: Verdict | None = None,
        colour: str = "",
        understood: Sequence[str] = (),
        caret: str = "",
        table: Table | None = None,
        hints: Sequence[Callable[[], str]] = (),
    ) -> None:
        self.message = message
        self.solved = solved
        self.verdict = verdict
        judged = "" if verdict is None else COLOURS[verdict.status]
        self.colour = colour or ("good" if solved else judged)
        self.understood = tuple(understood)
        self.caret = caret
        self.table = table
        self._hints = hints
        self._known: list[str] = []

    def first_hints(self, count: int) -> list[str]:
        """The first hints, no more than these being worked out."""
        for hint in self._hints[len(self._known) : count]:
            self._known.append(hint())
        return self._known[:count]

    @property
    def hints(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.first_hints(len(self._hints)))

    def shown(self, hints: int = 0) -> dict[str, Any]:
        """What the module is told, with the first few hints."""
        return {
            "colour": self.colour,
            "message": f"{SIGNS[self.colour]} {self.message}".strip(),
            "understood": [mathml(latex, full=True) if latex else "" for latex in self.understood],
            "caret": self.caret,
            "rows": self.table.rows if self.table else [],
            "hints": self.first_hints(hints),
            "more": 0 if self.solved else len(self._hints) - hints,
        }

    def __str__(self) -> str:
        caret = f"\n{self.caret}" if self.caret else ""
        return f"{SIGNS[self.colour]} {self.message}{caret}".strip()

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if self.table is None:
            return {"text/plain": str(self)}
        sign = f"**{SIGNS[self.colour]}** " if self.colour else ""
        markdown = f"{sign}{in_markdown(self.message)}\n\n{self.table.markdown}"
        return {"text/plain": f"{self}\n{self.table!r}", "text/markdown": markdown}


def unreadable(error: LanguageError, hints: Sequence[Callable[[], str]] = ()) -> Answer:
    """The answer to a text that is not well-formed."""
    message, _, caret = str(error).partition("\n")
    return Answer(f"Not well-formed: {message}.", caret=caret, hints=hints)


def as_table(found: Counterexample, left: str, right: str) -> Table:
    """A counterexample: the point, and below it the two sides."""
    return Table(["", "value"], [*found.facts(), (left, found.left), (right, found.right)])


def grounds(verdict: Verdict) -> set[str]:
    """What a verdict asks for beyond the theory: conditions, and where indices run."""
    return {str(each) for each in (*verdict.conditions, *verdict.ranges)}
