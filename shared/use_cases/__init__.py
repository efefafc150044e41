"""What the product does: each use case a verb, run by a function, the CLI or the clock."""
