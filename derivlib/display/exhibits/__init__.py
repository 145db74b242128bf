"""What a reader turns and steps through: one exhibit a question, alive wherever a script runs."""

from derivlib.display.exhibits.exhibit import Exhibit
from derivlib.display.exhibits.layers import Network, SoftmaxLayer
from derivlib.display.exhibits.recurrence import Unrolled
from derivlib.display.exhibits.sigmoid import SigmoidTangent

__all__ = ["Exhibit", "Network", "SigmoidTangent", "SoftmaxLayer", "Unrolled"]
