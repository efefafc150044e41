"""Entra as an issuer: tokens of those who ask, checked by the keys that it publishes."""
