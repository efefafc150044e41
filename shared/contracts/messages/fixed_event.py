"""The fixed event: a refused message with its fields put right, and its action, times and id kept.

What is sent again must not say more than it said the first time. A leaver's message never becomes
a hire by the loss of the field that said so; an old message keeps its time, so that a newer one
counts; and its id follows from what was kept, so that a second run sends the same event.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.onboarding_event import (
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    PersonCloudEvent,
    PlainEvent,
    as_cloud_event,
    read_request_object,
)
from shared.contracts.messages.unwrapping import open_body
from shared.domain.errors import InvalidMessage

SOURCE: Final = "refused"
"""Of an event that named none."""
NAMES: Final = frozenset({"userPrincipalName", "employeeId", "objectId"})
"""Fields that say who is meant."""
_IDENTITY: Final = frozenset({"id", "source", "specversion"})
_TYPES: Final = {"onboard": ONBOARDED, "offboard": OFFBOARDED}


@dataclass(frozen=True, slots=True)
class Fix:
    """How fields are put right; each is named as the refusal names it: `data.employeeId`.

    Raises:
        InvalidMessage: a field is named by which an event is known.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    """From the name that was sent to the name that is meant."""
    dropped: AbstractSet[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)
    """What a field is to say."""

    def __post_init__(self) -> None:
        for name in (*self.renamed, *self.renamed.values(), *self.dropped, *self.given):
            if name in _IDENTITY:
                raise InvalidMessage(name, "is never fixed: by it a second run is known")

    @property
    def names_somebody(self) -> bool:
        """Whether it says who is meant, which can be true of one message alone."""
        return any(_last(name) in NAMES for name in self.given)


def fixed_event(
    body: bytes, fix: Fix, *, kept_as: str, said_at: datetime, now: datetime
) -> dict[str, Any]:
    """Returns the CloudEvent that says what the message said.

    Only what was not understood is fixed; the rest stays as the sender wrote it.

    Args:
        body: as it was sent.
        fix: what is put right before it is read.
        kept_as: the key that it is kept under; the id of an event that has none.
        said_at: when it was sent, at the latest.
        now: the time.

    Raises:
        InvalidMessage: it cannot be sent so; naming the field and the reason.
    """
    value = open_body(body).value
    if isinstance(value, list):
        raise InvalidMessage("(body)", "is a list as a whole; send its events one by one")
    if not isinstance(value, dict):
        raise InvalidMessage("(body)", "is no object")
    fixed = _fixed(value, fix, _not_understood(value))
    if "specversion" in value:
        event = _named(fixed, kept_as, said_at)
    else:
        event = _from_plain(value, fixed, kept_as, said_at)
    _refuse_contradiction(value, event)
    read_request_object(event, Envelope(), now)
    return event


def refuse_too_large(text: bytes) -> None:
    """Lets pass what fits into a message.

    Raises:
        InvalidMessage: it does not.
    """
    if len(text) > LARGEST_MESSAGE:
        reason = f"takes {len(text):,} bytes, where {LARGEST_MESSAGE:,} fit into a message"
        raise InvalidMessage("(body)", reason)


def _not_understood(value: Mapping[str, Any]) -> AbstractSet[str]:
    """Returns the fields that the contract complains of; none of an event that it takes."""
    model = PersonCloudEvent if "specversion" in value else PlainEvent
    try:
        model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return {".".join(map(str, one["loc"])) or "(body)" for one in found}
    return frozenset()


def _fixed(value: dict[str, Any], fix: Fix, wrong: AbstractSet[str]) -> dict[str, Any]:
    fixed = deepcopy(value)
    if not wrong:
        return fixed
    for before, after in fix.renamed.items():
        if (there := _holder(fixed, before)) is not None:
            _refuse_understood(before, wrong)
            holder = _holder_of_new(fixed, after)
            if _last(after) in holder:
                raise InvalidMessage(after, f"is there already, beside {before}")
            holder[_last(after)] = there.pop(_last(before))
    for name in sorted(fix.dropped):
        if (there := _holder(fixed, name)) is not None:
            _refuse_understood(name, wrong)
            del there[_last(name)]
    for name, text in fix.given.items():
        if _holder(value, name) is not None:
            _refuse_understood(name, wrong)
        _holder_of_new(fixed, name)[_last(name)] = text
    return fixed


def _refuse_understood(name: str, wrong: AbstractSet[str]) -> None:
    if name not in wrong:
        raise InvalidMessage(name, "was understood, and stays as it is")


def _holder(value: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Returns the object that has the field; None where it is not there."""
    outer = name.rpartition(".")[0]
    holder = value.get(outer) if outer else value
    return holder if isinstance(holder, dict) and _last(name) in holder else None


def _holder_of_new(value: dict[str, Any], name: str) -> dict[str, Any]:
    outer = name.rpartition(".")[0]
    holder = value.get(outer) if outer else value
    if not isinstance(holder, dict):
        raise InvalidMessage(outer, "is no object that could hold the field")
    return holder


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _from_plain(
    value: Mapping[str, Any], fixed: Mapping[str, Any], kept_as: str, said_at: datetime
) -> dict[str, Any]:
    """Returns the event in an envelope.

    An event without an action joins. So one that has none now may have had it in what was taken
    away: it has to be said, unless nothing but a person's name was put right.
    """
    others = fixed.keys() - value.keys() - NAMES
    if "action" not in fixed and (others or len(fixed) < len(value)):
        reason = "what was taken away may have said it; say which it is, onboard or offboard"
        raise InvalidMessage("action", reason)
    PlainEvent.read_object(fixed)
    event: dict[str, Any] = as_cloud_event(fixed, source=SOURCE, event_id=kept_as)
    return {**event, "time": said_at.isoformat()}


def _named(fixed: dict[str, Any], kept_as: str, said_at: datetime) -> dict[str, Any]:
    for name, otherwise in (("id", kept_as), ("source", SOURCE)):
        if fixed.get(name) in (None, ""):
            fixed[name] = otherwise
    read = PersonCloudEvent.read_object(fixed)
    # A sender's clock that was ahead was held against ours of then, which is the earlier one.
    return {**fixed, "time": min(read.time or said_at, said_at).isoformat()}


def _refuse_contradiction(value: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    """Refuses an event that asks for another action than a field of the message, so named, said."""
    data = value.get("data")
    for holder, place in ((value, ""), (data if isinstance(data, Mapping) else {}, "data.")):
        for name, said in holder.items():
            asked = _TYPES.get(said) if isinstance(said, str) else None
            if name.casefold() == "action" and asked and asked != event["type"]:
                raise InvalidMessage(f"{place}{name}", f"says {said}, and the event does not")
