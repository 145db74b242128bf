"""What names stand for while an expression is evaluated: a point, or the inside of a ∂."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Variable
from derivlib.proof.language.syntax import Index
from derivlib.proof.refuter.duals import ONE, Dual, Number, Undefined
from derivlib.proof.refuter.reads import Reads

Place: TypeAlias = tuple[int, ...]
"""Where an entry stands in its array, one number for each axis; () for a scalar."""

Table: TypeAlias = dict[Place, Number]
Key: TypeAlias = tuple[str, Place]
"""An entry of an array, by name and place."""

MAX_LEVEL = 5  # ∂s inside one another: each takes about three times the work


class TooMuch(Exception):
    """The evaluation would take too long."""


# --- places -------------------------------------------------------------------------------------


def at(index: Index, values: Mapping[str, int]) -> int:
    """The place that an index term names; `values` gives those of indices and sizes."""
    return index.offset + (values[index.name] if index.name else 0)


def limits(range_: Range) -> tuple[Index, Index]:
    """The first and the last place of an axis or range, such as `K` (1 up to K) or `0..T`."""
    first, final = range_
    return Index(first.size or None, first.offset), Index(final.size or None, final.offset)


def span(range_: Range, sizes: Mapping[str, int]) -> range:
    """The places of an axis or range."""
    first, final = limits(range_)
    return range(at(first, sizes), at(final, sizes) + 1)


def symbols(range_: Range) -> frozenset[str]:
    """The sizes that an axis or range is made of."""
    return frozenset(index.name for index in limits(range_) if index.name)


# --- points -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """Sizes, and the entries of every variable that matters. Not to be changed in place.

    Entries are rational, but for those that hypotheses define by others: these may be intervals,
    which stand for the value that the definition has at the point. `defined` gives the names that
    each such entry is made of.
    """

    sizes: Mapping[str, int]
    entries: Mapping[str, Table]
    defined: Mapping[Key, frozenset[str]] = field(default_factory=dict)

    def environment(self) -> Environment:
        return Environment(self.sizes, {name: dict(t) for name, t in self.entries.items()})

    def spans(self, variable: Variable) -> list[range]:
        return [span(axis, self.sizes) for axis in variable.axes]

    def grounds(self, names: frozenset[str]) -> frozenset[str]:
        """The names, and those that their entries follow from."""
        used = [made_of for (name, _), made_of in self.defined.items() if name in names]
        more = names.union(*used)
        return names if more == names else self.grounds(more)


class Lazy(Table):
    """A table in which a missing entry is computed when it is first read."""

    def __init__(self, known: Table, compute: Callable[[Place], Number]) -> None:
        super().__init__(known)
        self.compute = compute

    def __missing__(self, place: Place) -> Number:
        found = self[place] = self.compute(place)
        return found


class Environment:
    """What names stand for at one place of an evaluation: a point, or the inside of a ∂.

    Inside a ∂ the `seeds` are the entries differentiated by, each with the level of its ε. Names
    in `held` are independent variables here and in every ∂ further in.
    """

    def __init__(self, sizes: Mapping[str, int], values: dict[str, Table], level: int = 0) -> None:
        self.sizes = sizes
        self.values = values  # of declared variables, with their ε
        self.level = level  # of the first ε that is free
        self.parent: Environment | None = None
        self.seeds: dict[str, list[tuple[int, Place]]] = {}
        self.held: frozenset[str] = frozenset()
        self.defined: dict[Key, Number] = {}
        self.memo: dict[tuple[int, Place], Number] = {}
        self.inside: dict[tuple[Key, ...], Environment] = {}
        self.known_spans: dict[str, list[range]] = {}

    def hold(self, variables: tuple[Key, ...]) -> Environment:
        """The inside of a ∂ by these entries; the same object each time."""
        if variables in self.inside:
            return self.inside[variables]
        if self.level + len(variables) > MAX_LEVEL:
            raise TooMuch
        inner = Environment(self.sizes, dict(self.values), self.level + len(variables))
        inner.parent = self
        inner.known_spans = self.known_spans
        for level, (name, place) in enumerate(variables, self.level):
            inner.seeds.setdefault(name, []).append((level, place))
            if name in inner.values:
                outer = inner.values[name]
                try:
                    seeded = Dual(level, outer[place], ONE)
                except KeyError:
                    raise Undefined from None
                inner.values[name] = Lazy({**outer, place: seeded}, outer.__getitem__)
        inner.held = self.held | inner.seeds.keys()
        self.inside[variables] = inner
        return inner

    def narrow(self, reads: Reads, frame: Sequence[int]) -> Environment:
        """The outermost environment in which what reads these entries has the same value; the
        frame gives the values of the indices in their places."""
        env = self
        while env.parent is not None and not env.seeded(reads, frame):
            env = env.parent
        return env

    def seeded(self, reads: Reads, frame: Sequence[int]) -> bool:
        """Whether one of these entries may be one that is differentiated by here."""
        for name, seeds in self.seeds.items():
            pinned = reads.get(name)
            if pinned is not None:
                for _, place in seeds:
                    for axis, slot, offset in pinned:
                        if frame[slot] + offset != place[axis]:
                            break
                    else:
                        return True
        return False

    def spans(self, name: str, axes: Iterable[Range]) -> list[range]:
        """The places of a name's axes."""
        found = self.known_spans.get(name)
        if found is None:
            found = self.known_spans[name] = [span(axis, self.sizes) for axis in axes]
        return found
