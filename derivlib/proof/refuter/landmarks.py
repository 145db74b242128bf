"""The places that a statement singles out: those it names, and the ends of its intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derivlib.proof.language.ranges import Range, size_of
from derivlib.proof.language.signature import Hypothesis, Signature, Statement
from derivlib.proof.language.syntax import Delta, Entry, Expr, Index, Sum, walk
from derivlib.proof.refuter.environment import limits, symbols

MAX_REACH = 50  # constant places up to here get axes long enough to have them


class Landmarks:
    """What to look for in a statement of a theory, and in the definitions `names` holds.

    Attributes:
        reach: for each size, the least value with room for every constant place.
        constants: all constant places in use.
        ordered: the sizes of intervals, on which not only equal and unequal places differ but
            also the first, the last and the next.
        deltas: the δs of the statement's own indices, by their index terms.
    """

    def __init__(self, theory: Signature, statement: Statement, names: frozenset[str]) -> None:
        self.theory = theory
        self.reach: dict[str, int] = {}
        self.constants: set[int] = set()
        self.ordered: set[str] = set()
        known = statement.free.keys() | theory.sizes.keys() | {None}
        self.deltas = [
            (node.left, node.right)
            for side in (statement.left, statement.right)
            for node in walk(side)
            if isinstance(node, Delta) and {node.left.name, node.right.name} <= known
        ]
        for variable in theory.variables.values():
            if variable.name in names:
                self.ranges(variable.axes)
        for definition in theory.definitions.values():
            if definition.name in names:
                self.ranges(definition.axes)
                self.expression(definition.body)
        equations: list[Statement | Hypothesis] = [statement, *theory.hypotheses]
        for stated in equations:
            self.ranges(stated.free.values())
            for expr in (stated.left, stated.right):
                self.expression(expr)

    def ranges(self, found: Iterable[Range]) -> None:
        for range_ in found:
            if size_of(range_) is None:
                self.ordered |= symbols(range_)

    def expression(self, expr: Expr) -> None:
        for node in walk(expr):
            for index, range_ in self.places(node):
                if index.name is None:
                    self.constants.add(index.offset)
                    self.room(index.offset, range_)
                elif index.name in self.theory.sizes:
                    self.ordered.add(index.name)

    def places(self, node: Expr) -> Iterator[tuple[Index, Range | None]]:
        """The index terms of a node, with the axes or ranges that have to hold them."""
        match node:
            case Entry(name, indices):
                yield from zip(indices, self.theory.axes(name) or (), strict=True)
            case Delta(left, right):
                yield from ((left, None), (right, None))
            case Sum(binders):
                for binder in binders:
                    yield from ((index, binder.range) for index in binder.excluded)
                    if binder.first and binder.final and binder.range:
                        yield from ((binder.first, None), (binder.final, None))
                        self.ordered |= symbols(binder.range)

    def room(self, place: int, range_: Range | None) -> None:
        """Raise a size until its axis has the place."""
        final = limits(range_)[1] if range_ else None
        if final and final.name and place - final.offset <= MAX_REACH:
            least = self.reach.get(final.name, 1)
            self.reach[final.name] = max(least, place - final.offset)
