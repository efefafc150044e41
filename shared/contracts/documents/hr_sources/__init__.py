"""The parts of the file of HR sources: vocabulary, expressions and rules."""
