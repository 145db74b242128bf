"""A chain of equal lines, with the verdict on each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derivlib.proof.language.frozen import Frozen
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Condition, Hypothesis, Signature
from derivlib.proof.language.syntax import Expr
from derivlib.proof.verdict import MARKS, Spelling, Status, Verdict, Words, badge, rests_on


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its expression, the reason given for it, and the verdict on the step to it
    (None for the first line, which starts the chain)."""

    text: str
    expression: Expr
    reason: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Chain(Frozen):
    """A chain of lines, each judged against the one before.

    Attributes:
        theory: what the letters mean.
        lines: the lines as written, with their verdicts.
        free: the free indices of the lines and the range of each.
    """

    theory: Signature
    lines: tuple[Line, ...]
    free: Mapping[str, Range]

    @property
    def status(self) -> Status:
        """PROVED if every step is; else UNKNOWN (a refuted step never gets this far)."""
        proved = all(v.status is Status.PROVED for v in self.verdicts)
        return Status.PROVED if proved else Status.UNKNOWN

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(line.verdict for line in self.lines if line.verdict is not None)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions that the steps rest on."""
        return tuple(dict.fromkeys(c for v in self.verdicts for c in v.conditions))

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """The theory's hypotheses that the steps use."""
        return tuple(dict.fromkeys(h for v in self.verdicts for h in v.hypotheses))

    def latex(self) -> str:
        r"""The lines as an `aligned` environment, a reason and a mark beside each."""
        from derivlib.proof.views.latex import latex
        from derivlib.proof.views.words import in_latex

        first, *rest = self.lines
        rows = []
        for n, line in enumerate(rest):
            start = latex(first.expression) + " " if n == 0 else ""
            assert line.verdict is not None
            mark = {"✓": r"\checkmark", "?": "?"}[MARKS[line.verdict.status]]
            rows.append(
                rf"{start}&= {latex(line.expression)} && \text{{{in_latex(line.reason)}}} && {mark}"
            )
        body = " \\\\[4pt]\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def __str__(self) -> str:
        first, *rest = self.lines
        width = max((len(line.text) for line in rest), default=0)
        rows = [first.text]
        for line in rest:
            assert line.verdict is not None
            reason = f"  -- {line.reason}" if line.reason else ""
            mark = MARKS[line.verdict.status]
            rows.append(f"{mark} = {line.text:<{width}}{reason}".rstrip())
        return "\n".join([*rows, self.summary()])

    def __repr__(self) -> str:
        return str(self)

    def summary(self) -> str:
        """One sentence: what was shown, for which sizes, resting on what."""
        return f"{self.status}{self._grounds()}"

    def _grounds(self, formula: Spelling = str, words: Words = str) -> str:
        for line in self.lines[1:]:
            assert line.verdict is not None
            if line.verdict.status is Status.UNKNOWN:
                return f" at `= {line.text}`" + words(f": {line.verdict.reason}")
        return rests_on(self.verdicts, self.theory.sizes, formula, words)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from derivlib.proof.views.markdown import typeset
        from derivlib.proof.views.words import in_markdown

        grounds = self._grounds(typeset, in_markdown)
        markdown = f"$$\n{self.latex()}\n$$\n\n{badge(self.status)}{grounds}"
        return {"text/plain": str(self), "text/markdown": markdown}
