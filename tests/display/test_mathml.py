"""MathML for pages: what a browser sets without a script."""

import re
from xml.etree import ElementTree

import pytest

from derivlib.display.mathml import mathml, pieces


def said(latex: str) -> str:
    """The text of a formula, a thin space as `_`, its elements' names left out."""
    text = re.sub(r"<mspace[^>]*/>", "_", mathml(latex))
    return re.sub(r"<[^>]*>", "", text)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"y \log x", "y_log_x"),
        (r"\log(x)\,a", "log(x)_a"),
        (r"2 - \log x", "2−log_x"),
        (r"a \tanh^2 b", "a_tanh2_b"),
        (r"\log\left(\frac{a}{b}\right)", "log(ab)"),
        (r"(a + b) \log x", "(a+b)_log_x"),
        (r"a \max(a, b)", "a_max(a,b)"),
    ],
)
def test_functions_stand_apart(latex: str, text: str) -> None:
    assert said(latex) == text


def test_a_name_is_one_word() -> None:
    assert "<msub><mi>loss</mi><mi>n</mi></msub>" in mathml(r"\mathrm{loss}_n")
    assert "<mi>l</mi>" not in mathml(r"\sigma_{\mathrm{in},k}")


def test_the_limits_of_a_sum_stand_above_and_below_inside_of_brackets_too() -> None:
    for latex in (r"\sum_{k=1}^{K} a_k", r"\left(\sum_{k=1}^{K} a_k\right)"):
        assert "<munderover><mo>∑</mo>" in mathml(latex, display=True)
    assert "<munder><mo>∑</mo>" in mathml(r"\left(\sum_{k \ne i} a_k\right)", display=True)


def test_it_is_mathml_without_a_namespace() -> None:
    root = ElementTree.fromstring(mathml(r"\class{new}{x} \lt \text{ a}", display=True))
    assert (root.tag, root.attrib) == ("math", {"display": "block"})
    assert root.find(".//mrow[@class='new']") is not None


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\text{a & b}",
        r"x_1_2",
        r"\frac{a}",
        r"\left( a",
        "}{",
        "<script>alert(1)</script>",
    ],
)
def test_what_is_no_formula_is_shown_as_it_was_typed_or_harmless(latex: str) -> None:
    for node in ElementTree.fromstring(mathml(latex)).iter():
        assert node.tag.startswith("m")
        assert not re.search("href|src|style|^on", " ".join(node.attrib))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("for all K ≥ 1", ["for all K ≥ 1"]),
        (r"5\$ of a\_b, \<b\>", ["5$ of a_b, <b>"]),
        (r"\\\$", [r"\$"]),
        ("$x$ is $y$", [None, " is ", None]),
    ],
)
def test_words_and_formulas(text: str, words: list[str | None]) -> None:
    assert [piece if isinstance(piece, str) else None for piece in pieces(text)] == words
