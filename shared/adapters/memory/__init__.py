"""Every port in memory: for tests of use cases in milliseconds, and for whoever has no Azure.

Proved by the suites of `tests/ports`, which the real adapters pass as well. There is no clock here
and nothing global: what takes time elsewhere waits to be told that it has passed, and every
method of every port hands over control where it would wait for the network.
"""
