"""Documents that operators write, in YAML: every finding has its line and column."""
