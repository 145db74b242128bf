"""Formulas as MathML, which a browser sets by itself: a page needs no script and no font for them.

latex2mathml writes it; what print asks for beyond that is put right here.
"""

from __future__ import annotations

import re
from functools import cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert

from derivlib.proof.language.functions import FUNCTIONS

__all__ = ["mathml", "pieces"]

NAMES = {
    name[1]
    for word in FUNCTIONS.values()
    if (name := re.match(r"\\([a-z]+)[(^ ]", word.latex)) is not None
}
"""Functions that are written as words."""

LIMITS = {"msub": "munder", "msubsup": "munderover"}


@cache
def mathml(latex: str, *, display: bool = False) -> str:
    r"""A formula as a `<math>` element.

    Args:
        latex: as derivlib writes it, without dollar signs.
        display: in a line of its own?

    >>> print(mathml("x"))
    <math display="inline"><mrow><mi>x</mi></mrow></math>
    """
    text = convert(latex, display="block" if display else "inline")
    root = ElementTree.fromstring(text.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
    _put_right(root)
    return ElementTree.tostring(root, encoding="unicode")


def pieces(text: str) -> list[str | list[str]]:
    r"""Words of Markdown, without its backslashes; each formula is a list of its MathML.

    >>> pieces(r"a\_b, where $x$ is")
    ['a_b, where ', ['<math display="inline"><mrow><mi>x</mi></mrow></math>'], ' is']
    """
    found = re.findall(r"\$((?:\\.|[^\\$])*)\$|((?:\\.|[^\\$])+)", text)
    return [[mathml(tex)] if tex else re.sub(r"\\(.)", r"\1", words) for tex, words in found]


def _put_right(node: Element) -> None:
    if len(node) > 1 and all(child.get("mathvariant") == "normal" for child in node):
        word = "".join(child.text or "" for child in node)  # a name, not a product of letters
        node.clear()
        node.tag, node.text = "mi", word
    if node.tag in LIMITS and node[0].text == "∑":  # as they stand outside of brackets
        node.tag = LIMITS[node.tag]
    if node.tag == "mo" and node.text in NAMES:
        node.tag = "mi"
    for child in node:
        _put_right(child)
    if node.tag == "mrow":
        _set_functions_apart(node)


def _set_functions_apart(row: Element) -> None:
    """A thin space before the name of a function, and behind one that no bracket follows."""
    for child in [*row]:
        name = child[0] if child.tag == "msup" else child
        if name.tag == "mi" and name.text in NAMES:
            at = [*row].index(child)
            if at + 1 < len(row) and row[at + 1].tag != "mo" and not _in_brackets(row[at + 1]):
                row.insert(at + 1, _thin_space())
            if at and (row[at - 1].tag not in ("mo", "mspace") or row[at - 1].text == ")"):
                row.insert(at, _thin_space())


def _in_brackets(node: Element) -> bool:
    return len(node) > 0 and node[0].get("fence") == "true"


def _thin_space() -> Element:
    return Element("mspace", width="0.167em")
