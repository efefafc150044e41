"""The kinds of gates, one file each, and the registry that everything else finds them by."""
