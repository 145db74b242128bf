"""Formulas as MathML, which a browser sets by itself: a page needs no script and no font for them.

latex2mathml writes it; what print asks for beyond that is put right here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert

from derivlib.proof.language.functions import FUNCTIONS

__all__ = ["mathml", "pieces"]

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
NAMES = {
    name[1]
    for word in FUNCTIONS.values()
    if (name := re.match(r"\\([a-z]+)[(^ ]", word.latex)) is not None
}
"""Functions that are written as words."""

TAGS = re.compile(
    "math|m(i|n|o|s|space|text|row|style|frac|sqrt|root|sub|sup|subsup|under|over|underover"
    "|enclose|padded|phantom|table|tr|td)"
)
ATTRIBUTES = re.compile(
    "class|display(style)?|scriptlevel|stretchy|fence|form|accent|width|[lr]space|linethickness"
    "|columnalign|notation|math(color|variant)"
)
"""No link, no style, no handler: an author's words may come from somebody else."""

LIMITS = {"msub": "munder", "msubsup": "munderover"}


LONGEST = 2000
"""Characters of a formula; a longer one helps no reader, and takes long to be set."""


@lru_cache(maxsize=512)
def mathml(latex: str, *, display: bool = False, full: bool = False) -> str:
    r"""A formula as a `<math>` element.

    Args:
        latex: as derivlib writes it, without dollar signs.
        display: in a line of its own?
        full: fractions and sums at their full size, in a line with other things?

    Returns:
        The element; what cannot be read as a formula stands in it as it was typed. Nothing for a
        formula that is too long.

    >>> print(mathml("x"))
    <math display="inline"><mrow><mi>x</mi></mrow></math>
    """
    if len(latex) > LONGEST:
        return ""
    mode = "block" if display else "inline"
    try:
        text = convert(latex, display=mode)
        root = ElementTree.fromstring(text.replace(f' xmlns="{NAMESPACE}"', ""))
        _check(root)
    except Exception:  # latex2mathml has many, and gives text that is no XML for others
        root = Element("math", display=mode)
        ElementTree.SubElement(root, "mtext").text = latex
    _put_right(root)
    if full:
        root.set("displaystyle", "true")
    return ElementTree.tostring(root, encoding="unicode")


def _check(root: Element) -> None:
    for node in root.iter():
        if not TAGS.fullmatch(node.tag) or not all(map(ATTRIBUTES.fullmatch, node.attrib)):
            raise ValueError(f"no part of a formula: {node.tag} with {node.attrib}")


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
