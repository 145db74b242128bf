"""The referee: a theory and a derivation go in, and of each line it is said whether it holds."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import traitlets

from derivlib.display._examples import EXAMPLES, Example
from derivlib.display.mathml import mathml
from derivlib.display.touchable import Touchable
from derivlib.proof.review import Review, ReviewedLine, review
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status
from derivlib.proof.views.latex import latex_theory

__all__ = ["EXAMPLES", "Example", "Referee", "judge"]

judge = review

WORDS = {
    "FIRST": ("", ""),
    Status.PROVED: ("good", "✓ holds"),
    Status.REFUTED: ("bad", "✗ false"),
    Status.UNKNOWN: ("unsure", "? not decided"),
    "UNREADABLE": ("unsure", "! not well-formed"),
    "NOT JUDGED": ("quiet", "· not judged: the effort ran out"),
}
"""For each status of a line: the colour, and what is said."""


class Referee(Touchable):
    """A box for a theory and a box for a derivation; each line of it is judged.

    Args:
        examples: what the menu offers; the first is there at the start.

    Attributes:
        theory, derivation: what the reader has written.

    Raises:
        ValueError: there are no examples.

    >>> print(Referee.judge("x: real", "x^2\\n = x"))
      x^2
    ✗ = x
        at x = -1: 1 ≠ -1
        did you mean x*x (a square)
    0 of 1 steps are proved. Line 1 is false.
    """

    module_name = "referee"
    judge = staticmethod(review)

    theory = traitlets.Unicode().tag(sync=True)
    derivation = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init__(self, examples: Sequence[Example] = EXAMPLES) -> None:
        if not examples:
            raise ValueError("examples: one at least is expected, given none")
        first = examples[0]
        told = [[e.title, e.theory, e.derivation] for e in examples]
        super().__init__(theory=first.theory, derivation=first.derivation, spec={"examples": told})
        self.on_msg(self._on_question)

    def _on_question(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Every question gets an answer, lest the page waits for ever."""
        try:
            question = content["question"]
            told = shown(review(question["theory"], question["derivation"]))
        except Exception as error:
            told = {"summary": f"This could not be judged ({type(error).__name__}).", "lines": []}
        self.send({"id": content.get("id"), "answer": told})

    def values(self) -> dict[str, Any]:
        return {"theory": self.theory, "derivation": self.derivation, "spec": dict(self.spec)}

    def twin(self) -> dict[str, str]:
        found = review(self.theory, self.derivation)
        text = f"{self.theory}\n\n{found}"
        note = "Run this cell to write a theory and a derivation of your own."
        return {"text/plain": text, "text/html": _as_html(text, note)}


def _as_html(text: str, note: str) -> str:
    return f"<pre>{html.escape(text)}</pre>\n<p><em>{html.escape(note)}</em></p>"


def shown(found: Review) -> dict[str, Any]:
    """What the module is told of a review."""
    caret = found.error.partition("\n")[2]
    return {
        "summary": found.summary(),
        "where": found.where,
        "caret": caret,
        "theory": _understood(found.theory) if found.theory else [],
        "lines": [_line(n, line) for n, line in enumerate(found.lines)],
    }


def _understood(theory: Theory) -> list[str]:
    """What a theory says, typeset, one declaration after another."""
    items = re.findall(r"^- \$(?:\\displaystyle )?(.*?)\$", latex_theory(theory), flags=re.M)
    return [mathml(item, full=True) for item in items]


def _line(n: int, line: ReviewedLine) -> dict[str, Any]:
    colour, words = WORDS[line.status]
    found = line.counterexample
    rows = []
    if found is not None:
        rows = [*found.facts(), ("the line above", found.left), ("this line", found.right)]
    said = f"{words}, {line.grounds}" if line.grounds else words
    if line.suggestion:
        said += f"; did you mean {line.suggestion}?"
    return {
        "math": mathml(("= " if n else "") + line.latex, full=True) if line.latex else "",
        "text": ("= " if n else "") + line.text,
        "reason": line.reason,
        "colour": colour,
        "said": said if not line.error else f"{words}: {line.error.splitlines()[0]}",
        "caret": line.error.partition("\n")[2],
        "rows": [list(row) for row in rows],
    }
