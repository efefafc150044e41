"""`make bench`: how many people a second, beside a script that does the same one at a time."""
