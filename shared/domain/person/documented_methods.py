"""The methods that Microsoft documents: which count for SSPR, until when, and where it says so.

A rollout document may differ from it, method by method, and add names that are not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from shared.domain.person.methods import MethodRule, ResetRules

READ_ON: Final = date(2026, 11, 30)
"""When the pages below were last read; a test asks for another reading after 180 days."""

_LEARN = "https://learn.microsoft.com/entra/identity/authentication/"
_METHODS = f"{_LEARN}concept-authentication-methods"
_RETIREMENT = f"{_LEARN}concept-sms-voice-retirement"
_QUESTIONS = f"{_LEARN}concept-authentication-security-questions"

SMS_AND_VOICE_END: Final = date(2027, 2, 1)
"""Microsoft's own SMS and voice end; of global administrators and external users on 1 July 2027.

Everybody is counted by the earlier day: nobody is said to be able who is not. A tenant with a
provider of its own goes on: its rollout document says so.
"""
QUESTIONS_END: Final = date(2027, 3, 1)
"""Security questions are retired from SSPR "in March 2027", message center MC1234564.

No day is named: the first is taken, from which on nobody can rely on them. For administrators
they never counted:
https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy#administrator-reset-policy-differences
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedMethod:
    """What is known of one method, and the page that says so."""

    rule: MethodRule
    source: str


def _counts(source: str = _METHODS) -> DocumentedMethod:
    return DocumentedMethod(rule=MethodRule(), source=source)


def _ends() -> DocumentedMethod:
    return DocumentedMethod(rule=MethodRule(until=SMS_AND_VOICE_END), source=_RETIREMENT)


def _is_no_method() -> DocumentedMethod:
    return DocumentedMethod(rule=MethodRule(counts=False), source=_METHODS)


DOCUMENTED: Final[Mapping[str, DocumentedMethod]] = MappingProxyType(
    {
        "email": _counts(),
        "hardwareOneTimePasscode": _counts(),
        "microsoftAuthenticatorPush": _counts(),
        "softwareOneTimePasscode": _counts(),
        "securityQuestion": DocumentedMethod(
            rule=MethodRule(until=QUESTIONS_END, of_administrators=False), source=_QUESTIONS
        ),
        "mobilePhone": _ends(),
        "alternateMobilePhone": _ends(),
        "officePhone": _ends(),
        "externalAuthMethod": _is_no_method(),
        "fido2SecurityKey": _is_no_method(),
        "macOsSecureEnclaveKey": _is_no_method(),
        "microsoftAuthenticatorPasswordless": _is_no_method(),
        "passKeyDeviceBound": _is_no_method(),
        "passKeyDeviceBoundAuthenticator": _is_no_method(),
        "passKeyDeviceBoundWindowsHello": _is_no_method(),
        "passKeySynced": _is_no_method(),
        "qrCode": _is_no_method(),
        "temporaryAccessPass": _is_no_method(),
        "windowsHelloForBusiness": _is_no_method(),
    }
)
"""By the names of Graph's `methodsRegistered`.

Source of the names: https://learn.microsoft.com/graph/api/resources/userregistrationdetails
"""

DOCUMENTED_RULES: Final = ResetRules(
    methods=MappingProxyType({name: one.rule for name, one in DOCUMENTED.items()})
)
"""What holds where a rollout document says nothing: one method, administrators two."""
