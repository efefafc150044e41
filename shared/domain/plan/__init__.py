"""The plan: everybody listed, what is wanted of each, and the difference to what is."""
