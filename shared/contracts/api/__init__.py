"""What the operator API takes and answers with: app and command line use the same."""
