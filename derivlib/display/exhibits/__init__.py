"""What a reader turns and steps through: one exhibit a question, alive wherever a script runs."""

from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.exhibits.logistic_regression import DescentPlane, OringCurve
from derivlib.display.exhibits.sigmoid import SigmoidTangent
from derivlib.display.exhibits.softmax_cross_entropy import SoftmaxStep

__all__ = ["DescentPlane", "Exhibit", "OringCurve", "SigmoidTangent", "SoftmaxStep"]
