"""Users as a connector writes and reads them; what a change means goes to the queue first.

An event is sent before its change is kept, under an id that a second try has as well: a change that
is kept without its event would never be told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.api.scim_answers import Json, ScimProblem, ScimRefusal
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import OFFBOARDED
from shared.domain.errors import LedgerConflict
from shared.hr.scim import employee_number_of
from shared.hr.scim_service.changes import event_of_change, who_is_meant
from shared.hr.scim_service.discovery import MOST_RESULTS
from shared.hr.scim_service.filters import INDEXED, Term, matches, read_filter
from shared.hr.scim_service.resource import read_user, represented
from shared.hr.translation import Event, digest
from shared.ports.door_key import DoorKey
from shared.ports.outbox import Outbox
from shared.ports.scim_users import ScimKey, ScimUser, ScimUsers, UserNameTaken
from shared.use_cases.onboarding.door_proofs import send_from_door

_MOST_TRIES = 5
type Change = Callable[[Mapping[str, Any]], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The users of one source, as it is served now."""

    source: Source
    users: ScimUsers
    outbox: Outbox
    door_key: DoorKey
    base: str
    """The address of the service."""
    now: datetime

    def written(self, user: ScimUser) -> Json:
        """Returns the user as it is answered."""
        meta = {
            "created": user.created_at.isoformat(),
            "lastModified": user.changed_at.isoformat(),
            "location": self.location(user),
            "version": version_of(user),
        }
        return represented(user.attributes, user_id=user.id, meta=meta)

    def location(self, user: ScimUser) -> str:
        """Returns the user's address."""
        return f"{self.base}/Users/{user.id}"


def version_of(user: ScimUser) -> str:
    """Returns the user's entity tag."""
    return f'W/"{user.version}"'


async def find_user(directory: Directory, user_id: str) -> ScimUser:
    """Finds a user.

    Raises:
        ScimRefusal: there is none of that id.
    """
    user = await directory.users.find(directory.source.name, user_id)
    if user is None:
        raise ScimRefusal(ScimProblem.NOT_FOUND, "there is no user of that id")
    return user


async def find_users(
    directory: Directory, condition: str | None, *, start: int, count: int
) -> tuple[Sequence[ScimUser], int]:
    """Finds a page of the users for whom the filter holds, and tells how many there are.

    Raises:
        ScimRefusal: the filter asks for what is not looked for.
    """
    skip, most = start - 1, min(count, MOST_RESULTS)
    if condition is None:
        return await directory.users.page(directory.source.name, skip=skip, most=most)
    terms = read_filter(condition)
    first = next(term for term in terms if term.attribute in INDEXED)
    found = [
        user
        for user in await _candidates(directory, first)
        if all(matches(user.attributes, user.id, term) for term in terms)
    ]
    return found[skip : skip + most], len(found)


async def create_user(directory: Directory, body: Any) -> ScimUser:
    """Keeps a new user, and sends on what that means.

    Raises:
        InvalidMessage: an attribute is not what it should be.
        UserNameTaken: another user has the userName.
    """
    attributes, now = read_user(body), directory.now
    source = directory.source.name
    name = ScimKey.USER_NAME.folded(attributes["userName"])
    user = ScimUser(
        source=source,
        id=str(uuid5(NAMESPACE_URL, f"{directory.base}/{name}/{now.isoformat()}")),
        attributes=attributes,
        created_at=now,
        changed_at=now,
    )
    if await directory.users.find_by(source, ScimKey.USER_NAME, name):
        raise UserNameTaken("another user has this userName")
    await _tell(directory, None, user, "POST")
    await directory.users.create(user)
    return user


