"""The stepper: a derivation, a line at a time."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import traitlets

from derivlib.display.folds import fold
from derivlib.display.mathml import mathml, pieces
from derivlib.display.touchable import Touchable
from derivlib.proof import Derivation
from derivlib.proof.chain import Line
from derivlib.proof.language.syntax import Expr
from derivlib.proof.slips import Mutant
from derivlib.proof.verdict import MARKS, Verdict, badge
from derivlib.proof.views.changes import changes
from derivlib.proof.views.latex import latex, marked
from derivlib.proof.views.markdown import table
from derivlib.proof.views.words import in_markdown

__all__ = ["Stepper"]

NEW, GONE = r"\class{new}{#}", r"\class{gone}{#}"
UNDERLINED = r"\underline{#}"
SIDES = ("line before", "with the slip")

Pieces = list[str | list[str]]


class Stepper(Touchable):
    """Any derivation, a line at a time: what changed, why, what it rests on, and how it breaks.

    Args:
        derivation: from `theory.derive`.
        slips: how many slips of each line are shown when a reader tries to break it.

    Raises:
        TypeError: `derivation` is no derivation.

    >>> from derivlib.proof import Theory
    >>> Stepper(Theory("x: real").derive("∂(x^2, x)\\n = 2*x -- power rule"))
    ∂(x^2, x)
    ✓ = 2*x  -- power rule
    PROVED for all real values
    """

    module_name = "stepper"

    steps = traitlets.Dict().tag(sync=True)

    def __init__(self, derivation: Derivation, *, slips: int = 3) -> None:
        if not isinstance(derivation, Derivation):
            raise TypeError(f"derivation: a Derivation is expected, given {type(derivation)}")
        self.derivation = derivation
        count = range(1, len(derivation.lines))
        self.slips = [derivation.slips(n, most=slips) for n in count]
        super().__init__(steps={"lines": [*self._lines()]})

    def values(self) -> dict[str, Any]:
        return {"steps": dict(self.steps)}

    def _lines(self) -> Iterator[dict[str, Any]]:
        """What the module is told of each line."""
        lines = self.derivation.lines
        parts = [changes(a.expression, b.expression) for a, b in pairwise(lines)]
        for n, line in enumerate(lines):
            gone: Sequence[Expr] = parts[n][0] if n < len(parts) else ()
            new: Sequence[Expr] = parts[n - 1][1] if n else ()
            told: dict[str, Any] = {
                "text": line.text,
                "math": mathml(marked(line.expression, {NEW: new, GONE: gone}), display=True),
            }
            if line.verdict is not None:
                told |= {
                    "reason": pieces(in_markdown(line.reason)),
                    "why": line.reason,
                    "mark": MARKS[line.verdict.status],
                    "status": line.verdict.status,
                    "grounds": pieces(line.verdict.grounds()),
                    "slips": [self._slip(line, slip) for slip in self.slips[n - 1]],
                }
            yield told

    def _slip(self, line: Line, slip: Mutant) -> dict[str, Any]:
        return {
            "change": slip.change,
            "text": slip.text,
            "math": mathml(_with_slip(line, slip, NEW), display=True),
            "rows": [[pieces(name), pieces(what)] for name, what in slip.verdict.failure(*SIDES)],
        }

    def twin(self) -> dict[str, str]:
        return {"text/plain": str(self.derivation), "text/markdown": self._folds(_Markdown())}

    def still(self) -> str:
        return self._folds(_Html())

    def _folds(self, form: _Markdown) -> str:
        """Each line in a fold, its slips in folds of their own."""
        first, *rest = self.derivation.lines
        parts = [form.formula(latex(first.expression))]
        above = first
        for n, (line, slips) in enumerate(zip(rest, self.slips, strict=True), start=1):
            assert line.verdict is not None
            new = changes(above.expression, line.expression)[1]
            inside = [
                form.formula(f"= {marked(line.expression, {form.mark: new})}"),
                form.verdict(line.verdict),
            ]
            for slip in slips:
                broken = [
                    form.formula(rf"\ne {_with_slip(line, slip, form.mark)}"),
                    form.table(slip.verdict.failure(*SIDES)),
                ]
                summary = f"Try to break it: {form.summary(slip.change)}"
                inside.append(fold(summary, "\n\n".join(broken)))
            reason = f": {form.summary(line.reason)}" if line.reason else ""
            summary = f"{MARKS[line.verdict.status]} Line {n} of {len(rest)}{reason}"
            parts.append(fold(summary, "\n\n".join(inside)))
            above = line
        return "\n\n".join(parts)


def _with_slip(line: Line, slip: Mutant, mark: str) -> str:
    """The line with the slip, in which that stands out."""
    assert slip.verdict.statement is not None
    wrong = slip.verdict.statement.right
    return marked(wrong, {mark: changes(line.expression, wrong)[1]})


class _Markdown:
    """How the folds are written in a notebook, which keeps TeX and strips MathML."""

    mark = UNDERLINED

    def formula(self, tex: str) -> str:
        return f"$$\n{tex}\n$$"

    def verdict(self, verdict: Verdict) -> str:
        return f"{badge(verdict.status)}{verdict.grounds()}"

    def summary(self, words: str) -> str:
        return html.escape(words)

    def table(self, rows: Iterable[tuple[str, str]]) -> str:
        return table(rows)


class _Html(_Markdown):
    """And on a page."""

    mark = NEW

    def formula(self, tex: str) -> str:
        return f"<p>{mathml(tex, display=True)}</p>"

    def verdict(self, verdict: Verdict) -> str:
        status = f"{MARKS[verdict.status]} {verdict.status}"
        return f"<p><strong>{status}</strong>{_html(verdict.grounds())}</p>"

    def summary(self, words: str) -> str:
        return _html(in_markdown(words))

    def table(self, rows: Iterable[tuple[str, str]]) -> str:
        body = "".join(
            f'<tr><th scope="row">{_html(name)}</th><td>{_html(what)}</td></tr>'
            for name, what in rows
        )
        return f"<table>{body}</table>"


def _html(markdown: str) -> str:
    return "".join(
        html.escape(piece) if isinstance(piece, str) else piece[0] for piece in pieces(markdown)
    )
