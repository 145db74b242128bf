r"""An author's words beside formulas: shown as they were typed, in Markdown and in LaTeX.

What stands between two $ signs is LaTeX, if it can be: its braces close, and no sign is left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def in_markdown(text: str) -> str:
    r"""Words that Markdown leaves as they are, but for formulas between $ signs.

    >>> print(in_markdown("a*b of <b> for $5"))
    a\*b of \<b\> for \$5
    """
    return _each(text, lambda words: re.sub(r"([*_<>\\`$~&])", r"\\\1", words))


def in_latex(text: str) -> str:
    r"""Words for \text{}, but for formulas between $ signs.

    >>> print(in_latex("since $x^2 < 1$, 5% of x^2"))
    since $x^2 \lt  1$, 5\% of x\^{}2
    """
    return _each(text, _plain)


_PLAIN = {"\\": "", "^": r"\^{}", "~": r"\~{}", "<": r"$\lt$", ">": r"$\gt$"}


def _plain(words: str) -> str:
    return re.sub(r"[\\^~<>&%#_{}$]", lambda m: _PLAIN.get(m[0], f"\\{m[0]}"), words)


def _each(text: str, escape: Callable[[str], str]) -> str:
    parts = text.split("$")
    formulas = parts[1::2]
    if len(parts) % 2 == 0 or not all(map(_is_formula, formulas)):
        return escape(text)
    parts[::2] = map(escape, parts[::2])
    parts[1::2] = [part.replace("<", r"\lt ").replace(">", r"\gt ") for part in formulas]
    return "$".join(parts)


def _is_formula(text: str) -> bool:
    """Whether text between $ signs is LaTeX that ends where it does."""
    depth = 0
    for token in re.findall(r"\\.|[{}]|\\$", text):
        depth += (token == "{") - (token == "}")
        if depth < 0 or token in (r"\\", "\\"):
            return False
    return depth == 0 and bool(text.strip())
