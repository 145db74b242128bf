"""Text to expressions: what is read, and what is refused, where and how fast."""

import builtins
import contextlib
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.parser import MAX_DEPTH, MAX_DIGITS, MAX_LENGTH, check_name, parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sub,
    Sum,
    walk,
)
from tests.support.effort import at_most

x, y, z = Entry("x"), Entry("y"), Entry("z")
two, three = Number(Fraction(2)), Number(Fraction(3))
i, j, k = map(Index, "ijk")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x^2", Neg(Pow(x, two))),
        ("x^-2", Pow(x, Neg(two))),
        ("x^y^z", Pow(x, Pow(y, z))),
        ("(-x)^2", Pow(Neg(x), two)),
        ("-x*y", Mul(Neg(x), y)),
        ("x*-y", Mul(x, Neg(y))),
        ("x/y*z", Mul(Div(x, y), z)),
        ("x/y/z", Div(Div(x, y), z)),
        ("x - y - z", Sub(Sub(x, y), z)),
        ("x - y + z", Add(Sub(x, y), z)),
        ("x + y*z", Add(x, Mul(y, z))),
        ("+x", x),
        ("- -x", Neg(Neg(x))),
        ("x**2", Pow(x, two)),
        ("x − y·z⋅x", Sub(x, Mul(Mul(y, z), x))),
        ("x[i]", Entry("x", (i,))),
        ("x[i, 3]", Entry("x", (i, Index(None, 3)))),
        ("δ(i,2)", Delta(i, Index(None, 2))),
        ("Max(x, y, z)", Function("Max", (x, y, z))),
        ("Σ(i, j, x)", Sum((Binder("i"), Binder("j")), x)),
        ("Σ(k != i, x)", Sum((Binder("k", (i,)),), x)),
        ("Σ(k != i != 2, x)", Sum((Binder("k", (i, Index(None, 2))),), x)),
        ("Σ(i, k != i, x)", Sum((Binder("i"), Binder("k", (i,))), x)),
        ("∂(x, y, z[i])", Derivative(x, (y, Entry("z", (i,))))),
        ("\n  x\t+\n y  ", Add(x, y)),
    ],
)
def test_what_is_written_is_what_is_read(text: str, expected: Expr) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("ascii_text", "text"),
    [
        ("Sum(i, x[i])", "Σ(i, x[i])"),
        ("diff(x, y)", "∂(x, y)"),
        ("delta(i,j)", "δ(i,j)"),
        ("x**2", "x^2"),
        ("Sum(i, x[i])", "∑(i, x[i])"),
    ],
)
def test_ascii_twins(ascii_text: str, text: str) -> None:
    assert parse(ascii_text) == parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("2.", Fraction(2)),
        ("12345678901234567890", Fraction(12345678901234567890)),
        (
            "0." + "1" * (MAX_DIGITS - 2),
            Fraction(int("1" * (MAX_DIGITS - 2)), 10 ** (MAX_DIGITS - 2)),
        ),
    ],
)
def test_numbers_are_exact(text: str, expected: Fraction) -> None:
    assert parse(text) == Number(expected)


def test_every_node_knows_its_column() -> None:
    text = "∂(Σ(k, δ(k,i)·x[k]^2), x[i]) − exp(σ_2)"
    places = {type(node): node.at for node in walk(parse(text))}
    assert places[Derivative] == 0
    assert places[Sum] == text.index("Σ")
    assert places[Delta] == text.index("δ(")
    assert places[Pow] == text.index("x[k]")
    assert places[Function] == text.index("exp")
    found = [node for node in walk(parse(text)) if isinstance(node, Entry)]
    assert [node.at for node in found] == [
        text.index("x[k]"),
        text.index("x[i]"),
        text.index("σ_2"),
    ]
    assert [index.at for index in found[0].indices] == [text.index("k]")]


