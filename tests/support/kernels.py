"""Every public kernel in every way that it is called: the one table that the tests draw from.

To add a kernel, add it to the table of benchmarks/kernels.py: its name, the arrays that it takes,
whether it works along an axis. All that depends on the labels' kind follows here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.kernels import Kernel, kernels

SMOOTHING = 0.2
SOFT = {"labels": "soft labels", "flags": "soft flags"}
"""Beside classes weights of all classes, beside zeros and ones what lies between."""


@dataclass(frozen=True)
class Call:
    """A kernel with labels of one kind, if it takes any."""

    kernel: Kernel
    arguments: tuple[str, ...]
    options: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, arrays: Mapping[str, Any], **options: Any) -> Any:
        """The kernel's result for the arrays of these names: "logits", "labels", "soft labels",
        "flags", "soft flags", "p" and "v"."""
        given = [arrays[name] for name in self.arguments]
        return self.kernel.function(*given, **self.options, **options)


def _calls() -> Iterator[tuple[str, Call]]:
    for kernel in kernels():
        if SOFT.keys().isdisjoint(kernel.arguments):
            yield kernel.name, Call(kernel, kernel.arguments)
            continue
        soft = tuple(SOFT.get(name, name) for name in kernel.arguments)
        for kind, arguments in (("hard", kernel.arguments), ("soft", soft)):
            smoothing = {"label_smoothing": SMOOTHING}
            yield f"{kernel.name} {kind}", Call(kernel, arguments)
            yield f"{kernel.name} {kind} smoothed", Call(kernel, arguments, smoothing)


CALLS = dict(_calls())
"""By the kernel's name, which "hard" or "soft" follows if it takes labels, and "smoothed" if they
are smoothed."""
ELEMENTWISE = {name: call for name, call in CALLS.items() if call.kernel.elementwise}
ALONG_AN_AXIS = {name: call for name, call in CALLS.items() if call.kernel.axis}
