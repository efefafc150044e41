"""Which sync carries what is written to AD into Entra, and what may be expected of it."""

from enum import StrEnum
from typing import Self


class SyncMode(StrEnum):
    """The sync of a worker's domain, as the worker is told; each with a sentence."""

    text: str

    def __new__(cls, value: str, text: str = "") -> Self:
        """Makes a member that is its value and knows its text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    CONNECT = (
        "connect",
        "Entra Connect: the worker starts a cycle for what it has written; minutes.",
    )
    # How often: "Cloud sync deep dive - how it works", Microsoft Learn, read on 29 Nov 2026.
    CLOUD = (
        "cloud",
        "Entra Cloud Sync: it runs by itself every 2 minutes, and nobody can start it.",
    )
    NONE = (
        "none",
        "Entra Connect's own scheduler: every 30 minutes by default; the worker starts nothing.",
    )