CODE = [
    "__import__('os')",
    "__import__('os').system('true')",
    "x.__class__.__mro__",
    "open(x)",
    "eval(x)",
    "print(x)",
    "x()",
    "log(x)(y)",
    "lambda: x",
    "lambda x: x",
    "(x := 2)",
    "f'{x}'",
    "'x'",
    "b'x'",
    "[x]",
    "[x for x in y]",
    "(x for x in y)",
    "{x}",
    "{x: y}",
    "{**x}",
    "(x, y)",
    "x,",
    "exp(*x)",
    "exp(**x)",
    "exp(x=2)",
    "Σ(i, x[i], j=2)",
    "Σ(*i, x)",
    "x if y else z",
    "x and y",
    "not x",
    "~x",
    "x < y",
    "x == y",
    "x != y",
    "x in y",
    "x is y",
    "x // y",
    "x % y",
    "x @ y",
    "x << y",
    "x | y",
    "x; y",
    "x = 2",
    "x\\\ny",
    "yield x",
    "(yield)",
    "await x",
    "import os",
    "...",
    "None",
    "True",
    "x # y",
    ") + (",
    "x) + (y",
    "x[i][j]",
    "x[i:j]",
    "x[*i]",
    "x[1+i]",
    "x[i+j]",
    "x[2*i]",
    "x[i-1-1]",
    "x[--1]",
    "x[i+-1]",
    "x[1.0]",
    "x[i+1.0]",
    "x['i']",
    "x[y[i]]",
    "x[True]",
    "x[]",
    "2[i]",
]
NUMBERS = ["1e400", "1e3", "1_000", "0x1F", "0b1", "0o7", "1j", "007", "1..2", "1.2.3"]
LETTERS = [
    "x²",
    "½",
    "٣",
    "１",
    "x\u202ey",  # right-to-left override
    "x\u2066y",  # isolate
    "x\u200by",  # zero width
    "x\u00ady",  # soft hyphen
    "\ufeffx",
    "x\x00y",
    "\x00",
    "\ud800",
    "x\u0301 y",
    "√x",
    "∫x",
    "x‐y",  # a hyphen that is no minus
    "x∗y",
    "“x”",
]
MALFORMED = [
    *("", " ", "\n", "x +", "* x", "x y", "2x", "x^^2", "x***2", "((x)", "x)", "[x)", "(x]"),
    *("Σ", "Σ()", "Σ(x)", "Σ(i)", "Σ(i, i, x)", "Σ(2, x)", "Σ(x[i], x)", "Σ(i < j, x)"),
    *("Σ(i == j, x)", "Σ(i != x[j], x)", "Σ(i != j < k, x)"),
    *("∂", "∂(x)", "∂(x, 2)", "∂(x, x + y)", "∂(x, -y)", "∂(x, exp(y))", "∂(x, Σ(i, y))"),
    *("δ", "δ(i)", "δ(i,j,k)", "δ(i, x[j])", "δ[i,j]"),
    *("exp", "exp()", "exp(x, y)", "exp[i]", "Max(x)", "Max()", "relu(x)", "x!", "|x|"),
]


@pytest.mark.parametrize("text", [*CODE, *NUMBERS, *LETTERS, *MALFORMED])
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.problem


@pytest.mark.parametrize("text", ["x[0x1]", "x[1_0]", "x[0b1]", "x[i+0x1]", "x[1j]", "x[True]"])
def test_places_are_written_in_plain_digits(text: str) -> None:
    with pytest.raises(LanguageError):
        parse(text)


@pytest.mark.parametrize("text", ["ƍ(x, y)", "Σ(i in 1|K, x)", "x + ƍ", "ƍ", "|"])
def test_a_stand_in_for_a_sign_of_the_page_is_no_sign_itself(text: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.column == min(text.find(sign) for sign in "ƍ|" if sign in text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * (MAX_LENGTH + 1), id="long"),
        pytest.param("x" * 10**6, id="megabyte"),
        pytest.param("(" * 10**4 + "x" + ")" * 10**4, id="brackets 10000 deep"),
        pytest.param("(" * 2000 + "x" + ")" * 2000, id="brackets 2000 deep"),
        pytest.param(
            "(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1), id="one bracket too many"
        ),
        pytest.param("[" * 4000, id="open"),
        pytest.param("-" * 4990 + "x", id="minus"),
        pytest.param("x^" * 2000 + "x", id="powers"),
        pytest.param("x+" * 2000 + "x", id="terms"),
        pytest.param("x" + ".a" * 2400, id="attributes"),
        pytest.param("lambda:" * 700 + "x", id="lambda"),
        pytest.param("x if x else " * 400 + "x", id="if"),
        pytest.param("x<" * 2400 + "x", id="comparisons"),
        pytest.param("9" * 4900, id="digits"),
        pytest.param("x[" + "9" * 4900 + "]", id="place"),
        pytest.param("x[1000001]", id="far place"),
        pytest.param("x[i-1000001]", id="far offset"),
        pytest.param("9" * (MAX_DIGITS + 1), id="one digit too many"),
        pytest.param("'" + "a" * 4900, id="string"),
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    with at_most(lines=100_000), pytest.raises(LanguageError) as caught:
        parse(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["10**10**10", "2^2^2^2^9", "9^9^9^9", "Max(1, 2)^1000000"])
def test_towers_are_trees_and_nothing_is_computed(text: str) -> None:
    with at_most(lines=10_000):
        assert isinstance(parse(text), Pow)


@pytest.mark.parametrize("text", CODE)
def test_nothing_is_ever_evaluated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "open", "print"):
            patch.setattr(builtins, name, lambda *arguments, **_: called.append(arguments))
        with contextlib.suppress(LanguageError):
            parse(text)
    assert called == []


