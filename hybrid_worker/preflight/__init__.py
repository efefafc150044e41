"""Whether a password reset would be written back: looked at in AD, without writing anything."""
