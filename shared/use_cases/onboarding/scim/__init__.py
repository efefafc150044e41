"""A SCIM 2.0 service provider: what connectors write is kept, and what it means goes on."""
