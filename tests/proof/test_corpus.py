"""Layer normalisation, attention, InfoNCE, a GRU cell, back-propagation through time, and more."""

import tomllib
from pathlib import Path

import pytest

from derivlib.proof import Theory

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))
THEORIES = {entry["name"]: entry for entry in CORPUS["theory"]}


def statements(kind: str) -> list[object]:
    return [
        pytest.param(name, left, right, id=f"{name}: {note or left}")
        for name, entry in THEORIES.items()
        for left, right, note in entry.get(kind, [])
    ]


@pytest.mark.parametrize(("name", "left", "right"), statements("true"))
def test_what_is_true_is_proved_without_conditions(name: str, left: str, right: str) -> None:
    verdict = Theory(THEORIES[name]["text"]).prove(left, right)
    assert verdict.status == "PROVED", verdict
    assert verdict.conditions == ()


@pytest.mark.parametrize(("name", "left", "right"), statements("false"))
def test_what_is_false_is_refuted(name: str, left: str, right: str) -> None:
    verdict = Theory(THEORIES[name]["text"]).prove(left, right)
    assert verdict.status == "REFUTED", verdict


@pytest.mark.parametrize(("name", "left", "right"), statements("conditional"))
def test_what_is_true_here_and_there_is_proved_with_conditions(
    name: str, left: str, right: str
) -> None:
    verdict = Theory(THEORIES[name]["text"]).prove(left, right)
    assert verdict.status == "PROVED", verdict
    assert verdict.conditions


def test_the_corpus_is_large() -> None:
    assert sum(len(entry.get("true", [])) for entry in THEORIES.values()) >= 60
