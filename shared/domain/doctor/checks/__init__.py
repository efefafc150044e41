"""The checks, a file each; `registry.py` says which there are."""
