"""Checks what a request proves by itself; a token of Entra is checked by who can ask Entra."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.secrets import keys_of
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import NotAuthenticated
from shared.hr.kind import HrKinds
from shared.hr.proofs import static_secret
from shared.hr.proofs.signature import Signing
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest


def is_in_body(source: Source) -> bool:
    """Tells whether the body has to be read before the proof can be checked."""
    return bool(source.secret and source.secret.field)


def check_proof(
    source: Source,
    request: HrRequest,
    secrets: Mapping[str, bytes],
    now: datetime,
    *,
    value: Any = None,
    kinds: HrKinds = HR_KINDS,
) -> None:
    """Lets pass what is signed, or carries its secret; of keys and tokens others make sure.

    Raises:
        NotAuthenticated: the proof is missing or wrong.
    """
    try:
        if source.authentication is Authentication.HMAC:
            Signing.of(source, kinds).check(keys_of(source, secrets), request, now)
        if source.secret and source.authentication is Authentication.SECRET:
            static_secret.check(source.secret, keys_of(source, secrets), request, value)
    except (KeyError, ValueError):
        raise NotAuthenticated("the secret to check it with is missing or wrong") from None
