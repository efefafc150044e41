"""The on-premises process: directory commands in, one AD group and one delta sync, results out."""
