"""The triggers: each reads its input, runs one use case, and returns or raises."""
