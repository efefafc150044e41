"""What the worker works by and will end: certificates, its password, its account."""
