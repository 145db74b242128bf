"""What a reader turns and steps through: one exhibit a question, alive wherever a script runs."""

from derivlib.display.exhibits.binary_cross_entropy import TwoLosses
from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.exhibits.layers import Network, SoftmaxLayer
from derivlib.display.exhibits.logistic_regression import DescentPlane, OringCurve
from derivlib.display.exhibits.recurrence import Unrolled
from derivlib.display.exhibits.sigmoid import DeepLayers, SigmoidTangent
from derivlib.display.exhibits.softmax_cross_entropy import SoftmaxStep
from derivlib.display.exhibits.softmax_jacobian import Simplex, Temperature

__all__ = [
    "DeepLayers",
    "DescentPlane",
    "Exhibit",
    "Network",
    "OringCurve",
    "SigmoidTangent",
    "Simplex",
    "SoftmaxLayer",
    "SoftmaxStep",
    "Temperature",
    "TwoLosses",
    "Unrolled",
]
