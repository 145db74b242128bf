"""What a proof is made of, kept so that it can be examined at points: normal forms and steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from derivlib.proof.algebra.polynomial import ONE, Delta, Poly
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
    """What a polynomial is where something holds; `after` is None if that cannot be."""

    where: Equal | Signed
    after: Poly | None


@dataclass(frozen=True, slots=True)
class Split:
    """`before`, in cases of which one holds at every point."""

    before: Poly
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """`before` is `times` · `after`, for all values of the indices.

    Attributes:
        rule: what was done.
        before, after, times: the polynomials.
        summed: `before` is the sum of `times` · `after` over this index.
    """

    rule: str
    before: Poly
    after: Poly
    times: Poly = ONE
    summed: Base | None = None


Step: TypeAlias = Rewrite | Split
