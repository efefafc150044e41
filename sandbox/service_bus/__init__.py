"""A Service Bus for one machine, which the unmodified SDK talks to: queues over AMQP 1.0.

Start it with `python -m sandbox.service_bus --help`.
"""
