"""The parts of the rollout document: text, vocabulary, rules, reasons and meaning."""
