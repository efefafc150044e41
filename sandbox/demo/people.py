"""The people of the second act: who belongs in, who registers when, who forgets a password."""

from collections.abc import Collection, Sequence
from random import Random

from sandbox.company import Company, Employee, Home
from sandbox.console import Console
from sandbox.observed import members_in_ad

PASSWORD = "Found-Again-2!"
_REGISTERS = 0.25
"""The share of those not registered yet who register in half a day."""
_MIXES = (
    ["mobilePhone"],
    ["mobilePhone", "passKeySynced"],
    ["email", "mobilePhone"],
    ["microsoftAuthenticatorPush", "softwareOneTimePasscode"],
)
_SHARES = (0.3, 0.2, 0.3, 0.2)
"""Half of them have SMS and nothing else that counts; some of these a passkey beside it."""
_FORGET = 8
"""People who forget their password in half a day."""


def belongs_in(person: Employee) -> bool:
    """Whether a rollout to everybody is to put the person in, by the company's own records."""
    return person.home is not Home.HR_ONLY and not person.is_special


class Crowd:
    """What people do while nobody looks: register, forget, reset."""

    def __init__(self, console: Console, company: Company) -> None:
        self._console = console
        self._synced = {
            person.sam_account_name: person.user_principal_name for person in company.people_in_ad
        }
        self._dice = Random(7)
        self._registered: set[str] = set()

    def live_half_a_day(self) -> dict[str, int]:
        """Some of those in AD's group register, some reset; how their resets ended, by code."""
        names = {self._synced[name] for name in members_in_ad(self._console.layout)}
        waiting = sorted(names - self._registered)
        registering = self._dice.sample(waiting, round(len(waiting) * _REGISTERS))
        self._registered.update(registering)
        self._register(registering)
        forgetful = sorted(self._registered & names)
        return self._reset(self._dice.sample(forgetful, min(_FORGET, len(forgetful))))

    def _register(self, upns: Sequence[str]) -> None:
        """Each registers what people like them do."""
        mixes = self._dice.choices(_MIXES, _SHARES, k=len(upns))
        for mix in _MIXES:
            of_it = [upn for upn, chosen in zip(upns, mixes, strict=True) if chosen == mix]
            if of_it:
                self._post("registrations", of_it, methods=mix)

    def _reset(self, upns: Collection[str]) -> dict[str, int]:
        ended = self._post("resets", upns, newPassword=PASSWORD)
        codes = [one["code"] for one in ended] if isinstance(ended, list) else []
        return {code: codes.count(code) for code in sorted(set(codes))}

    def _post(self, what: str, upns: Collection[str], **more: object) -> Sequence[dict[str, str]]:
        body = {"userPrincipalNames": list(upns), **more}
        answer = self._console.tenant.post(f"/sandbox/{what}", json=body).raise_for_status()
        found: Sequence[dict[str, str]] = answer.json()
        return found
