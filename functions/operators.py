"""Who is asking: whoever holds a function key, or whom Entra vouches for."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from urllib.parse import unquote

import azure.functions as func

from functions.requests import token_of
from shared.contracts.api.operator_requests import ACTOR_HEADER, LONGEST_ACTOR, OPERATOR, READER
from shared.domain.errors import InvalidMessage, NotAuthenticated, NotAuthorised
from shared.ports.operators import OperatorTokens

_BEARER = "bearer"


class NotSignedIn(NotAuthenticated):
    """Nobody vouches for whoever asks."""


class NotAllowed(NotAuthorised):
    """Whoever asks may not do this; the text names the role that they lack."""


class Operators:
    """The door of the operator API.

    By key: the host lets in whoever holds a function key; the name that they give is but claimed.
    By token: what they show is checked here, whether App Service Authentication stands in front or
    not. What that tells of them in headers of its own counts for nothing: where it does not look,
    anybody could write them.
    """

    def __init__(self, tokens: OperatorTokens | None) -> None:
        """Takes note of what checks tokens; None where operators hold a key."""
        self._tokens = tokens

    @property
    def auth_level(self) -> func.AuthLevel:
        """What the Functions host itself asks for."""
        return func.AuthLevel.ANONYMOUS if self._tokens else func.AuthLevel.FUNCTION

    async def admit(self, method: str, headers: Mapping[str, str], now: datetime) -> str:
        """Let them in, and answer who it is as the audit is to say it.

        Args:
            method: of the request; whoever only looks needs less of a role.
            headers: by names in lower case.
            now: the time, in UTC.

        Raises:
            NotSignedIn: nobody vouches for them.
            NotAllowed: they lack the role.
            InvalidMessage: what they claim to be called is no name.
            DirectoryUnavailable: their token could not be checked.
        """
        if self._tokens is None:
            return _claimed(headers.get(ACTOR_HEADER, ""))
        shown = token_of(headers)
        if shown is None or shown.scheme != _BEARER or not shown.text:
            raise NotSignedIn("sign in with Entra; no bearer token was given")
        principal = await self._tokens.principal_of(shown.text, now)
        _check_roles(method, principal.roles)
        return f"entra: {_shown(principal.name)} ({_shown(principal.object_id)})"


def _claimed(header: str) -> str:
    try:
        name = unquote(header, errors="strict").strip()
    except UnicodeDecodeError:
        raise InvalidMessage(ACTOR_HEADER, "a name is percent-encoded UTF-8") from None
    if len(name) > LONGEST_ACTOR:
        raise InvalidMessage(ACTOR_HEADER, f"a name has at most {LONGEST_ACTOR} characters")
    if not name.isprintable():
        raise InvalidMessage(ACTOR_HEADER, "a name has no control characters")
    return f"key: {name}" if name else "key"


def _check_roles(method: str, roles: AbstractSet[str]) -> None:
    enough = {OPERATOR, READER} if method == "GET" else {OPERATOR}
    if enough.isdisjoint(roles):
        wanted = " or ".join(sorted(enough, reverse=True))
        raise NotAllowed(f"this needs the app role {wanted}")


def _shown(text: str) -> str:
    """As much of it as a name may have, and nothing that a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in text)[:LONGEST_ACTOR]
