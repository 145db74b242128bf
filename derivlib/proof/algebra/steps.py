"""What a proof is made of, kept so that it can be examined: normal forms and steps.

A step says of a polynomial that it is 0 since others are: its `goals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from derivlib.proof.algebra.polynomial import Atom, Delta, Poly
from derivlib.proof.language.ranges import Base, Place
from derivlib.proof.language.syntax import Expr

LOG_OF = "log "
"""Before the name of an entry: the number u for which the entry is exp(u)."""


@dataclass(frozen=True, slots=True)
class Formed:
    """An expression and its normal form; `scope` gives the places that its indices stand for."""

    expr: Expr
    scope: Mapping[str, Place]
    poly: Poly


@dataclass(frozen=True, slots=True)
class Identity:
    """`before` is the sum of the products, times · goal, whatever its atoms are worth."""

    rule: str
    before: Poly
    products: tuple[tuple[Poly, Poly], ...]

    @property
    def goals(self) -> tuple[Poly, ...]:
        return tuple(goal for _, goal in self.products)


@dataclass(frozen=True, slots=True)
class Substituted:
    """`after` is `before` with polynomials put for atoms, each of which equals its atom.

    Attributes:
        rule: what was done.
        before, after: the polynomials.
        put: for each atom, those inside others included. What is not here stays as it is.
        inside: pairs of equal products inside atoms, the second put for the first.
    """

    rule: str
    before: Poly
    after: Poly
    put: Mapping[Atom, Poly]
    inside: Sequence[tuple[Poly, Poly]] = ()

    @property
    def goals(self) -> tuple[Poly, ...]:
        return (self.after,)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`before` is the sum of times · old over `terms`, and `after` that of times · new.

    Attributes:
        rule: what was done.
        before, after: the polynomials.
        terms: times, old and new for each.
        summed: each old is the sum of its new over this index; equal to it, if there is none.
    """

    rule: str
    before: Poly
    after: Poly
    terms: tuple[tuple[Poly, Poly, Poly], ...]
    summed: Base | None = None

    @property
    def goals(self) -> tuple[Poly, ...]:
        return (self.after,)


@dataclass(frozen=True, slots=True)
class Equal:
    """A case in which two places are the same, or are not."""

    pair: Delta
    same: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A case in which sign·difference >= 0."""

    difference: Poly
    sign: int


@dataclass(frozen=True, slots=True)
class Case:
    """What a polynomial is where something holds, by what was `put` for its atoms; `after` is None
    if that cannot be."""

    where: Equal | Signed
    after: Poly | None
    put: Mapping[Atom, Poly] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """`before`, in cases of which one holds at every point."""

    before: Poly
    cases: tuple[Case, ...]

    @property
    def goals(self) -> tuple[Poly, ...]:
        return tuple(case.after for case in self.cases if case.after is not None)


Step: TypeAlias = Identity | Substituted | Exchanged | Split
