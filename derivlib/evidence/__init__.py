"""Numbers that speak for a kernel or a gradient: its error in ULP, and tests of its derivative."""

from derivlib.evidence import references
from derivlib.evidence.gradient_check import (
    GradientReport,
    check_gradient,
    check_gradient_mp,
    taylor_order,
)
from derivlib.evidence.ulp import ULPReport, measure_ulp, ulp, ulp_error

__all__ = [
    "GradientReport",
    "ULPReport",
    "check_gradient",
    "check_gradient_mp",
    "measure_ulp",
    "references",
    "taylor_order",
    "ulp",
    "ulp_error",
]
