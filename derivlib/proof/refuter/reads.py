"""Which entries of each name an expression may read, as far as its form shows.

Inside a ∂ by W[i,h], what reads W[·,q] alone is worth what it is outside, where q is not h.
So it need not be evaluated anew for each entry that is differentiated by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from derivlib.proof.language import syntax as tree
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Expr, children, walk

Pinned: TypeAlias = frozenset[tuple[int, int, int]]
"""Axes at which there is one place only: the axis, the slot of an index, the offset to it."""

Reads: TypeAlias = dict[str, Pinned]
"""Of each name the entries that may be read: at any place of the axes that are not pinned."""

ANY: Pinned = frozenset()


class Readings:
    """What the expressions of one theory read; that of definitions is remembered."""

    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.known: dict[str, Reads] = {}

    def of_entry(self, name: str) -> Reads:
        """Of an entry of a defined name, whose place stands in the first slots."""
        if name not in self.known:
            definition = self.theory.definitions[name]
            scope = {parameter: slot for slot, parameter in enumerate(definition.parameters)}
            itself = {name: frozenset((slot, slot, 0) for slot in scope.values())}
            self.known[name] = _both(itself, self.of(definition.body, scope))
        return self.known[name]

    def of(self, expr: Expr, scope: Mapping[str, int]) -> Reads:
        """Of an expression; `scope` gives the slots of the indices that are fixed around it."""
        match expr:
            case tree.Entry(name, indices):
                places = {
                    axis: (scope[index.name], index.offset)
                    for axis, index in enumerate(indices)
                    if index.name is not None and index.name in scope
                }
                if name in self.theory.variables:
                    return {name: frozenset((axis, *place) for axis, place in places.items())}
                return {
                    other: frozenset(
                        (axis, places[n][0], places[n][1] + by)
                        for axis, n, by in pinned
                        if n in places
                    )
                    for other, pinned in self.of_entry(name).items()
                }
            case tree.Derivative():
                # What it is worth depends on all that is held opaque around it.
                entries = [node.name for node in walk(expr) if isinstance(node, tree.Entry)]
                names = frozenset[str]().union(*map(self.theory.dependencies, entries))
                return dict.fromkeys(names, ANY)
            case tree.Sum(binders, body):
                bound = {binder.index for binder in binders}
                scope = {name: slot for name, slot in scope.items() if name not in bound}
                return self.of(body, scope)
        found: Reads = {}
        for child in children(expr):
            found = _both(found, self.of(child, scope))
        return found


def _both(left: Reads, right: Reads) -> Reads:
    """All that either reads, or more."""
    common = {name: left[name] & right[name] for name in left.keys() & right.keys()}
    return {**left, **right, **common}
