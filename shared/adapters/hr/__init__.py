"""The file of HR sources, and what their proofs are checked with."""
