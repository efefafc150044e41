"""People come and go: events, HR systems, operators' overrides, those who wait."""
