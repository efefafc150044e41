"""`make bench`: how long plans take, and how many people a second, each beside a script."""
