"""The refuter: both sides at random points, in intervals that enclose their values.

It shares no rule with the prover, and reads no more than the trees, so that a bug in one is seen by
the other: every proof is examined here before it is told.
"""
