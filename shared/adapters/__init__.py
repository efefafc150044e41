"""The world behind the ports; the only place with SDKs, imported where they are used."""
