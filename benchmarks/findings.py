"""What the accuracy campaign finds: the worst of a kernel, and each sample that breaks a bound."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Breach:
    """A row of logits on which a kernel is worse than its promise or a goal.

    Attributes:
        inputs: the kernel's arguments by name, as hexadecimal floats, which say every bit.
        index: where in the result the largest error is.
    """

    kernel: str
    kind: str
    unit: str
    family: str
    dtype: str
    error: float
    allowed: float
    inputs: dict[str, list[str]]
    index: tuple[int, ...]
    expected: str
    got: str


@dataclass(frozen=True)
class Finding:
    """The largest error of one function on one family, and where it is."""

    kernel: str
    kind: str
    unit: str
    family: str
    dtype: str
    who: str
    error: float
    values: int
    logits: str
    label: str
    index: tuple[int, ...]
    expected: str
    got: str
    breaches: tuple[Breach, ...] = field(default=(), repr=False)

    @property
    def key(self) -> tuple[str, ...]:
        return self.kernel, self.kind, self.family, self.dtype, self.who

    @property
    def name(self) -> str:
        return f"{self.kernel} ({self.kind})" if self.kind else self.kernel
