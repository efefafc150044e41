"""A simulated Entra tenant: Graph, its identity endpoint, and SSPR itself, at the wire."""
