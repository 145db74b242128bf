"""What an expression speaks of once its definitions are unfolded: entries, and ∂s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Derivative, Entry, Expr, Index, Sum, children

Places: TypeAlias = Mapping[str, Index | None]
"""Each index in scope as a term of the indices outside; None if a sum binds it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, or the ∂ by `variables` that stands around others.

    Attributes:
        name: whose entry it is.
        places: its indices, as terms of those that are free outside; None where a sum binds one.
        within: the ∂s around it, the outermost first, each with its variables, seen likewise.
    """

    name: str
    places: tuple[Index | None, ...]
    within: tuple[tuple[Seen, ...], ...] = ()


def entries(expr: Expr, theory: Signature) -> Iterator[Seen]:
    """The entries of an expression, those of its definitions in their place.

    A name that a ∂ holds opaque is not unfolded inside of it.
    """
    yield from _Unfolding(theory).walk(expr, {}, ())


class _Unfolding:
    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.entered: set[Seen] = set()

    def walk(
        self, expr: Expr, scope: Places, within: tuple[tuple[Seen, ...], ...]
    ) -> Iterator[Seen]:
        match expr:
            case Entry():
                yield from self.entry(expr, scope, within)
            case Derivative(body, variables):
                by = tuple(self.seen(variable, scope) for variable in variables)
                yield from self.walk(body, scope, (*within, by))
            case Sum(binders, body):
                bound = {binder.index: None for binder in binders}
                yield from self.walk(body, {**scope, **bound}, within)
            case _:
                for child in children(expr):
                    yield from self.walk(child, scope, within)

    def entry(
        self, entry: Entry, scope: Places, within: tuple[tuple[Seen, ...], ...]
    ) -> Iterator[Seen]:
        seen = replace(self.seen(entry, scope), within=within)
        if seen in self.entered:
            return
        self.entered.add(seen)
        definition = self.theory.definitions.get(entry.name)
        held = any(variable.name == entry.name for by in within for variable in by)
        if definition is None or held:
            yield seen
        else:
            inner = dict(zip(definition.parameters, seen.places, strict=True))
            yield from self.walk(definition.body, inner, within)

    def seen(self, entry: Entry, scope: Places) -> Seen:
        return Seen(entry.name, tuple(_outside(index, scope) for index in entry.indices))


def _outside(index: Index, scope: Places) -> Index | None:
    """An index term in the indices of the outside."""
    if index.name is None or index.name not in scope:
        return Index(index.name, index.offset)
    term = scope[index.name]
    return None if term is None else replace(term, offset=term.offset + index.offset)
