"""`python -m hybrid_worker check`: proves every right the worker needs, from its own machine."""
