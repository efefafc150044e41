"""What a change of a user resource means for the person: an event of our own, or nothing.

A connector writes the whole user, or one attribute, whenever something about them has changed. Only
what `active` has become, who is meant and when they begin says anything of joining or leaving; what
was not said of `active` is not read as said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr import scim
from shared.hr.scim_service.attributes import HIRE_DATE
from shared.hr.scim_service.resource import extensions_of
from shared.hr.translation import Event, identity

type User = Mapping[str, Any]


def event_of_change(
    source: Source,
    before: User | None,
    after: User | None,
    *,
    method: str,
    change: str,
    now: datetime,
) -> Event | None:
    """Returns the event that a change comes to; None if it decides nothing.

    Args:
        source: who writes.
        before: the user as it was; None where there was none.
        after: the user as it is; None if it is deleted.
        method: of HTTP, for the record.
        change: what tells this change from others, the same if it is tried again.
        now: when it was made.

    Raises:
        InvalidMessage: the user names nobody, or begins on no day, as this source is matched.
    """
    action = _action(source, before, after)

    def event_about(user: User, told: Action | None) -> Event:
        return scim.event_of_user(
            source,
            user,
            told=told,
            method=method,
            event_id=identity("scim", change),
            now=now,
        )

    if action is Action.OFFBOARD and before is not None and who_is_meant(source, before):
        # Under the name that they came by: Entra renames whom it deletes.
        return event_about(before, action)
    if after is None:
        return None
    told = scim.told_by(after) if action is Action.LIST else action
    event = event_about(after, told)
    return event if action else None


def who_is_meant(source: Source, user: User) -> Mapping[str, str]:
    """Returns the names of the person that an event about this user has; none if it has no names.

    Those who were written while the source was matched otherwise may have none.
    """
    try:
        event = scim.event_of_user(
            source,
            user,
            told=Action.OFFBOARD,
            method="",
            event_id="-",
            now=datetime.min.replace(tzinfo=UTC),
        )
    except InvalidMessage:
        return {}
    names = ("objectId", "userPrincipalName", "employeeId")
    return {name: one for name, one in event["data"].items() if name in names}


def _action(source: Source, before: User | None, after: User | None) -> Action | None:
    """Returns what has become of somebody; LIST where only the user itself may say that."""
    if after is None:
        # Entra deletes those whom it has disabled thirty days before: they have left already, and
        # may have come back under another account since.
        return None if (before or {}).get("active") is False else Action.OFFBOARD
    active = after.get("active")
    if before is None:
        return Action.OFFBOARD if active is False else Action.LIST
    if active is False:
        return None if before.get("active") is False else Action.OFFBOARD
    if active is True and before.get("active") is False:
        return Action.ONBOARD
    is_told = active is True and before.get("active") is not True
    is_news = active is True and _is_another(source, before, after)
    return Action.LIST if is_told or is_news else None


def _is_another(source: Source, before: User, after: User) -> bool:
    """Tells whether somebody else is meant now, or another first day."""
    if _first_days(before) != _first_days(after):
        return True
    return who_is_meant(source, before) != who_is_meant(source, after)


def _first_days(user: User) -> list[Any]:
    days = [user[urn].get(HIRE_DATE.name) for urn in extensions_of(user)]
    return [day for day in days if day is not None]
