"""The shims know every option that a kernel has, whatever it is called."""

from __future__ import annotations

import inspect

import derivlib

ARRAYS = {"z", "p", "v", "g", "logits", "labels"}
OPTIONS = {"axis", "keepdims", "label_smoothing", "out", "return_sign"}
OPTIONS |= {"where", "weights", "class_weights", "ignore_index"}


def test_every_option_is_known() -> None:
    """A new one goes into the shims, and what waited for it out of a `LEFT_OUT`."""
    for name in derivlib.__all__:
        parameters = inspect.signature(getattr(derivlib, name)).parameters
        assert parameters.keys() <= ARRAYS | OPTIONS, name
