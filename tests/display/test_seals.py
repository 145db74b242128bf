"""Sealed answers: read again as they were, and nothing else is read."""

import pytest

from derivlib.display import seal, sealed

TEXTS = ["", "p[i] - y[i]", "Σ(k, δ(i,k)*exp(z[k]))", "a\nb\t\"'", "😀" * 50]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_sealed_is_read_again(text: str) -> None:
    assert sealed(seal(text)) == text
    assert not text or text not in seal(text)


@pytest.mark.parametrize(
    "text",
    ["", "p[i] - y[i]", "AAAA", "hello123", "====", "é", seal("p - y")[:-4], seal("p - y").lower()],
)
def test_what_is_not_sealed_is_refused_and_shown(text: str) -> None:
    with pytest.raises(ValueError, match="text: what seal") as caught:
        sealed(text)
    assert repr(text) in str(caught.value)


def test_every_changed_letter_is_noticed() -> None:
    whole = seal("p[i] - y[i]")
    for n in range(len(whole)):
        changed = whole[:n] + ("A" if whole[n] != "A" else "B") + whole[n + 1 :]
        with pytest.raises(ValueError, match="text"):
            sealed(changed)


@pytest.mark.parametrize("ask", [seal, sealed])
def test_a_text_is_expected(ask: type[str]) -> None:
    with pytest.raises(TypeError, match="text: a string is expected"):
        ask(3)
