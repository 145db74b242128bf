"""What stands out between two lines: the smallest parts that differ."""

import pytest

from derivlib.proof.language.parser import parse
from derivlib.proof.language.syntax import Mul
from derivlib.proof.views.changes import changes
from derivlib.proof.views.latex import latex, marked


def shown(before: str, after: str) -> tuple[str, str]:
    one, other = parse(before), parse(after)
    gone, new = changes(one, other)
    return marked(one, {"<#>": gone}), marked(other, {"<#>": new})


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ("p - y", "p + y", "p <{}- y>", "p <{}+ y>"),
        ("a*b*exp(x)", "a*b*exp(y)", "a b e^{<x>}", "a b e^{<y>}"),
        ("a/b*c", "d/b*c", r"\frac{<a>}{b} c", r"\frac{<d>}{b} c"),
        ("-a/b*c", "-2*a/b*c", r"-\frac{a}{b} c", r"-\frac{<2> a}{b} c"),
        ("-a/b*c + d", "-exp(x)*c + d", r"<-\frac{a}{b} c> + d", r"<-e^{x} c> + d"),
        ("-b + a", "c - b", "-b <{}+ a>", "<c> - b"),
        ("a - b + c", "a + c", "a <{}- b> + c", "a + c"),
        ("-b + a", "a - c", "<-b> + a", "a <{}- c>"),
        ("2*(a + b)*c", "2*(a - b)*c", r"2 (a <{}+ b>)\,c", r"2 (a <{}- b>)\,c"),
        ("x^2*y", "x^3*y", "x^{<2>} y", "x^{<3>} y"),
        ("a + Σ(k, b[k])", "a + Σ(k, c[k])", r"a + \sum_{k} <b_k>", r"a + \sum_{k} <c_k>"),
        ("a + Σ(k, b[k])", "a + Σ(j, b[j])", r"a <{}+ \sum_{k} b_k>", r"a <{}+ \sum_{j} b_j>"),
        ("1 + ∂(x*y, x)", "1 + ∂(x*z, x)", r"(x <y>)", r"(x <z>)"),
        ("1 + ∂(x*y, x)", "1 + ∂(x*y, y)", r"<{}+ \frac{\partial}", r"<{}+ \frac{\partial}"),
        ("a + b", "a + b", "a + b", "a + b"),
        ("log(a) + 1", "log(a + 1) + 1", r"\log a + 1", r"\log(a <{}+ 1>) + 1"),
    ],
)
def test_the_smallest_parts_that_differ(before: str, after: str, gone: str, new: str) -> None:
    one, other = shown(before, after)
    assert gone in one
    assert new in other


@pytest.mark.parametrize(
    ("before", "after"), [("a", "-a"), ("a*b", "c + d"), ("∂(L, z)", "p - y"), ("-a/b*c", "2*d*e")]
)
def test_where_nothing_is_left_as_it_was_nothing_stands_out(before: str, after: str) -> None:
    assert shown(before, after) == (latex(parse(before)), latex(parse(after)))


def test_marks_may_lie_on_one_another() -> None:
    line = parse("a*b")
    assert isinstance(line, Mul)
    part = [line.right]
    assert marked(line, {"<#>": part, "[#]": part}) == "a [<b>]"
    assert latex(line) == "a b"
