"""An author's words are shown as they were typed, whatever is in them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib.proof import Theory
from derivlib.proof.views.words import in_latex, in_markdown
from tests.support.strategies import few

WORDS = [
    ("chain rule", "chain rule", "chain rule"),
    ("costs $5", r"costs \$5", r"costs \$5"),
    ("$x^2$ is $y$", "$x^2$ is $y$", "$x^2$ is $y$"),
    ("x^2", "x^2", r"x\^{}2"),
    ("x^2 and $y^2$", "x^2 and $y^2$", r"x\^{}2 and $y^2$"),
    ("$$ out $$", r"\$\$ out \$\$", r"\$\$ out \$\$"),
    ("$}$", r"\$}\$", r"\$\}\$"),
    ("${$ and $}$", r"\${\$ and \$}\$", r"\$\{\$ and \$\}\$"),
    ("$a\\$ b", "\\$a\\\\\\$ b", r"\$a\$ b"),
    ("<script>x</script>", r"\<script\>x\</script\>", r"$\lt$script$\gt$x$\lt$/script$\gt$"),
    ("$a<b$", r"$a\lt b$", r"$a\lt b$"),
    (r"\end{aligned}", r"\\end{aligned}", r"end\{aligned\}"),
    ("50 % of a_b & c # d ~", r"50 % of a\_b \& c # d \~", r"50 \% of a\_b \& c \# d \~{}"),
]


@pytest.mark.parametrize(("text", "markdown", "latex"), WORDS)
def test_words(text: str, markdown: str, latex: str) -> None:
    assert in_markdown(text) == markdown
    assert in_latex(text) == latex


@few
@given(st.text(st.sampled_from("$\\{}<>^_ab *~&%#"), max_size=12))
def test_nothing_gets_out_of_its_place(text: str) -> None:
    latex = in_latex(text)
    bare = re.sub(r"\\.", "", latex)
    assert bare.count("$") % 2 == 0
    assert bare.count("{") == bare.count("}")
    assert "$$" not in re.sub(r"\\.", "", in_markdown(text))
    assert not re.search(r"(?<!\\)<", in_markdown(text))
    assert "<" not in latex


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "costs $5", "a*b*c", "$$"])
def test_comments_and_reasons_are_put_so(text: str) -> None:
    theory = Theory(f"x: K  # {text}\ny[k] := x[k]  # {text}")
    shown = theory._repr_mimebundle_()["text/markdown"]
    assert shown.count(f"— {in_markdown(text)}") == 2
    assert in_latex(text) in theory.derive(f"x[k]\n = 0 + x[k] -- {text}").latex()
