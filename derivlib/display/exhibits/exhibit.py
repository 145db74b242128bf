"""The exhibit: numbers that depend on a few parameters, drawn while a reader turns these."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import traitlets

from derivlib.display.controls import Control
from derivlib.display.figures import Figure
from derivlib.display.touchable import Touchable

__all__ = ["Exhibit"]


class Exhibit(Touchable):
    """What all exhibits have; a subclass names its parameters, and computes and draws with them.

    Its module computes the same numbers by itself, so that it needs no kernel; a test compares
    the two over the whole range. Where no script runs, a picture of the start is seen.

    Args:
        start: values for some of the parameters; the others start where `controls` says.

    Attributes:
        state: the parameters as the reader has set them, by name.

    Raises:
        TypeError: there is no such parameter, or a value is not a number.
        ValueError: a value is out of its range.
    """

    title: ClassVar[str] = ""
    controls: ClassVar[tuple[Control, ...]] = ()

    state = traitlets.Dict().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init__(self, **start: float) -> None:
        controls = [control.spec() for control in self.controls]
        spec = {"title": self.title, "controls": controls, "data": self.data()}
        super().__init__(state=self.checked(start), spec=spec)

    @classmethod
    def checked(cls, given: Mapping[str, object]) -> dict[str, float]:
        """A value for each parameter: those that are given, checked, and else where it starts."""
        known = {control.name: control for control in cls.controls}
        for name in given:
            if name not in known:
                raise TypeError(
                    f"{name}: no parameter of {cls.__name__}, which has {', '.join(known)}"
                )
        return {
            name: control.checked(given[name]) if name in given else control.start
            for name, control in known.items()
        }

    @traitlets.validate("state")
    def _valid(self, proposal: dict[str, Any]) -> dict[str, float]:
        return self.checked(proposal["value"])

    @classmethod
    def data(cls) -> dict[str, Any]:
        """What the module computes with beside the parameters, as a data set; often nothing."""
        return {}

    @classmethod
    def numbers(cls, **state: float) -> dict[str, Any]:
        """What is shown, by name: numbers and nested lists, computed with derivlib."""
        raise NotImplementedError

    def picture(self) -> Figure:
        """What is seen where no script runs."""
        raise NotImplementedError

    @classmethod
    def grid(cls, most: int = 400) -> Iterator[dict[str, float]]:
        """States over the whole range: every combination, or `most` of them, evenly chosen."""
        axes = [list(control.values()) for control in cls.controls]
        count = 1
        for axis in axes:
            count *= len(axis)
        for n in range(min(count, most)):
            # A stride that shares no factor with the lengths visits each value of every axis.
            place = n if count <= most else (n * (count // most) + n * n) % count
            state = {}
            for control, axis in zip(cls.controls, axes, strict=True):
                place, at = divmod(place, len(axis))
                state[control.name] = axis[at]
            yield state
        for ends in itertools.islice(itertools.product(*((a[0], a[-1]) for a in axes)), 64):
            yield dict(zip((c.name for c in cls.controls), ends, strict=True))

    def values(self) -> dict[str, Any]:
        return {"state": dict(self.state), "spec": dict(self.spec)}

    def twin(self) -> dict[str, str]:
        return self.picture().bundle()
