"""The file of HR sources, and the tokens of those who send."""