async def change_user(
    directory: Directory, user_id: str, change: Change, *, method: str, if_match: str | None
) -> ScimUser:
    """Changes a user, and sends on what that means.

    Raises:
        InvalidMessage, ScimRefusal: the change is not possible.
        UserNameTaken: another user has the new userName.
        LedgerConflict: others keep changing the same user.
    """
    for attempt in range(1, _MOST_TRIES + 1):
        before = await find_user(directory, user_id)
        _check_version(before, if_match)
        attributes = change(before.attributes)
        if attributes == before.attributes:
            return before
        after = ScimUser(
            source=before.source,
            id=before.id,
            attributes=attributes,
            created_at=before.created_at,
            changed_at=directory.now,
            version=before.version + 1,
        )
        await _refuse_taken(directory, after)
        await _tell(directory, before, after, method)
        try:
            await directory.users.replace(before, after)
        except LedgerConflict:
            if attempt == _MOST_TRIES:
                raise
        else:
            return after
    raise AssertionError  # The last attempt returns or raises.


async def delete_user(directory: Directory, user_id: str, *, if_match: str | None) -> None:
    """Forgets a user; one who was active has left.

    Raises:
        ScimRefusal: there is none of that id, or it is not the version that was asked for.
        LedgerConflict: others keep changing the same user.
    """
    for attempt in range(1, _MOST_TRIES + 1):
        user = await find_user(directory, user_id)
        _check_version(user, if_match)
        await _tell(directory, user, None, "DELETE")
        try:
            await directory.users.delete(user)
        except LedgerConflict:
            if attempt == _MOST_TRIES:
                raise
        else:
            return


def replacing(body: Any) -> Change:
    """Returns the change of a PUT: all that was not sent is gone, but for `active`.

    Nobody leaves, or comes back, because a sender does not speak of it.
    """
    sent = read_user(body)

    def change(before: Mapping[str, Any]) -> Json:
        unsaid = {"active": before["active"]} if "active" in before else {}
        return unsaid | sent

    return change


async def _candidates(directory: Directory, term: Term) -> Sequence[ScimUser]:
    if term.attribute == "id":
        user = await directory.users.find(directory.source.name, term.value)
        return [user] if user else []
    key = ScimKey(term.attribute)
    return await directory.users.find_by(directory.source.name, key, term.value)


def _check_version(user: ScimUser, wanted: str | None) -> None:
    if wanted is None or wanted.strip() == "*":
        return
    versions = {one.strip().removeprefix("W/") for one in wanted.split(",")}
    if version_of(user).removeprefix("W/") not in versions:
        raise ScimRefusal(ScimProblem.CHANGED, "the user has another version by now")


async def _refuse_taken(directory: Directory, user: ScimUser) -> None:
    """Refuses before anything is told; storage refuses whoever comes in between."""
    name = user.attributes["userName"]
    for other in await directory.users.find_by(user.source, ScimKey.USER_NAME, name):
        if other.id != user.id:
            raise UserNameTaken("another user has this userName")


async def _tell(
    directory: Directory, before: ScimUser | None, after: ScimUser | None, method: str
) -> None:
    user = after or before
    if user is None:
        return
    change = digest([user.id, user.version, method, dict(user.attributes)])[:32]
    event = event_of_change(
        directory.source,
        before.attributes if before else None,
        after.attributes if after else None,
        method=method,
        change=change,
        now=directory.now,
    )
    if event is None:
        return
    if event["type"] == OFFBOARDED and await _has_another(directory, before or user):
        return
    await _send(directory, event)


async def _send(directory: Directory, event: Event) -> None:
    await send_from_door([event], directory.outbox, directory.door_key)


async def _has_another(directory: Directory, user: ScimUser) -> bool:
    """Tells whether whoever seems to leave is here under another user.

    One who has come back with a second account beside the old one, which is then disabled.
    """
    person = who_is_meant(directory.source, user.attributes)
    number = employee_number_of(user.attributes)
    if number is None or "employeeId" not in person:
        return False
    for key in (ScimKey.EMPLOYEE_NUMBER, ScimKey.EXTERNAL_ID):
        for other in await directory.users.find_by(user.source, key, number):
            is_active = other.id != user.id and other.attributes.get("active") is not False
            if is_active and who_is_meant(directory.source, other.attributes) == person:
                return True
    return False
