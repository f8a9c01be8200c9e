"""Proof by execution: the cases, the prover that runs them, and what its answers mean."""
