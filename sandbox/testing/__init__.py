"""One part of the sandbox at a time, started for a test and stopped after it."""
