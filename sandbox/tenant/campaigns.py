"""Microsoft's two registration campaigns: who is interrupted at sign-in, and for what.

By the tenant's clock: the campaign for SSPR of July 2026 (message center MC1325414), for whoever
has registered too little for a reset; and the one for passkeys of September 2026, for whoever is
enabled for SMS or voice, which from 1 February 2027 blocks whoever has nothing else.

Sources, read on 30 November 2026:
https://learn.microsoft.com/entra/identity/authentication/concept-sms-voice-retirement and
https://learn.microsoft.com/entra/identity/authentication/how-to-mfa-registration-campaign
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sandbox.tenant.directory import User
from sandbox.tenant.methods import BY_PHONE, PHONES_END, STRONG, is_registered
from sandbox.tenant.tenant import Tenant

SSPR_BEGINS = datetime(2026, 7, 6, tzinfo=UTC).timestamp()
PASSKEYS_BEGIN = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
SNOOZE_SECONDS = 24 * 60 * 60.0
"""One day is the default of `snoozeDurationInDays`; the number of snoozes is not limited."""
PASSKEYS = frozenset(
    {
        "fido2SecurityKey",
        "passKeyDeviceBound",
        "passKeyDeviceBoundAuthenticator",
        "passKeyDeviceBoundWindowsHello",
        "passKeySynced",
    }
)
_PHISHING_RESISTANT = PASSKEYS | {"windowsHelloForBusiness"}
_OF_RESETS = frozenset(
    {
        *BY_PHONE,
        "email",
        "hardwareOneTimePasscode",
        "microsoftAuthenticatorPush",
        "securityQuestion",
        "softwareOneTimePasscode",
    }
)


class Campaign(StrEnum):
    """Which of the two; the setting `campaigns` names those that are on."""

    SSPR = "sspr"
    PASSKEY = "passkey"


@dataclass(frozen=True)
class Nudge:
    """What somebody is asked for between the second factor and what they came for."""

    campaign: Campaign
    methods: frozenset[str]
    """Any of them will do."""
    blocks: bool = False
    """Whether it cannot be skipped."""

    def described(self) -> dict[str, Any]:
        """The nudge as the page shows it."""
        return {
            "campaign": self.campaign,
            "methods": sorted(self.methods),
            "blocks": self.blocks,
        }


def nudge_of(tenant: Tenant, user: User, at: float) -> Nudge | None:
    """What interrupts the user's sign-in at that time; the campaign that blocks comes first."""
    on = tenant.settings.campaigns
    passkey = _passkey_nudge(tenant, user, at) if Campaign.PASSKEY in on else None
    if passkey and passkey.blocks:
        return passkey
    if user.snoozed_until is not None and at < user.snoozed_until:
        return None
    return passkey or (_sspr_nudge(tenant, user, at) if Campaign.SSPR in on else None)


def answer(tenant: Tenant, user: User, methods: list[str], *, skips: bool) -> None:
    """Take what the user does at the nudge; saves nothing.

    Raises:
        ValueError: nobody asks, it cannot be skipped, or none of the methods is asked for.
    """
    now = tenant.clock.now()
    nudge = nudge_of(tenant, user, now)
    if nudge is None:
        raise ValueError("userPrincipalName: nothing interrupts this user's sign-in now")
    if skips:
        if nudge.blocks:
            raise ValueError("skip: this user has to register a passkey first")
        user.snoozed_until = now + SNOOZE_SECONDS
    else:
        if not nudge.methods.intersection(methods):
            raise ValueError(f"methods: one of {', '.join(sorted(nudge.methods))} is asked for")
        user.methods = sorted({*user.methods, *methods})
        user.registered_at = now
    tenant.directory.put_user(user)


def _passkey_nudge(tenant: Tenant, user: User, at: float) -> Nudge | None:
    """A passkey of whoever the policy enables for SMS or voice and who has none."""
    enabled = BY_PHONE.intersection(user.methods).difference(tenant.settings.disabled_methods)
    if at < PASSKEYS_BEGIN or not enabled or _PHISHING_RESISTANT.intersection(user.methods):
        return None
    others = (STRONG | {"hardwareOneTimePasscode"}) - BY_PHONE
    blocks = at >= PHONES_END and not others.intersection(user.methods)
    return Nudge(Campaign.PASSKEY, PASSKEYS, blocks)


def _sspr_nudge(tenant: Tenant, user: User, at: float) -> Nudge | None:
    if at < SSPR_BEGINS or not tenant.sspr_enabled(user, tenant.in_scope()):
        return None
    return None if is_registered(user, tenant.settings) else Nudge(Campaign.SSPR, _OF_RESETS)
