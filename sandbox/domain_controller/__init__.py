"""A real Active Directory domain: Samba, provisioned and seeded for the sandbox."""
