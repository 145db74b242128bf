"""The answers that the engine gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from derivlib.proof.language.frozen import Frozen, FrozenDict
from derivlib.proof.language.ranges_said import Run
from derivlib.proof.language.signature import Condition, Hypothesis, Statement
from derivlib.proof.language.syntax import Number, Size
from derivlib.proof.refuter.counterexample import Counterexample, spell

Spelling: TypeAlias = "Callable[[Condition | Hypothesis], str]"
"""How a condition or a hypothesis is put: as text, or for Markdown."""

Words: TypeAlias = "Callable[[str], str]"
"""How words are put, likewise."""


class Status(StrEnum):
    """How a statement was judged."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"


RELATIONS = {Status.PROVED: "=", Status.REFUTED: r"\ne", Status.UNKNOWN: r"\overset{?}{=}"}
MARKS = {Status.PROVED: "✓", Status.REFUTED: "✗", Status.UNKNOWN: "?"}
COLOURS = {Status.PROVED: "#00795a", Status.REFUTED: "#b84a00", Status.UNKNOWN: "#8a6100"}
"""Bluish green, vermillion, amber: legible on a light and on a dark page."""


@dataclass(frozen=True, slots=True, repr=False)
class Verdict(Frozen):
    """The answer to `left = right`.

    Attributes:
        status: "PROVED", "REFUTED" or "UNKNOWN".
        conditions: what a PROVED rests on beyond the theory, such as `1 - p[i] != 0`: the equation
            holds wherever all of them do. Empty if it holds everywhere.
        hypotheses: those of the theory's hypotheses that a proof was found from; none of them
            was seen to be superfluous.
        counterexample: for REFUTED.
        reason: for UNKNOWN.
        ranges: the indices that run over other values than those of an axis they are used on:
            beside `h[t-1]`, the t of `h[t]` is in 1..T.
        varied: what a ∂ varies by itself, though a hypothesis restricts it.
        statement: what was judged.
        sizes: those of the theory, each with its lower bound.

    A verdict is never a truth value: write `verdict.status == "PROVED"`.
    """

    status: Status
    conditions: tuple[Condition, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    counterexample: Counterexample | None = None
    reason: str = ""
    ranges: tuple[Run, ...] = ()
    varied: tuple[str, ...] = ()
    statement: Statement | None = None
    sizes: Mapping[str, int] = field(default_factory=FrozenDict)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: write verdict.status == 'PROVED'")

    def __str__(self) -> str:
        return f"{self.status}{self._grounds()}"

    __repr__ = __str__

    def _grounds(self, formula: Spelling = str, words: Words = str) -> str:
        text = ""
        if self.ranges:
            text += words(f" for {', '.join(map(str, self.ranges))}")
        if self.conditions:
            text += f" where {', '.join(map(formula, self.conditions))}"
        if self.hypotheses:
            text += f", using {', '.join(map(formula, self.hypotheses))}"
        if self.varied:
            text += words(f", {' and '.join(self.varied)} varied by itself")
        if self.counterexample is not None:
            text += words(f" {self.counterexample}")
        if self.reason:
            text += words(f": {self.reason}")
        return text

    def grounds(self) -> str:
        """What it rests on, or where it fails, in Markdown: words, and a table behind REFUTED."""
        from derivlib.proof.views.markdown import table, typeset
        from derivlib.proof.views.words import in_markdown

        if self.status is Status.PROVED:
            return rests_on([self], self.sizes, typeset, in_markdown)
        if self.counterexample is None:
            return self._grounds(typeset, in_markdown)
        ranges = f" for {', '.join(map(str, self.ranges))}" if self.ranges else ""
        varied = f", {' and '.join(self.varied)} varied by itself" if self.varied else ""
        return f"{in_markdown(ranges + varied)}\n\n{table(self.failure())}"

    def failure(
        self, left: str = "left side", right: str = "right side"
    ) -> Iterator[tuple[str, str]]:
        """The counterexample as rows of a name and what it is, formulas between dollar signs."""
        from derivlib.proof.views.latex import latex
        from derivlib.proof.views.latex_names import symbol

        found = self.counterexample
        assert found is not None

        def places(values: Mapping[str, int]) -> str:
            return ", ".join(f"${symbol(name)} = {n}$" for name, n in values.items())

        if where := places({**found.sizes, **found.indices}):
            yield "at", where
        for name, value in found.entries.items():
            yield f"${symbol(name)}$", minus(spell(value))
        yield left, minus(found.left)
        yield right, minus(found.right)
        if (parting := found.parting) is not None:
            one = f"${latex(parting.left)}$ ({minus(parting.left_value)})"
            other = f"${latex(parting.right)}$ ({minus(parting.right_value)})"
            within = f", for {places(parting.indices)}" if parting.indices else ""
            yield "they part at", f"{one} against {other}{within}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        bundle = {"text/plain": str(self)}
        if self.statement is not None:
            from derivlib.proof.views.latex import latex

            relation = RELATIONS[self.status]
            equation = f"{latex(self.statement.left)} {relation} {latex(self.statement.right)}"
            bundle["text/markdown"] = (
                f"$\\displaystyle {equation}$\n\n{badge(self.status)}{self.grounds()}"
            )
        return bundle


def badge(status: Status) -> str:
    """A status in Markdown, with its sign and its colour."""
    from derivlib.proof.views.markdown import coloured

    return coloured(f"{MARKS[status]} **{status}**", COLOURS[status])


def minus(text: str) -> str:
    """Numbers with the sign that print has for a minus."""
    return text.replace("-", "−")


def rests_on(
    verdicts: Iterable[Verdict],
    sizes: Mapping[str, int],
    formula: Spelling = str,
    words: Words = str,
) -> str:
    """What some PROVEDs rest on together: for which sizes, under which conditions, by what."""
    verdicts = [*verdicts]
    conditions = dict.fromkeys(c for v in verdicts for c in v.conditions)
    hypotheses = dict.fromkeys(h for v in verdicts for h in v.hypotheses)
    runs = dict.fromkeys(run for v in verdicts for run in v.ranges)
    varied = dict.fromkeys(name for v in verdicts for name in v.varied)
    least = ", ".join(f"{name} ≥ {n}" for name, n in least_sizes(conditions, sizes).items())
    text = words(f" for all {least or 'real values'}")
    if runs:
        text += words(f", {', '.join(map(str, runs))}")
    others = [c for c in conditions if not isinstance(c.left, Size)]
    if others:
        text += f", where {', '.join(map(formula, others))}"
    if hypotheses:
        text += f", using {', '.join(map(formula, hypotheses))}"
    if varied:
        text += words(f", {' and '.join(varied)} varied by itself")
    return text


def least_sizes(conditions: Iterable[Condition], sizes: Mapping[str, int]) -> dict[str, int]:
    """The least value of each size by the theory and by conditions such as K >= 3."""
    found = dict(sizes)
    for condition in conditions:
        match condition:
            case Condition(Size(name), ">=", Number(value)):
                found[name] = max(found[name], int(value))
    return found
