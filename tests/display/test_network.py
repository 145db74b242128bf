"""The drawing of a network: every number is written, where it can be read, and told."""

from itertools import combinations

from derivlib.display._network import network_plot

DRAWN = network_plot(
    {
        "x": {"x": [1, -0.5]},
        "t": {"a": [0.7, -0.95], "t": [0.604, -0.74]},
        "p": {"z": [11, 12, 13], "p": [0.1, 0.2, 0.7]},
    },
    {
        "W": ([[21, 22], [23, 24]], [[31, 32], [33, 34]]),
        "V": ([[41, 42, 43], [44, 45, 46]], [[51, 52, 53], [54, 55, 56]]),
    },
    title="A network",
)


def test_all_numbers_are_told() -> None:
    assert str(DRAWN).splitlines() == [
        "A network.",
        "x = (1, −0.5);",
        "W = ((21, 22), (23, 24)), ∂L/∂W = ((31, 32), (33, 34));",
        "a = (0.7, −0.95), t = (0.604, −0.74);",
        "V = ((41, 42, 43), (44, 45, 46)), ∂L/∂V = ((51, 52, 53), (54, 55, 56));",
        "z = (11, 12, 13), p = (0.1, 0.2, 0.7).",
    ]


def test_all_numbers_are_written_and_none_hides_another() -> None:
    texts = {text.get_text(): text for text in DRAWN.figure.axes[0].texts}
    weights = {f"{w} ({w + 10})" for w in [*range(21, 25), *range(41, 47)]}
    known = {"x 1", "x −0.5", "a 0.7\nt 0.604", "a −0.95\nt −0.74"}
    outputs = {"z 11\np 0.1", "z 12\np 0.2", "z 13\np 0.7"}
    nodes = {"x₁", "x₂", "t₁", "t₂", "p₁", "p₂", "p₃"}
    assert texts.keys() == weights | known | outputs | nodes
    DRAWN.figure.draw_without_rendering()
    boxes = {name: text.get_window_extent() for name, text in texts.items()}
    assert [
        pair for pair in combinations(boxes, 2) if boxes[pair[0]].overlaps(boxes[pair[1]])
    ] == []
