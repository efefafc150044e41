"""The users that SCIM clients have written, as they read them back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from shared.domain.errors import SsprRolloutError

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class UserNameTaken(SsprRolloutError):
    """Another user of the source has this userName."""


class ScimKey(StrEnum):
    """By what a user is found. These words are stored."""

    USER_NAME = "userName"
    EXTERNAL_ID = "externalId"
    EMPLOYEE_NUMBER = "employeeNumber"
    EMAIL = "emails"

    def folded(self, value: str) -> str:
        """Returns the value as it is compared: of an externalId each letter counts."""
        return value if self is ScimKey.EXTERNAL_ID else value.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimUser:
    """A user as one source has written it."""

    source: str
    id: str
    attributes: Mapping[str, Any]
    """Those that are kept, in the schema's spelling."""
    created_at: datetime
    changed_at: datetime
    version: int = 1
    """One more with every change."""

    def values(self) -> Iterator[tuple[ScimKey, str]]:
        """Yields by what it is found: each key with its folded value, once."""
        number = self.attributes.get(_ENTERPRISE, {}).get("employeeNumber")
        addresses = [one.get("value") for one in self.attributes.get("emails", ())]
        said = [
            (ScimKey.USER_NAME, self.attributes["userName"]),
            (ScimKey.EXTERNAL_ID, self.attributes.get("externalId")),
            (ScimKey.EMPLOYEE_NUMBER, number),
            *((ScimKey.EMAIL, one) for one in addresses),
        ]
        yield from dict.fromkeys((key, key.folded(value)) for key, value in said if value)


class ScimUsers(Protocol):
    """What SCIM clients have written; each source sees its own users alone."""

    async def find(self, source: str, user_id: str) -> ScimUser | None:
        """Returns the user, or None if there is none of that id."""

    async def find_by(self, source: str, key: ScimKey, value: str) -> Sequence[ScimUser]:
        """Returns the users that have this value, however it is written, ordered by id."""

    async def page(self, source: str, *, skip: int, most: int) -> tuple[Sequence[ScimUser], int]:
        """Returns `most` users after the first `skip`, ordered by id, and how many there are."""

    async def create(self, user: ScimUser) -> None:
        """Keeps a user who is new.

        Raises:
            UserNameTaken: another user has the name.
            InvalidMessage: it is larger than the ledger takes.
        """

    async def replace(self, before: ScimUser, after: ScimUser) -> None:
        """Puts one in the place of the other, as it was read.

        Raises:
            UserNameTaken: another user has the new name.
            LedgerConflict: the user was changed or deleted meanwhile.
            InvalidMessage: it is larger than the ledger takes.
        """

    async def delete(self, user: ScimUser) -> None:
        """Forgets the user as it was read, and everything by which it is found.

        Raises:
            LedgerConflict: the user was changed or deleted meanwhile.
        """
