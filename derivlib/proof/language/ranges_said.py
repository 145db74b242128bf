"""Which indices run over other values than those of an axis on which they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.language.syntax import Entry, Expr, Sum, children


@dataclass(frozen=True, slots=True)
class Run:
    """An index and the values that it takes; `summed` if it is that of a Σ."""

    index: str
    range: Range
    summed: bool

    def __str__(self) -> str:
        return f"{'Σ over ' * self.summed}{self.index} in {self.range.in_full()}"


def ranges_to_say(statement: Statement, theory: Signature) -> tuple[Run, ...]:
    """The indices whose ranges a reader cannot see.

    Such is a free index, or one of a Σ that does not say over what it runs, if its range is not
    that of every axis it is used on, or is that of no declared array.
    """
    declared = {axis for variable in theory.variables.values() for axis in variable.axes}
    scope = {index: Run(index, range_, False) for index, range_ in statement.free.items()}
    used = dict.fromkeys(
        run
        for side in (statement.left, statement.right)
        for run, axis in _uses(side, theory, scope)
        if run.range != axis or axis not in declared
    )
    return tuple(sorted(used, key=lambda run: (run.summed, [*scope, run.index].index(run.index))))


def _uses(
    expr: Expr, theory: Signature, scope: Mapping[str, Run | None]
) -> Iterator[tuple[Run, Range]]:
    """The indices that show no range, each with an axis that it is used on."""
    if isinstance(expr, Entry):
        for index, axis in zip(expr.indices, theory.axes(expr.name) or (), strict=True):
            run = scope.get(index.name or "")
            if run is not None:
                yield run, axis
    if isinstance(expr, Sum):
        bound = {
            b.index: Run(b.index, b.range, True) if b.first is None and b.range else None
            for b in expr.binders
        }
        scope = {**scope, **bound}
    for child in children(expr):
        yield from _uses(child, theory, scope)
