"""A question whose answer is folded until a reader opens it."""

from __future__ import annotations

from typing import Any

from derivlib.display.folds import fold
from derivlib.proof.views.words import in_markdown

__all__ = ["Predict"]


class Predict:
    """A question, and below it a fold with the answer: in Jupyter before any run, and elsewhere.

    Args:
        question: Markdown.
        answer: what Jupyter can show: a verdict, a derivation, an expression of SymPy, a figure, a
            table, an exhibit, Markdown, a number; or a tuple of these.
        summary: what stands on the fold.

    Raises:
        TypeError: the question or the summary is no text, or there is no answer.
        ValueError: the question or the summary is blank.

    >>> Predict("What is $1 + 1$?", 2)
    What is $1 + 1$?
    The answer: 2
    """

    def __init__(self, question: str, answer: object, *, summary: str = "The answer") -> None:
        for name, text in (("question", question), ("summary", summary)):
            if not isinstance(text, str):
                raise TypeError(f"{name}: a string is expected, given {type(text)}")
            if not text.strip():
                raise ValueError(f"{name}: some words are expected, given {text!r}")
        answers = answer if isinstance(answer, tuple) else (answer,)
        if not answers or any(one is None for one in answers):
            raise TypeError(f"answer: something to show is expected, given {answer!r}")
        self.question = question
        self.answers = answers
        self.summary = summary

    def __repr__(self) -> str:
        answer = "\n".join(map(str, self.answers))
        gap = "\n" if "\n" in answer else " "
        return f"{self.question}\n{self.summary}:{gap}{answer}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        answer = "\n\n".join(map(_shown, self.answers))
        summary = self.summary.replace("&", "&amp;").replace("<", "&lt;")
        return {
            "text/plain": repr(self),
            "text/markdown": f"{self.question}\n\n{fold(summary, answer)}",
        }


def _shown(answer: Any) -> str:
    """An answer in Markdown."""
    if isinstance(answer, str):
        return answer
    bundle: dict[str, str] = {}
    if hasattr(answer, "twin"):
        bundle = answer.twin()
    elif hasattr(answer, "_repr_mimebundle_"):
        bundle = answer._repr_mimebundle_()
    elif hasattr(answer, "_repr_latex_"):
        bundle = {"text/markdown": answer._repr_latex_()}
    for kind in ("text/markdown", "text/html"):
        if bundle.get(kind):
            return bundle[kind]
    text = str(answer)
    return f"```text\n{text}\n```" if "\n" in text else in_markdown(text)
