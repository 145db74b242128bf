"""Evidence for kernels and gradients: errors in ULP, gradient tests, references in mpmath.

Beside these, `theorems` and `model_theorems` have the proofs behind the kernels and the models, and
`error_bounds` what the kernels promise.
"""

from derivlib.evidence import references
from derivlib.evidence.gradient_check import (
    GradientReport,
    check_gradient,
    check_gradient_mp,
)
from derivlib.evidence.taylor import taylor_order
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
