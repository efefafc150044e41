"""The rollout: planned, applied, expanded, judged, reconciled, controlled."""
