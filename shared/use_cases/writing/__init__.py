"""Memberships are written, answered and followed until Entra shows them."""
