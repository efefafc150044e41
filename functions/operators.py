"""Who is asking: whoever holds a function key, or whom Entra vouches for."""

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import unquote

import azure.functions as func

from shared.contracts.api.operator_requests import ACTOR_HEADER, LONGEST_ACTOR, OPERATOR, READER
from shared.domain.errors import InvalidMessage, NotAuthenticated, NotAuthorised

PRINCIPAL_HEADER = "x-ms-client-principal"
_ENTRA = "aad"
# App Service gives most claims another name. The app roles keep theirs although `role_typ` names
# a claim that is never there. Source: "Work with user identities in App Service authentication",
# Microsoft; Azure/azure-functions-host issue 3898.
_ROLES = "roles"
_OBJECT_IDS = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_NAMES = ("preferred_username", "name", "azp", "appid")
"""Where the claim of `name_typ` is missing; an app that asks for itself has but its client id."""


class NotSignedIn(NotAuthenticated):
    """Nobody vouches for whoever asks."""


class NotAllowed(NotAuthorised):
    """Whoever asks may not do this; the text names the role that they lack."""


class Operators:
    """The door of the operator API.

    `key`: the host lets in whoever holds a function key; the name that they give is but claimed.
    `entra`: App Service Authentication stands in front, has checked the token, and tells its
    claims in a header that it takes off every request from outside. Where it does not stand
    there anybody could write that header; the settings refuse to start so.
    """

    def __init__(self, mode: Literal["key", "entra"]) -> None:
        self._mode = mode

    @property
    def auth_level(self) -> func.AuthLevel:
        """What the Functions host itself asks for."""
        return func.AuthLevel.FUNCTION if self._mode == "key" else func.AuthLevel.ANONYMOUS

    def admit(self, method: str, headers: Mapping[str, str]) -> str:
        """Let them in, and answer who it is as the audit is to say it.

        Raises:
            NotSignedIn: nobody vouches for them.
            NotAllowed: they lack the role.
            InvalidMessage: what they claim to be called is no name.
        """
        if self._mode == "key":
            return _claimed(headers.get(ACTOR_HEADER, ""))
        name_type, claims = _claims(headers.get(PRINCIPAL_HEADER, ""))
        _check_roles(method, claims.get(_ROLES, ()))
        object_id = _first(claims, _OBJECT_IDS)
        if object_id is None:
            raise NotSignedIn("the token names no object id")
        name = _first(claims, (name_type, *_NAMES)) or "unnamed"
        return f"entra: {_shown(name)} ({_shown(object_id)})"


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


def _claims(header: str) -> tuple[str, Mapping[str, Sequence[str]]]:
    """Under which claim the name is, and all claims."""
    if not header:
        raise NotSignedIn("sign in with Entra; no token was given")
    claims: defaultdict[str, list[str]] = defaultdict(list)
    try:
        principal = json.loads(b64decode(header, validate=True))
        if principal["auth_typ"] != _ENTRA:
            raise NotSignedIn(f"sign in with Entra, not with {_shown(principal['auth_typ'])}")
        for claim in principal["claims"]:
            claims[claim["typ"]].append(str(claim["val"]))
        return str(principal.get("name_typ")), claims
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotSignedIn(f"{PRINCIPAL_HEADER} is not as App Service writes it") from None


def _check_roles(method: str, roles: Sequence[str]) -> None:
    enough = {OPERATOR, READER} if method == "GET" else {OPERATOR}
    if enough.isdisjoint(roles):
        wanted = " or ".join(sorted(enough, reverse=True))
        raise NotAllowed(f"this needs the app role {wanted}")


def _first(claims: Mapping[str, Sequence[str]], names: Sequence[str]) -> str | None:
    return next((claims[name][0] for name in names if claims.get(name)), None)


def _shown(text: Any) -> str:
    """As much of it as a name may have, and nothing that a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in str(text))[:LONGEST_ACTOR]