@given(st.text(max_size=40) | st.text("xyijk0123456789+-*/^()[],.=! Σ∂δ#'\"\\{}:@\n", max_size=40))
@example("x[i")
@example("𝐱")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except LanguageError as error:
        assert error.column is None or 0 <= error.column <= len(text)


@pytest.mark.parametrize(
    ("text", "column", "named"),
    [
        ("x + foo(y)", 4, "'foo'"),
        ("Σ(i, δ(i,j)·foo(x))", 12, "'foo'"),
        ("x − y·relu(z)", 6, "'relu'"),
        ("x + 1e400", 4, "'1e400'"),
        ("x[i] + exp(x, y)", 7, "exp"),
        ("x[i, 0.5]", 5, "0.5"),
        ("x[i, j+k]", 5, "index"),
        ("x[i, j+1.5]", 5, "1.5"),
        ("Σ(i, j, i, x)", 0, "i, j, i"),
        ("∂(x, y + z)", 5, "∂"),
        ("∂(x, δ(i,j))", 5, "∂"),
        ("x + lambda: y", 4, ""),
        ("x.real + y", 0, ""),
        ("x + (y.real)", 5, ""),
        ("x + y)", 5, "bracket"),
        ("(x + y", 0, "bracket"),
        ("x + exp", 4, "'exp'"),
        ("x + δ", 4, "'δ'"),
        ("∂(x², y)", 3, ""),
    ],
)
def test_an_error_points_at_its_place(text: str, column: int, named: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.line) == (column, text)
    assert named in caught.value.problem
    assert f"{text}\n    {' ' * column}^" in str(caught.value)


def test_of_a_long_line_the_error_shows_the_stretch_around_the_place() -> None:
    text = "x + " * 40 + "foo(y)" + " + z" * 40
    with pytest.raises(LanguageError) as caught:
        parse(text)
    message = str(caught.value).splitlines()
    assert len(max(message, key=len)) < 130
    assert message[-2][len(message[-1]) - 1 :].startswith("foo(y)")


@pytest.mark.parametrize("name", ["x", "w2", "Loss", "σ_2", "ŷ", "θ", "_a"])
def test_names(name: str) -> None:
    assert check_name(name, "") == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "2x", "a b", "a-b", "x'", "∂", "Σ", "Sum"),
        *("delta", "exp", "Max", "x\u200b", "x²", "lambda"),
    ],
)
def test_no_names(name: str) -> None:
    with pytest.raises(LanguageError, match="name"):
        check_name(name, "")


def test_a_name_is_folded_as_python_folds_it() -> None:
    assert check_name("ﬁ", "") == "fi" == parse("ﬁ").name  # type: ignore[union-attr]


def test_text_is_text() -> None:
    with pytest.raises(TypeError, match="text, not bytes"):
        parse(b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "problem", "column"),
    [
        ("2*log(1 - p) + exp (x", "a bracket is never closed", 19),
        ("Σ(k, exp(z[k]) + 1", "a bracket is never closed", 1),
        ("(a + [b) + c", "a bracket is never closed", 5),
        ("log 1 - p", "log needs parentheses: log(1 - p)", 0),
        ("tanh (x) + Max(ln a*(b + (c)), 2)", "ln needs parentheses: ln(a*(b + (c)))", 15),
        ("exp −x", "exp needs parentheses: exp(−x)", 0),
        ("sigmoid 2*x + log y", "sigmoid needs parentheses: sigmoid(…)", 0),
        ("a*log", "'log' is a word of the language, not a name", 2),
    ],
)
def test_brackets_that_are_missing(text: str, problem: str, column: int) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert (caught.value.problem, caught.value.column) == (problem, column)


def test_sigma_is_sigmoid() -> None:
    assert to_text(parse("σ(x) + ln(y)")) == to_text(parse("sigmoid(x) + log(y)"))
