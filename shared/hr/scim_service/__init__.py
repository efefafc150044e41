"""SCIM 2.0's resources as a service provider has them: attributes, filters, patches, changes."""
