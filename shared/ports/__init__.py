"""What the use cases need from the world: narrow protocols, each beside its records."""
