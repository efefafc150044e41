"""What is said beside a message's body, in its application properties.

Attributes of CloudEvents are part of the event. Other properties are the transport's, or ours; but
one that is called `eventType` or `action` says what happened, and who reads past it may do the
opposite of what was sent. So it is read, repeated by the body, or refused by its name.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, TypeGuard

from shared.contracts.messages.cloud_event_modes import (
    attributes_of_properties,
    in_structured_mode,
)
from shared.domain.errors import InvalidMessage

_TELLING = frozenset(
    {
        *("action", "type", "event", "eventtype", "eventname", "eventkind", "operation"),
        *("changetype", "messagetype", "verb", "method", "effectivedate", "subject", "label"),
    }
)
"""Names of what happened or when, without case and punctuation."""
_HEADINGS = frozenset({"subject", "label"})
"""A message's own subject, where .NET's documentation has senders write what kind it is."""


def with_properties(body: bytes, properties: Mapping[str, Any], content_type: str | None) -> bytes:
    """Returns the body together with what the properties say of the event; never raises.

    Where they say nothing the body stays as it is, byte for byte. Attributes of CloudEvents make it
    a structured event. What tells something else is put around it, as Logic Apps do, to be read or
    refused with the body.
    """
    if attributes := attributes_of_properties(properties):
        return in_structured_mode(attributes, body, content_type)
    telling = {name: value for name, value in properties.items() if _is_telling(name, value)}
    if not telling:
        return body
    whole = {
        "ContentData": b64encode(body).decode(),
        "ContentType": content_type,
        "Properties": telling,
    }
    return json.dumps(whole, default=str).encode()


def refuse_unread(properties: Mapping[str, Any], value: Any) -> None:
    """Refuses a property that tells what happened where the event itself does not say the same.

    A CloudEvent, and an event in Event Grid's schema, says by its own type what happened. A subject
    may be anything, and is passed over where the event says its action.

    Raises:
        InvalidMessage: naming the property.
    """
    for event in value if isinstance(value, list) else [value]:
        said = {_plain(name): one for name, one in event.items()} if _is_object(event) else {}
        if "specversion" in said or "eventtime" in said:
            continue
        for name, told in properties.items():
            plain = _plain(name)
            repeated = "action" in said if plain in _HEADINGS else said.get(plain) == told
            if _is_telling(name, told) and not repeated:
                raise InvalidMessage(
                    f"properties.{name}",
                    "tells something of the event that its body does not say; say it in the body",
                )


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def _is_telling(name: str, value: Any) -> bool:
    return _plain(name) in _TELLING and value is not None and value != ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
