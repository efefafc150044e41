"""Who is asking: whoever holds a function key, or whom Entra vouches for."""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import azure.functions as func

from shared.domain.errors import InvalidMessage, SsprRolloutError

READER = "Rollout.Reader"
OPERATOR = "Rollout.Operator"
ACTOR_HEADER = "x-sspr-actor"
PRINCIPAL_HEADER = "x-ms-client-principal"
_LONGEST_NAME = 100
_ENTRA = "aad"
# App Service renames most claims, and leaves the roles of an app under their own name although
# `role_typ` says otherwise. Source: azure-functions-host #3898 and App Service's documentation.
_ROLES = "roles"
_OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_NAMES = ("preferred_username", "name", "azp", "appid")
"""Beside `name_typ`; an app that asks for itself has no name but its client id."""


class NotSignedIn(SsprRolloutError):
    """Nobody vouches for whoever asks."""


class NotAllowed(SsprRolloutError):
    """Whoever asks may not do this; the text names the role that they lack."""


class Operators:
    """The door of the operator API.

    `key`: the host lets in whoever holds a function key; the name they give is only claimed.
    `entra`: App Service Authentication stands in front, has checked the token and tells its
    claims in a header, which it takes away from everybody else's requests. Where it does not
    stand in front, that header is worth nothing, and the settings refuse this mode.
    """

    def __init__(self, mode: Literal["key", "entra"]) -> None:
        self._mode = mode

    @property
    def auth_level(self) -> func.AuthLevel:
        """What the Functions host itself is to ask for."""
        return func.AuthLevel.FUNCTION if self._mode == "key" else func.AuthLevel.ANONYMOUS

    def admit(self, method: str, headers: Mapping[str, str]) -> str:
        """Who asks, as the audit is to say it.

        Raises:
            NotSignedIn: nobody vouches for them.
            NotAllowed: they may not do this.
            InvalidMessage: the name they claim cannot be a name.
        """
        if self._mode == "key":
            return _claimed(headers.get(ACTOR_HEADER, ""))
        principal = _principal(headers.get(PRINCIPAL_HEADER, ""))
        _check_role(method, principal.get(_ROLES, ()))
        return principal.name


def _claimed(name: str) -> str:
    name = name.strip()
    if len(name) > _LONGEST_NAME:
        raise InvalidMessage(ACTOR_HEADER, f"a name has at most {_LONGEST_NAME} characters")
    if not name.isprintable():
        raise InvalidMessage(ACTOR_HEADER, "a name has no control characters")
    return f"key: {name}" if name else "key"
