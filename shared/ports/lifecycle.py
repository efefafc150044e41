"""Lifecycle Workflows that wait for a call."""

from typing import Protocol


class Lifecycle(Protocol):
    """Lifecycle Workflows of Entra ID Governance, where its workflows wait to hear from us."""

    async def resume(self, callback_path: str, *, completed: bool) -> bool:
        """Tells a waiting task its outcome; returns False if nobody waits there any more.

        Raises:
            DirectoryUnavailable: Graph did not take it.
        """
