"""The referee's examples, what is stored of it, and that every question is answered."""

from __future__ import annotations

from typing import Any

import pytest

from derivlib.display.referee import EXAMPLES, Example, Referee, judge, shown

FALSE = [0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(("example", "false"), [*zip(EXAMPLES, FALSE, strict=True)])
def test_each_example_but_the_first_has_one_false_line(example: Example, false: int) -> None:
    statuses = [line.status for line in judge(example.theory, example.derivation).lines]
    assert statuses.count("REFUTED") == false
    assert {*statuses} <= {"FIRST", "PROVED", "REFUTED"}


def test_what_the_page_is_told() -> None:
    told = shown(judge("x: real, positive", "x\n= x*x/x\n= 2*x\n= 3 x"))
    assert [line["colour"] for line in told["lines"]] == ["", "good", "bad", "unsure"]
    assert all("<math" in line["math"] for line in told["lines"][:3])
    assert told["lines"][2]["rows"][-1] == ["this line", "2"]
    assert told["lines"][3]["caret"].endswith("^")
    assert len(told["theory"]) == 1


def test_what_is_stored_is_the_first_example_judged() -> None:
    stored = Referee().twin()
    assert EXAMPLES[0].theory in stored["text/plain"]
    assert "5 of 5 steps are proved." in stored["text/plain"]
    assert "<script" not in Referee([Example("x", "x: real", "<script>\n= x")]).twin()["text/html"]
    with pytest.raises(ValueError, match="examples"):
        Referee([])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"id": 1, "question": {"theory": "x: real", "derivation": "x\n= x"}}, "1 of 1"),
        ({"id": 1, "question": {"theory": 3, "derivation": "x\n= x"}}, "could not be judged"),
        ({"id": 1, "question": {}}, "could not be judged"),
    ],
)
def test_every_question_of_a_page_is_answered(
    monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], said: str
) -> None:
    sent: list[dict[str, Any]] = []
    referee = Referee()
    monkeypatch.setattr(referee, "send", sent.append)
    referee._on_question(referee, content, [])
    assert [answer["id"] for answer in sent] == [1]
    assert said in sent[0]["answer"]["summary"]
