"""`make demo`: people onboarded, a rollout that stops by itself, and everything proved."""
