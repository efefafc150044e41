"""Active Directory through LDAPS: who is meant, and the one group that may be written."""
