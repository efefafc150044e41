"""An HR system's export in CSV, as it comes: its encoding, headings, dates and words."""
