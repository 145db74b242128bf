"""Names and indices as LaTeX: `alpha` is α, `w2` has a subscript and `hdot` a dot on top."""

from __future__ import annotations

import re

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.ranges import Base, End, Range
from derivlib.proof.language.signature import Signature
from derivlib.proof.language.syntax import Index

_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega"
)
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_LETTERS = "αβγδεζηθικλμνξπρστυφχψω" + "ΓΔΘΛΞΠΣΥΦΨΩ"
_NAMES = f"{_SMALL} {_CAPITAL}".split()
_GREEK = {
    word: rf"\{name}"
    for letter, name in zip(_LETTERS, _NAMES, strict=True)
    for word in (letter, name)
} | {"lam": r"\lambda", "eps": r"\varepsilon"}
"""`lambda` is a word of Python's grammar, so that no variable can have that name."""


def subscripted(name: str, indices: tuple[Index, ...]) -> str:
    r"""A name and its indices.

    >>> print(subscripted("lam", (Index("t", 1), Index("a"))))
    \lambda_{t+1,a}
    """
    base, own = _split_name(name)
    places = [index_text(index) for index in indices]
    if not own and all(_is_letter(index) for index in indices):
        # A control word must not run into the letter after it.
        return base + script("_", (" " if "\\" in "".join(places[:-1]) else "").join(places))
    return base + script("_", ",".join([*own, *places]))


def symbol(name: str) -> str:
    """A name by itself: a scalar, a size or an index."""
    return subscripted(name, ())


def index_text(index: Index) -> str:
    """An index, such as t-1, or a constant place."""
    if index.name is None:
        return str(index.offset)
    return symbol(index.name) + (f"{index.offset:+d}" if index.offset else "")


def end_text(end: End) -> str:
    """An end of a range, such as T+1."""
    name = end.symbol.label if isinstance(end.symbol, Base) else end.symbol
    return index_text(Index(name or None, end.offset))


def check_told_apart(theory: Signature) -> None:
    """Raises LanguageError if two names of a theory, or their entries, are printed alike: `x1` is
    x with a subscript 1, and so is `x[1]`."""
    names = {name: theory.axes(name) or () for name in (*theory.variables, *theory.definitions)}
    printed: dict[str, str] = {}
    for name in (*theory.sizes, *names):
        other = printed.setdefault(symbol(name), name)
        if other != name:
            raise _alike(other, name, symbol(name))
    parts = {name: _split_name(name) for name in names}
    named = {(base, *own): name for name, (base, own) in parts.items()}
    for name, (base, own) in parts.items():
        for n in range(len(own)):
            whole = named.get((base, *own[:n]))
            if whole is None or len(own) - n + len(names[name]) != len(names[whole]):
                continue
            if all(map(_may_be_place, own[n:], names[whole])):  # X_1[2] and X[1,2]
                rest = ["…"] * len(names[name])
                entry = f"{name}[{','.join(rest)}]" if rest else name
                spelled = ",".join([*(place.lstrip("\\") for place in own[n:]), *rest])
                printed_as = base + script("_", ",".join([*own, *rest]))
                raise _alike(entry, f"{whole}[{spelled}]", printed_as)


def _may_be_place(subscript: str, axis: Range) -> bool:
    """Whether a part of a name could be an index on an axis."""
    if subscript.isdigit():
        return axis.first.symbol != "" or int(subscript) >= axis.first.offset
    return len(subscript) == 1 or (subscript.startswith("\\") and "mathrm" not in subscript)


def _alike(one: str, other: str, printed: str) -> LanguageError:
    return LanguageError(f"{one!r} and {other!r} are both printed as {printed}: rename one")


def _is_letter(index: Index) -> bool:
    """Whether an index can stand in a subscript without commas."""
    name = index.name
    return name is not None and not index.offset and (len(name) == 1 or name in _GREEK)


def _split_name(name: str) -> tuple[str, list[str]]:
    """A name and the subscripts that are part of it: `w2` is w with 2, `sigma_in` is σ with in."""
    head, *subscripts = name.split("_")
    if not head or not all(subscripts):
        return _word(name), []
    if match := re.fullmatch(r"([^\W\d]+)(\d+)", head):
        head, subscripts = match[1], [match[2], *subscripts]
    return _word(head), [_word(subscript) for subscript in subscripts]


def _word(word: str) -> str:
    """One part of a name. A dot goes on a single letter, Latin or Greek."""
    if word in _GREEK:
        return _GREEK[word]
    if len(word) == 1 or word.isdigit():
        return word
    letter = word.removesuffix("dot")
    if letter != word and (len(letter) == 1 or letter in _GREEK):
        return rf"\dot {_word(letter)}"
    return rf"\mathrm{{{word.replace('_', chr(92) + '_')}}}"


def script(mark: str, text: str) -> str:
    """A sub- or superscript; "" if there is none."""
    if not text:
        return ""
    return mark + (text if len(text) == 1 else f"{{{text}}}")
