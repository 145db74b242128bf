"""A question with boxes to write in, which are judged while somebody writes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import traitlets

from derivlib.display.exercises.answer import Answer
from derivlib.display.touchable import Touchable

__all__ = ["Box", "folded"]

FIRST = "To answer, run the cells above first (Run → Run All Cells), then this one."


class Box(Touchable):
    """What all exercises with boxes have; a subclass asks, and judges.

    Attributes:
        texts: what the reader has written, a text for each box.
    """

    module_name = "exercise"

    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        question: str,
        rows: Sequence[dict[str, Any]],
        solution: Sequence[str],
        remark: str,
    ) -> None:
        """`rows` are what is shown, from top to bottom: a formula (`math`, and `text` where it
        cannot be set), or a box (`label`, `start`); `solution` has a text for each box."""
        self.question = question
        self.solution = tuple(solution)
        self.remark = remark
        self.start = tuple(row["start"] for row in rows if "start" in row)
        self._asked: tuple[tuple[str, ...], Answer] | None = None
        super().__init__(texts=[*self.start], spec={"question": question, "rows": list(rows)})
        self.on_msg(self._on_question)

    def answered(self, texts: tuple[str, ...]) -> Answer:
        """The answer to a text for each box."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """The question's formulas as plain text."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises ValueError if it is solved as it stands, or not by its solution."""
        if self.judge(*self.start).solved:
            raise ValueError(f"{self.start}: what is wrong is expected, and this is right")
        if not (answer := self.judge(*self.solution)).solved:
            raise ValueError(f"{self.solution}: what is right is expected, and of this: {answer}")

    def judge(self, *texts: str) -> Answer:
        """The answer that a reader gets who writes these texts, one for each box.

        Raises:
            TypeError: a text is no string.
            ValueError: there is not one for each box.
        """
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"texts: strings are expected, given {text!r}")
        if len(texts) != len(self.start):
            raise ValueError(f"texts: {len(self.start)} are expected, given {len(texts)}")
        if self._asked is None or self._asked[0] != texts:
            self._asked = texts, self.answered(texts)
        return self._asked[1]

    def _on_question(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Every question that came from a box gets an answer, lest the box waits for ever."""
        try:
            question = content["question"]
            shown = self.judge(*question["texts"]).shown(min(int(question["hints"]), 3))
        except Exception as error:
            shown = Answer(f"This could not be judged ({type(error).__name__}).").shown()
        self.send({"id": content.get("id"), "answer": shown})

    def values(self) -> dict[str, Any]:
        return {"texts": [*self.texts], "spec": dict(self.spec)}

    def twin(self) -> dict[str, str]:
        answer = self.judge(*self.start)
        lines = [*self.lines(), *([str(answer)] if any(self.start) else [])]
        hints = [*answer.hints[:-1], f"The answer: {'; '.join(self.solution)}"]
        return {
            "text/plain": "\n".join([self.question, *(f"    {line}" for line in lines)]),
            "text/html": folded(self.question, lines, hints, FIRST),
        }


def folded(question: str, lines: Sequence[str], hints: Sequence[str], first: str = "") -> str:
    """A question as HTML without a script, each hint folded up in the one before."""
    inside = ""
    for number, hint in reversed([*enumerate(hints, start=1)]):
        title = "Answer" if number == len(hints) else f"Hint {number}"
        inside = (
            f"<details><summary>{title}</summary>\n<p>{html.escape(hint)}</p>\n{inside}</details>"
        )
    formulas = "<br>".join(f"<code>{html.escape(line)}</code>" for line in lines)
    formulas = f"<p>{formulas}</p>" if lines else ""
    start = f"<p><em>{html.escape(first)}</em></p>" if first else ""
    return "\n".join(
        part for part in (f"<p>{html.escape(question)}</p>", formulas, inside, start) if part
    )
