"""Licences: what has to be assigned to somebody who is to reset a password."""

from dataclasses import dataclass

ENTRA_ID_P1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
ENTRA_ID_P2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
BUSINESS_STANDARD = "f245ecc8-75af-4f8e-b61f-27d8114de5f3"
"""The subscription Microsoft 365 Business Standard (O365_BUSINESS_PREMIUM)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licences:
    """Ids in lower case; one of them is enough.

    Source: https://learn.microsoft.com/entra/identity/authentication/concept-sspr-licensing and
    https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference.
    """

    plans: frozenset[str] = frozenset({ENTRA_ID_P1, ENTRA_ID_P2})
    """Service plans with password writeback: they do for everybody."""
    cloud_only_skus: frozenset[str] = frozenset({BUSINESS_STANDARD})
    """Subscriptions with which people of the cloud alone may reset."""


DEFAULT_LICENCES = Licences()
