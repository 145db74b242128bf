"""The stepper: what its module is told, and what is seen where no script runs."""

import pytest

from derivlib.display import Stepper
from derivlib.proof import Derivation, Theory
from tests.support.theories import CROSS_ENTROPY, SOFTMAX


@pytest.fixture(scope="module")
def gradient() -> Derivation:
    return Theory(SOFTMAX).derive(CROSS_ENTROPY)


@pytest.fixture(scope="module")
def stepper(gradient: Derivation) -> Stepper:
    return Stepper(gradient)


def test_the_text_is_that_of_the_derivation(stepper: Stepper, gradient: Derivation) -> None:
    assert str(stepper) == stepper.twin()["text/plain"] == str(gradient)


def test_a_line_tells_what_changed_and_the_line_before_what_went(stepper: Stepper) -> None:
    lines = stepper.values()["steps"]["lines"]
    assert [line["text"] for line in lines] == [line.text for line in stepper.derivation.lines]
    assert 'class="gone"' in lines[4]["math"]
    assert 'class="new"' not in lines[5]["math"]
    assert 'class="new"' in lines[4]["math"]
    assert [line["why"] for line in lines[1:]] == [
        "chain rule",
        "softmax Jacobian",
        "distribute",
        "δ picks j = i",
        "Σ y = 1",
    ]
    assert lines[5]["grounds"][0] == " for all K ≥ 1, using "
    assert {(line["mark"], line["status"]) for line in lines[1:]} == {("✓", "PROVED")}


def test_every_line_has_slips_that_break_it(stepper: Stepper) -> None:
    for line in stepper.values()["steps"]["lines"][1:]:
        assert len(line["slips"]) == 3
        assert len({slip["change"] for slip in line["slips"]}) == 3
        for slip in line["slips"]:
            rows = {name[0]: what for name, what in slip["rows"] if isinstance(name[0], str)}
            assert {"at", "line before", "with the slip"} <= rows.keys()
            assert rows["line before"] != rows["with the slip"]


@pytest.mark.parametrize("form", ["text/markdown", "a page"])
def test_without_a_script_each_line_is_a_fold_and_so_are_its_slips(
    stepper: Stepper, form: str
) -> None:
    text = stepper.still() if form == "a page" else stepper.twin()[form]
    assert text.count("<details>") == text.count("</details>") == 5 + 15
    assert "<details><summary>✓ Line 1 of 5: chain rule</summary>\n\n" in text
    assert "<details><summary>Try to break it: a sign</summary>\n\n" in text
    assert ("$" in text) == (form == "text/markdown")
    assert ("<math" in text) == (form == "a page")


def test_words_of_the_author_are_words() -> None:
    theory = Theory("x: real")
    stepper = Stepper(theory.derive("x\n = 2*x/2 -- <b>a*b</b> & $x < 1$"), slips=0)
    reason = stepper.values()["steps"]["lines"][1]["reason"]
    assert [piece for piece in reason if isinstance(piece, str)] == ["<b>a*b</b> & "]
    assert "&lt;b&gt;a*b&lt;/b&gt; &amp; <math" in stepper.still()
    assert "&lt;b&gt;a*b&lt;/b&gt; &amp; $x &lt; 1$" in stepper.twin()["text/markdown"]
    assert "<b>" not in stepper.page()


def test_a_line_that_is_not_known_says_why() -> None:
    stepper = Stepper(Theory("x: real").derive("sqrt(x^2)\n = Max(x, -x)"), slips=1)
    (line,) = stepper.values()["steps"]["lines"][1:]
    assert (line["mark"], line["status"]) == ("?", "UNKNOWN")
    assert "no proof" in line["grounds"][0]


def test_the_same_derivation_gives_the_same_page(gradient: Derivation, stepper: Stepper) -> None:
    assert Stepper(gradient).page() == stepper.page()


def test_a_derivation_is_asked_for() -> None:
    with pytest.raises(TypeError, match="derivation: a Derivation is expected, given"):
        Stepper("x = x")  # type: ignore[arg-type]
