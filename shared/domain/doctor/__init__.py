"""The doctor: what is known of the tenant and of the host, and whether a reset would work."""
