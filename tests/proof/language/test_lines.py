"""Reasons and comments are cut off first, and `--` means one thing wherever it stands."""

import pytest

from derivlib.proof import LanguageError, Status, Theory
from derivlib.proof.language.lines import read_lines
from derivlib.proof.language.parser import parse

TWO = "a, b: real"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a\n = b -- why", [("a", ""), ("b", "why")]),
        ("a -- start\n = b", [("a", "start"), ("b", "")]),
        ("a\n = b\n -- why", [("a", ""), ("b", "why")]),
        ("a\n = b -- why\n -- and so", [("a", ""), ("b", "why and so")]),
        ("a\n = b -- see (1\n = c", [("a", ""), ("b", "see (1"), ("c", "")]),
        ("a\n = (b -- one )\n + c) -- two", [("a", ""), ("(b + c)", "one ) two")]),
        ("a\n = b - -c", [("a", ""), ("b - -c", "")]),
        ("a # (\n = b # [", [("a", ""), ("b", "")]),
        ("a\n = b -- why # (", [("a", ""), ("b", "why")]),
        ("a\n = b --\n = c", [("a", ""), ("b", ""), ("c", "")]),
        ("a\n = Σ(k,\n   x[k]\n   )", [("a", ""), ("Σ(k, x[k] )", "")]),
    ],
)
def test_lines_of_a_derivation(text: str, rows: list[tuple[str, str]]) -> None:
    assert read_lines(text) == rows


@pytest.mark.parametrize("text", ["a -- b", "a\t--\tb", "a\n -- b", "a --", "a -- (b", "a -- ∂ !"])
def test_a_reason_is_none_of_the_formula(text: str) -> None:
    theory = Theory(TWO)
    assert parse(text) == parse("a")
    assert theory.prove(text, "a").status is Status.PROVED
    assert str(theory.prove(text, text).statement) == "a = a"
    assert theory.derive(f"a\n = {text}").lines[-1].text == "a"
    defined = Theory(f"{TWO}\nL := {text.replace(chr(10), '')}\nassume b = {text}")
    assert defined.prove("L", "a").status is Status.PROVED
    assert str(defined.hypotheses[0]) == "b = a"


def test_a_minus_twice_with_a_blank_between_is_none() -> None:
    theory = Theory(TWO)
    assert theory.prove("a - -b", "a + b").status is Status.PROVED
    assert theory.derive("a + b\n = a - -b").status is Status.PROVED


@pytest.mark.parametrize("text", ["a--b", "a --b", "a-- b", "--a", "a*(--b)", "a −− b", "a–-b"])
def test_two_signs_that_could_be_either_are_refused(text: str) -> None:
    with pytest.raises(LanguageError, match=r"two minus signs: write -\(-x\), or for a reason"):
        Theory(TWO).prove(text, "a")
    with pytest.raises(LanguageError, match="two minus signs"):
        Theory(TWO).derive(f"a\n = {text}")


def test_words_beside_a_declaration() -> None:
    theory = Theory("z: K -- logits (\ns := Σ(k, z[k]) -- their sum\nc: real # no -- reason")
    assert theory.variables["z"].comment == "logits ("
    assert theory.definitions["s"].comment == "their sum"
    assert theory.variables["c"].comment == "no -- reason"


@pytest.mark.parametrize("half", ["\ud800", "\udfff"])
@pytest.mark.parametrize(
    "read",
    [
        lambda text: parse(f"a + {text}"),
        lambda text: parse(f"a -- {text}"),
        lambda text: Theory(f"a: real  # {text}"),
        lambda text: Theory(TWO).derive(f"a\n = a -- {text}"),
        lambda text: Theory(f"{text}: real"),
    ],
)
def test_half_of_a_character_is_refused_in_words_that_can_be_printed(read, half: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LanguageError, match="half of a character") as caught:
        read(half)
    assert str(caught.value).encode("utf-8")
    assert caught.value.line.encode("utf-8")


@pytest.mark.parametrize("blank", ["\t", "\n", "\u2003", "\x0b"])
def test_the_caret_stands_below_its_place(blank: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Theory("a: real").prove(f"a{blank}+{blank}c", "a")
    _, shown, caret = str(caught.value).split("\n")
    assert shown[caret.index("^")] == "c"
