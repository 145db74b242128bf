"""SciPy's tests of softmax, log_softmax, logsumexp, expit and log_expit."""

from __future__ import annotations

from typing import Any

import pytest

import derivlib
from tests.foreign import shims
from tests.foreign.shims import LeftOut

_sums: Any = pytest.importorskip("scipy.special.tests.test_logsumexp")
_logits: Any = pytest.importorskip("scipy.special.tests.test_logit")

for _name in ("softmax", "log_softmax", "logsumexp"):
    setattr(_sums, _name, getattr(shims, _name))
_logits.expit, _logits.log_expit = derivlib.sigmoid, derivlib.log_sigmoid

TestLogSumExp = _sums.TestLogSumExp
TestSoftmax = _sums.TestSoftmax
TestLogSoftmax = _sums.TestLogSoftmax
TestExpit = _logits.TestExpit
TestLogExpit = _logits.TestLogExpit

LEFT_OUT = [
    LeftOut(r"complex|(\d|inf)j|gh21610|gh21709", TypeError, "complex numbers"),
]
