"""Refusals: every request that is turned away at a door is counted there, and logged nowhere."""

from shared.bootstrap import App
from shared.domain.errors import (
    BadMediaType,
    LengthRequired,
    NotAuthenticated,
    NotAuthorised,
    SsprRolloutError,
    TooLarge,
    UnknownSource,
)
from shared.use_cases.onboarding.admit_sender import NotProved

_TURNED_AWAY = (
    *(NotAuthenticated, NotAuthorised, UnknownSource),
    *(TooLarge, LengthRequired, BadMediaType),
)
"""Before anything was read; what was read and refused is told its sender, who has proved itself."""


def count_refusal(app: App, door: str, error: SsprRolloutError, source: str | None = None) -> None:
    """Count an error, where it is one that turns a request away.

    Args:
        app: whose door it is.
        door: by its address.
        error: what is answered.
        source: in whose name the request came; anybody can make up names, so only that of a source
            that there is gets a count of its own.
    """
    if not isinstance(error, _TURNED_AWAY):
        return
    known = source if source in app.senders.sources else None
    reason = error.reason if isinstance(error, NotProved) else str(error)
    app.refused.count(door, known, reason, proved=known is not None and _is_proved(error))


def _is_proved(error: SsprRolloutError) -> bool:
    """Tells whether it is not for anybody to bring about: a secret was known, or a token good."""
    return isinstance(error, NotAuthorised) or (isinstance(error, NotProved) and error.holds_secret)
