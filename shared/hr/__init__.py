"""What HR systems send, one file a kind: their words into onboarding events, and their proofs."""
