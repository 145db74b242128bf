"""Over what each index runs, inferred from the ways in which it is used.

Every axis that an index is used on allows it some values: `h[t-1]` with `h: 0..T` allows 1..T+1.
A free index runs over the values that all its uses allow. A sum that does not say over what it
runs must not depend on such a choice: there all uses have to allow the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.ranges import End, at_most, ends, shifted, spelled
from derivlib.proof.language.syntax import Index

Key: TypeAlias = str
"""An index as told apart from others of the same name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A column of a line of text, for an error to point at."""

    line: str
    at: int | None

    def error(self, problem: str) -> LanguageError:
        return LanguageError(problem, self.line, self.at)


@dataclass(frozen=True, slots=True)
class Use:
    """An index was used with an offset on an axis."""

    axis: str
    offset: int
    where: str  # as in X[r,n]
    spot: Spot

    def allows(self) -> tuple[End, End]:
        """The values that the index may then have."""
        first, final = ends(self.axis)
        return shifted(first, -self.offset), shifted(final, -self.offset)


@dataclass(frozen=True, slots=True)
class Limit:
    """An end of a sum as written; `key` is that of its index, None for a fixed place."""

    index: Index
    key: Key | None


class Ranges:
    """Collects how indices are used; then, once `settle` was called, `range` tells their ranges.

    Args:
        bounds: the sizes, each with its least value.
    """

    def __init__(self, bounds: Mapping[str, int]) -> None:
        self.bounds = bounds
        self.order: dict[Key | None, int] = {}  # that of appearance
        self.parent: dict[Key, Key] = {}  # union-find
        self.uses: dict[Key, dict[tuple[str, int], Use]] = {}  # of a root: one for each kind
        self.pairs: list[tuple[Key, Key, Spot]] = []  # indices that a δ or != compares
        self.limits: dict[Key, tuple[Limit, Limit]] = {}  # the ends that sums state
        self.spelling: dict[Key, str] = {}
        self.spot: dict[Key, Spot] = {}
        self.summed: set[Key] = set()
        self.found: dict[Key, str] = {}

    # --- collecting -----------------------------------------------------------------------------

    def add(self, name: str, spot: Spot, *, summed: bool) -> Key:
        """A new index, free or summed over."""
        key = f"{name}?{len(self.order)}"
        self.order[key] = len(self.order)
        self.parent[key] = key
        self.uses[key] = {}
        self.spelling[key] = name
        self.spot[key] = spot
        if summed:
            self.summed.add(key)
        return key

    def state(self, key: Key, first: Limit, final: Limit) -> None:
        """The sum over an index states its ends."""
        self.limits[key] = first, final

    def use(self, key: Key, use: Use) -> None:
        """Note a use; two sizes that cannot be compared are an error here and now."""
        uses = self.uses[key]
        for earlier in uses.values():
            if earlier.axis != use.axis and self.common([earlier.allows(), use.allows()]) is None:
                raise use.spot.error(
                    f"index {self.spelling[key]!r} runs over {earlier.axis} in {earlier.where} "
                    f"and over {use.axis} in {use.where}"
                )
        uses.setdefault((use.axis, use.offset), use)

    def compare(self, left: Key, right: Key, spot: Spot) -> None:
        """A δ or != compares two indices."""
        self.pairs.append((left, right, spot))

    # --- settling -------------------------------------------------------------------------------

    def settle(self) -> None:
        """δ(i,j) says over what i runs, if only j is used on an axis."""
        for left, right, _ in self.pairs:
            a, b = self.root(left), self.root(right)
            if a != b and not (self.known(a) and self.known(b)):
                self.parent[b] = a
                self.uses[a] |= self.uses[b]
        compared = set()
        for left, right, spot in self.pairs:
            one, other = self.range(left), self.range(right)
            if one != other and (one, other) not in compared:
                compared.add((one, other))
                if self.common([ends(one), ends(other)]) is None:
                    raise spot.error(
                        f"{self.spelling[left]!r} runs over {one} and {self.spelling[right]!r} "
                        f"over {other}: they cannot be compared"
                    )

    def root(self, key: Key) -> Key:
        while self.parent[key] != key:
            self.parent[key] = key = self.parent[self.parent[key]]
        return key

    def known(self, root: Key) -> bool:
        return bool(self.uses[root]) or root in self.limits

    def at_most(self, left: End, right: End) -> bool:
        return at_most(left, right, self.bounds)

    def common(self, allowed: Iterable[tuple[End, End]]) -> tuple[End, End] | None:
        """The values in all of these ranges; None if their ends cannot be compared."""
        (low, high), *rest = allowed
        for other_low, other_high in rest:
            if not self.at_most(other_low, low):
                if not self.at_most(low, other_low):
                    return None
                low = other_low
            if not self.at_most(high, other_high):
                if not self.at_most(other_high, high):
                    return None
                high = other_high
        return low, high

    # --- asking ---------------------------------------------------------------------------------

    def range(self, key: Key) -> str:
        """The range of an index, checked against all its uses."""
        if key not in self.found:
            self.found[key] = self.stated(key) if key in self.limits else self.inferred(key)
        return self.found[key]

    def inferred(self, key: Key) -> str:
        name, spot = self.spelling[key], self.spot[key]
        allowed = [use.allows() for use in self.uses[self.root(key)].values()]
        if not allowed:
            problem = f"the range of index {name!r} is unknown: "
            if any(key == limit.key for limits in self.limits.values() for limit in limits):
                problem += (
                    "it is no size, and an end of a sum does not say over what it runs; "
                    f"use it on an axis too, as in 0*x[{name}]"
                )
            else:
                problem += "it is used on no axis of a declared array"
            raise spot.error(problem)
        ends_found = self.common(allowed)
        assert ends_found is not None, "uses that cannot be compared were refused"
        found = spelled(*ends_found)
        if key in self.summed:
            if any(spelled(*others) != found for others in allowed):
                written = found if ".." in found else f"1..{found}"
                raise spot.error(
                    f"say over what {name!r} runs, as in Σ({name} in {written}, …): "
                    "its uses allow different ranges"
                )
            # It may be empty, but it may not run backwards.
            if not self.at_most(shifted(ends_found[0], -1), ends_found[1]):
                raise self.backwards(key, *ends_found, found)
        return found

    def stated(self, key: Key) -> str:
        """The widest range that a sum's stated ends allow, if all uses allow that."""
        first, final = self.limits[key]
        (low, latest), (earliest, high) = self.reach(first), self.reach(final)
        if not self.ordered(first, final, 1):
            raise self.backwards(key, latest, earliest, f"{first.index}..{final.index}")
        for use in self.uses[self.root(key)].values():
            allowed_first, allowed_final = use.allows()
            if not (self.at_most(allowed_first, low) and self.at_most(high, allowed_final)):
                raise use.spot.error(
                    f"{self.spelling[key]!r} runs over {spelled(low, high)}, but {use.where} "
                    f"allows {spelled(allowed_first, allowed_final)} only"
                )
        return spelled(low, high)

    def reach(self, limit: Limit) -> tuple[End, End]:
        """The least and the greatest value of a sum's end."""
        if limit.key is None:
            value = (limit.index.name or "", limit.index.offset)
            return value, value
        low, high = ends(self.range(limit.key))
        return shifted(low, limit.index.offset), shifted(high, limit.index.offset)

    def ordered(self, left: Limit, right: Limit, more: int) -> bool:
        """Whether left <= right + more, wherever both are in scope."""
        if left.key == right.key and left.index.name == right.index.name:
            return left.index.offset <= right.index.offset + more
        if self.at_most(self.reach(left)[1], shifted(self.reach(right)[0], more)):
            return True
        # Inside of a sum, its index lies between the ends: the inner sum's index goes first.
        limits, order = self.limits, self.order
        if right.key in limits and (left.key not in limits or order[left.key] < order[right.key]):
            return self.ordered(left, limits[right.key][0], more + right.index.offset)
        if left.key in limits:
            return self.ordered(limits[left.key][1], right, more - left.index.offset)
        return False

    def backwards(self, key: Key, first: End, final: End, written: str) -> LanguageError:
        """The error of a sum that may run from `first`, at the latest, to `final`, at the least."""
        problem = f"Σ over {written} could run backwards"
        if first[0] == "" and final[0]:
            problem += f": say that {final[0]} >= {first[1] - 1 - final[1]}"
        return self.spot[key].error(problem)
