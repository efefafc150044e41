"""What a trigger reads of an HTTP request beside its body."""

from collections.abc import Mapping

import azure.functions as func

from shared.use_cases.onboarding.admit_sender import Token


def lowered_headers(req: func.HttpRequest) -> Mapping[str, str]:
    """The headers by their names in lower case."""
    return {name.lower(): value for name, value in req.headers.items()}


def token_of(headers: Mapping[str, str]) -> Token | None:
    """What a sender shows for itself; the names of headers are in lower case."""
    scheme, _, text = headers.get("authorization", "").strip().partition(" ")
    return Token(scheme=scheme.lower(), text=text.strip()) if scheme else None
