"""AMQP 1.0 on the wire: types, performatives, frames and message sections.

Source: OASIS AMQP 1.0, parts 1 (types), 2 (transport), 3 (messaging) and 5 (security).
"""
