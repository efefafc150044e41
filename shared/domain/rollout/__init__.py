"""The rollout: its document, its state, its calendar and cohorts, and its gates."""
