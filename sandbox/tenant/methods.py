"""What SSPR takes of the methods that people have registered, on the tenant's clock.

It judges for itself, and shares no table with the product. Sources, read on 30 November 2026, the
first a day before:
https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods,
https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy,
https://learn.microsoft.com/entra/identity/authentication/concept-sms-voice-retirement and
https://learn.microsoft.com/entra/identity/authentication/concept-authentication-security-questions
"""

from datetime import UTC, datetime

from sandbox.tenant.directory import User
from sandbox.tenant.settings import Settings

STRONG = frozenset(
    {"mobilePhone", "microsoftAuthenticatorPush", "softwareOneTimePasscode", "fido2SecurityKey"}
)
"""Methods of multifactor authentication, as far as people here register them."""
BY_PHONE = frozenset({"mobilePhone", "alternateMobilePhone", "officePhone"})
_LASTING = frozenset(
    {
        "email",
        "hardwareOneTimePasscode",
        "microsoftAuthenticatorPush",
        "securityQuestion",
        "softwareOneTimePasscode",
    }
)
PHONES_END = datetime(2027, 2, 1, tzinfo=UTC).timestamp()
QUESTIONS_END = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
"""Microsoft says "in March 2027" and names no day: here they are gone on the first."""


def is_registered(user: User, settings: Settings) -> bool:
    """Whether as many methods are registered as SSPR asks for, whatever the policy allows.

    That is how the report's `isSsprRegistered` is documented. What it says of methods that have
    ended is not; here it goes on counting them, so that nobody may rely on it.
    """
    return len(BY_PHONE.union(_LASTING).intersection(user.methods)) >= needed(user, settings)


def can_prove_identity(user: User, settings: Settings, at: float) -> bool:
    """Whether the reset page, at that time, would take enough of what the user has registered."""
    return len(accepted(user, settings, at)) >= needed(user, settings)


def accepted(user: User, settings: Settings, at: float) -> frozenset[str]:
    """Those of the user's methods that the reset page takes at that time."""
    there = _LASTING if at >= PHONES_END else _LASTING | BY_PHONE
    if user.roles or at >= QUESTIONS_END:
        there -= {"securityQuestion"}
    return there.intersection(user.methods).difference(settings.disabled_methods)


def needed(user: User, settings: Settings) -> int:
    """How many methods a reset asks this user for; administrators always two."""
    return 2 if user.roles else settings.methods_required
