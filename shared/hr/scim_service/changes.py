"""What a change of a user resource means for the person: an event of our own, or nothing.

A connector writes the whole user, or one attribute, whenever something about them has changed. Only
what `active` has become, who is meant and when they begin says anything of joining or leaving; what
was not said of `active` is not read as said.
"""

from collections.abc import Mapping
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
    source: Source, before: User | None, after: User | None, *, method: str, change: str
) -> Event | None:
    """Returns the event that a change comes to; None if it decides nothing.

    Args:
        source: who writes.
        before: the user as it was; None where there was none.
        after: the user as it is; None if it is deleted.
        method: of HTTP, for the record.
        change: what tells this change from others, the same if it is tried again.

    Raises:
        InvalidMessage: the user names nobody, or begins on no day, as this source is matched.
    """
    action = _action(source, before, after)
    if action is Action.OFFBOARD and before is not None and who_is_meant(source, before):
        # Under the name that they came by: Entra renames whom it deletes.
        return _event(source, before, action, method, change)
    if after is None:
        return None
    event = _event(source, after, action or Action.ONBOARD, method, change)
    return event if action else None


def who_is_meant(source: Source, user: User) -> Mapping[str, str]:
    """Returns the names of the person that an event about this user has; none if it has no names.

    Those who were written while the source was matched otherwise may have none.
    """
    try:
        event = _event(source, user, Action.OFFBOARD, "", "-")
    except InvalidMessage:
        return {}
    names = ("objectId", "userPrincipalName", "employeeId")
    return {name: one for name, one in event["data"].items() if name in names}


def _action(source: Source, before: User | None, after: User | None) -> Action | None:
    if after is None:
        # Entra deletes those whom it has disabled thirty days before: they have left already, and
        # may have come back under another account since.
        return None if (before or {}).get("active") is False else Action.OFFBOARD
    if before is None:
        return Action.OFFBOARD if after.get("active") is False else Action.ONBOARD
    active = after.get("active")
    if active is False:
        return None if before.get("active") is False else Action.OFFBOARD
    if active is True and before.get("active") is not True:
        return Action.ONBOARD
    return Action.ONBOARD if active is True and _is_another(source, before, after) else None


def _is_another(source: Source, before: User, after: User) -> bool:
    """Tells whether somebody else is meant now, or another first day."""
    if _first_days(before) != _first_days(after):
        return True
    return who_is_meant(source, before) != who_is_meant(source, after)


def _first_days(user: User) -> list[Any]:
    days = [user[urn].get(HIRE_DATE.name) for urn in extensions_of(user)]
    return [day for day in days if day is not None]


def _event(source: Source, user: User, action: Action, method: str, change: str) -> Event:
    return scim.event_of_user(
        source, user, action=action, method=method, event_id=identity("scim", change)
    )
