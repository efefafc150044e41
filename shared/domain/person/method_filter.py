"""Method filter: which people are meant, by what they have registered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from shared.domain.person.methods import HeldMethods, ResetRules

METHOD_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "sms": frozenset({"mobilePhone"}),
        "voice": frozenset({"mobilePhone", "alternateMobilePhone", "officePhone"}),
        "passkey": frozenset(
            {
                "fido2SecurityKey",
                "passKeyDeviceBound",
                "passKeyDeviceBoundAuthenticator",
                "passKeyDeviceBoundWindowsHello",
                "passKeySynced",
            }
        ),
        "authenticator": frozenset({"microsoftAuthenticatorPush"}),
        "oath": frozenset({"softwareOneTimePasscode", "hardwareOneTimePasscode"}),
        "questions": frozenset({"securityQuestion"}),
    }
)
"""What people call methods, by the names of Graph's `methodsRegistered`.

The report does not tell a text message from a call: a mobile phone is both.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFilter:
    """Whoever holds one of these methods, and nothing else that counts; empty sets ask nothing."""

    any_of: frozenset[str] = frozenset()
    """Names of the report; the person holds at least one of them."""
    only: frozenset[str] = frozenset()
    """The person holds something that counts on the day, and all of it is among these."""

    def means(self, held: HeldMethods | None, rules: ResetRules, day: date) -> bool:
        """Tells whether somebody is meant who holds this on that day; None: nobody knows what."""
        if not (self.any_of or self.only):
            return True
        if held is None or (self.any_of and not self.any_of & held.names):
            return False
        return not self.only or self._has_nothing_else(rules.counting(held, day))

    def _has_nothing_else(self, counting: frozenset[str]) -> bool:
        return bool(counting) and counting <= self.only


def named_methods(words: Iterable[str], rules: ResetRules) -> frozenset[str]:
    """Returns the report's names that these words mean, whatever their case.

    A word of nobody's is taken for a name of the report that this version does not know yet.
    """
    names = {name.lower(): frozenset({name}) for name in rules.methods}
    known = {**names, **METHOD_WORDS}
    return frozenset().union(*(known.get(word.lower(), frozenset({word})) for word in words))
