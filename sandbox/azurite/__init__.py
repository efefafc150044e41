"""Azurite, Microsoft's storage emulator, pinned and run on loopback."""
