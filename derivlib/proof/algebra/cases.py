"""Cases of which one holds at every point: what is 0 in each of them is 0.

A case in which a part of the polynomial is undefined is left out only if the licences say that
there is no such point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

from derivlib.proof.algebra.canonical import all_atoms, places
from derivlib.proof.algebra.elementary import maximum
from derivlib.proof.algebra.factor import factor
from derivlib.proof.algebra.licences import Licences
from derivlib.proof.algebra.polynomial import (
    ZERO,
    Applied,
    Atom,
    Delta,
    OutOfBudget,
    Poly,
    Undefined,
)
from derivlib.proof.algebra.signs import non_negative, positive_atom
from derivlib.proof.algebra.steps import Case, Equal, Signed
from derivlib.proof.algebra.sums import Substitution
from derivlib.proof.language.ranges import is_bound, is_fixed


def free_deltas(poly: Poly) -> Iterator[Delta]:
    """The δs of two places that no sum binds, wherever they stand."""
    for atom in all_atoms(poly):
        if isinstance(atom, Delta) and not any(map(is_bound, atom.bases)):
            yield atom


def equal_or_not(poly: Poly, pair: Delta, licences: Licences) -> Iterator[Case]:
    """The polynomial where both places are the same, and where they are not."""
    left, right = pair.left, pair.right
    if is_fixed(left[0]):
        left, right = right, left
    same = {left[0]: (right[0], right[1] - left[1])}
    return _possible(
        poly,
        licences,
        {
            Equal(pair, True): Substitution(same),
            Equal(pair, False): Substitution({}, lambda atom: ZERO if atom == pair else None),
        },
    )


def differences(poly: Poly) -> Iterator[Poly]:
    """u - v for each Max(u, v, …) that contains no bound index, wherever it stands."""
    for atom in all_atoms(poly):
        if isinstance(atom, Applied) and atom.name == "Max" and not any(map(is_bound, atom.bases)):
            yield atom.arguments[0] - atom.arguments[1]


def either_sign(poly: Poly, difference: Poly, licences: Licences) -> Iterator[Case]:
    """The polynomial where the difference is >= 0, and where it is <= 0.

    Of two arguments of any Max that differ by a positive multiple of it, the greater one stays.
    """
    text, own = _direction(difference)

    def greater(atom: Atom, sign: int) -> Poly | None:
        if not isinstance(atom, Applied) or atom.name != "Max":
            return None
        kept = list(atom.arguments)
        for one, other in permutations(atom.arguments, 2):
            if one in kept and other in kept and _direction(one - other) == (text, sign):
                kept.remove(other)
        return maximum(*kept) if len(kept) < len(atom.arguments) else None

    signs = [1] if non_negative(difference) else [-1] if non_negative(-difference) else [1, -1]
    return _possible(
        poly,
        licences,
        {
            Signed(difference, sign): Substitution(
                {},
                lambda atom, sign=sign: greater(atom, sign * own),  # type: ignore[misc]
            )
            for sign in signs
        },
    )


def _direction(poly: Poly) -> tuple[str, int]:
    """What two polynomials have in common if one is a positive multiple of the other; the second
    part is that of their opposites with its sign changed."""
    parts = factor(poly)
    uncertain = sorted(f"{a.text}^{e}" for a, e in parts.powers.items() if not positive_atom(a))
    sign = (parts.coefficient > 0) - (parts.coefficient < 0)
    return "·".join([*uncertain, f"({parts.numerator.text})"]), sign


def _possible(
    poly: Poly, licences: Licences, cases: Mapping[Equal | Signed, Substitution]
) -> Iterator[Case]:
    for where, substitution in cases.items():
        after: Poly | None = None
        try:
            after = substitution.poly(poly)
        except Undefined:
            if not licences.impossible(substitution, (p for m in poly.terms for p in places(m))):
                raise OutOfBudget(
                    "a case is undefined, and nothing says that it cannot be"
                ) from None
        yield Case(where, after, substitution.done)
