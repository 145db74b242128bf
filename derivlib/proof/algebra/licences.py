"""Licences: what the statement asks for, and so what may be taken as given while it is proved.

Functions are read as total: 1/0 and log(-1) are numbers that nobody knows. A move that needs more,
such as "x > 0" or "this case cannot be", needs a licence: a requirement of the statement or of a
hypothesis. None is read off a normal form, which may hold terms that the statement does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from derivlib.proof.algebra.canonical import places
from derivlib.proof.algebra.polynomial import OutOfBudget, Poly, Undefined, Var
from derivlib.proof.algebra.requirements import Requirement
from derivlib.proof.algebra.signs import non_negative, positive
from derivlib.proof.algebra.sums import Substitution, rename
from derivlib.proof.language.ranges import Base, Place, is_bound, range_of, within

MAX_INSTANCES = 64


@dataclass(frozen=True, slots=True)
class Licence:
    """A requirement, and where it comes from. Its bound indices stand for any place in range."""

    requirement: Requirement
    origin: str

    def __str__(self) -> str:
        return f"{self.requirement.stated()}, which {self.origin} asks for"


class Licences:
    """All that may be taken as given; `used` are those that a proof did take.

    Args:
        gather: gives them. It is called when the first is needed: most proofs need none.
    """

    def __init__(self, gather: Callable[[], Iterable[Licence]] = tuple) -> None:
        self.gather = gather
        self.used: dict[Licence, None] = {}

    @cached_property
    def given(self) -> tuple[Licence, ...]:
        return tuple(self.gather())

    def positive(self, entry: Var) -> bool:
        """Whether the entry is given to be > 0."""
        for licence in self.given:
            if licence.requirement.relation == ">":
                for poly in instances(licence.requirement.poly, entry.places):
                    single = poly.single()
                    if single is not None and single[0] == ((entry, 1),) and single[1] > 0:
                        self.used[licence] = None
                        return True
        return False

    def impossible(self, case: Substitution, seen: Iterable[Place]) -> bool:
        """Whether what is given cannot hold in a case."""
        seen = tuple(seen)
        for licence in self.given:
            for poly in instances(licence.requirement.poly, seen):
                try:
                    value = case.poly(poly)
                except (Undefined, OutOfBudget):
                    continue  # another requirement says so
                if contradicts(value, licence.requirement.relation):
                    self.used[licence] = None
                    return True
        return False


def contradicts(value: Poly, relation: str) -> bool:
    """Whether `value relation 0` certainly fails."""
    match relation:
        case "!=":
            return not value
        case ">":
            return non_negative(-value)
        case _:
            return positive(-value)


def instances(poly: Poly, seen: Iterable[Place]) -> Iterator[Poly]:
    """The polynomial with places that were seen put for its bound indices, each in its range."""
    wanted = sorted(base for base in poly.bases if is_bound(base))
    if not wanted:
        yield poly
        return
    offered = {*seen, *(place for mono in poly.terms for place in places(mono))}
    options = [_options(poly, base, offered) for base in wanted]
    for count, chosen in enumerate(product(*options)):
        if count == MAX_INSTANCES:
            return
        mapping: Mapping[Base, Place] = dict(zip(wanted, chosen, strict=True))
        yield rename(poly, mapping)


def _options(poly: Poly, base: Base, offered: Iterable[Place]) -> list[Place]:
    """What may stand for a bound index, so that an entry with it comes to a place that is seen."""
    offsets = {offset for mono in poly.terms for own, offset in places(mono) if own == base}
    found = {
        (other, n - offset) for other, n in offered if not is_bound(other) for offset in offsets
    }
    return sorted(place for place in found if within(place, range_of(base)))
