"""The prover: a normal form that holds for all sizes, and the test whether it is zero.

Each rewrite is an identity wherever both of its sides are defined; what it needs beyond that is
in its docstring, and what is not discharged becomes a condition of the verdict.
"""
