"""From the bytes of a message to the events in it, out of whatever they are wrapped in.

What is unwrapped is what can mean one thing only. What was seen on the way is told in the reason
of a refusal, so that whoever reads it knows what their sender really sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from shared.contracts.messages.cloud_event_modes import (
    attributes_of_properties,
    in_structured_mode,
)
from shared.contracts.messages.message_properties import refuse_unread
from shared.contracts.messages.onboarding_event import ARRIVED, decode
from shared.contracts.messages.sender_wrappings import WRAPPINGS, of_base64
from shared.domain.errors import InvalidMessage

_DEEPEST: Final = 10
"""Steps inwards, of which reading JSON is one; real messages take three to five."""
_LONGEST_SOURCE = 64
_NOTICE = frozenset({"subscriptionId", "changeType", "resource"})
_CHANGES = frozenset({"created", "updated"})
_USER_UPDATED = "microsoft.graph.userupdated"
_LOOKS_LIKE = (
    ("<", "XML"),
    ("---", "YAML"),
    ("%PDF", "a PDF"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A JSON value, and what it was wrapped in, from the outside."""

    value: Any
    wrappings: tuple[str, ...] = ()

    def refusal(self, error: InvalidMessage) -> InvalidMessage:
        """Returns the error with what was seen in its reason."""
        if not self.wrappings:
            return error
        return InvalidMessage(error.field, f"{error.reason} (inside {', '.join(self.wrappings)})")


def open_body(body: bytes) -> Opened:
    """Returns the JSON value that a body holds: one event, or a list of what may be events.

    Raises:
        InvalidMessage: there is none; the reason says what the body is wrapped in.
    """
    return _open(Opened(body))


def open_element(value: Any) -> Opened:
    """Does the same for a value that a list holds, which cannot be a list again.

    Raises:
        InvalidMessage: there is none in it, or a list.
    """
    opened = _open(Opened(value))
    if isinstance(opened.value, list):
        raise opened.refusal(InvalidMessage("(body)", "a list in a list; give each event once"))
    return opened


def _open(opened: Opened) -> Opened:
    for _ in range(_DEEPEST):
        try:
            inside = _inside(opened.value)
        except InvalidMessage as error:
            raise opened.refusal(error) from None
        if inside is None:
            return opened
        opened = replace(inside, wrappings=(*opened.wrappings, *inside.wrappings))
    raise opened.refusal(InvalidMessage("(body)", "is wrapped too often"))


def _inside(value: Any) -> Opened | None:
    """Returns what is one wrapping further in; None where nothing is wrapped any more."""
    if isinstance(value, bytes):
        return _inside_bytes(value)
    if isinstance(value, str):
        return Opened(value.encode(), ("a JSON string",))
    if not isinstance(value, Mapping):
        return None
    for read in _READERS:
        if (found := read(value)) is not None:
            return found
    return None


def _inside_bytes(body: bytes) -> Opened:
    for name, read in WRAPPINGS:
        if (inner := read(body)) is not None:
            return Opened(inner, (name,))
    try:
        return Opened(decode(body))
    except InvalidMessage as error:
        text = body.decode("utf-8", "replace").strip()
        if (inner := of_base64(text)) and inner.lstrip()[:1] in (b"{", b"[", b'"'):
            return Opened(inner, ("base64",))
        raise _not_json(text, error) from None


def _not_json(text: str, error: InvalidMessage) -> InvalidMessage:
    looks = next((name for start, name in _LOOKS_LIKE if text.startswith(start)), None)
    if looks is None and "=" in text.split("&", 1)[0] and not any(one in text for one in "{[\n "):
        looks = "a form (name=value&…)"
    reason = f"{error.reason}; it looks like {looks}" if looks else error.reason
    return InvalidMessage(error.field, reason)


def _logic_apps(value: Mapping[str, Any]) -> Opened | None:
    """The Service Bus connector's message: the content in base64, the properties beside it.

    Source: "Service Bus", reference of the connector, definition `ServiceBusMessage`.
    """
    named = {name.lower(): one for name, one in value.items()}
    if not isinstance(named.get("contentdata"), str):
        return None
    content = of_base64(named["contentdata"]) if named["contentdata"] else b""
    if content is None:
        content = named["contentdata"].encode()
    properties = named.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise InvalidMessage("Properties", "are none")
    kind = named.get("contenttype")
    properties = {"Label": named.get("label"), **properties}
    return _with(properties, content, kind if isinstance(kind, str) else None, "ContentData")


def _power_automate(value: Mapping[str, Any]) -> Opened | None:
    """How Logic Apps write bytes in an expression: `$content` in base64, of a `$content-type`."""
    if value.keys() != {"$content", "$content-type"} or not isinstance(value["$content"], str):
        return None
    content = of_base64(value["$content"])
    return Opened(content, ("$content",)) if content is not None else None


def _sns(value: Mapping[str, Any]) -> Opened | None:
    """A notification of Amazon SNS, whose message is a text, with attributes beside it."""
    if value.get("Type") != "Notification" or not isinstance(value.get("Message"), str):
        return None
    attributes = value.get("MessageAttributes") or {}
    if not isinstance(attributes, Mapping):
        raise InvalidMessage("MessageAttributes", "are none")
    said = {
        name: one.get("Value") if isinstance(one, Mapping) else one
        for name, one in attributes.items()
    }
    return _with(said, value["Message"].encode(), None, "an SNS notification")


def _with(
    properties: Mapping[str, Any], content: bytes, content_type: str | None, name: str
) -> Opened:
    """Returns the content as an event of binary mode, or alone where nothing tells otherwise."""
    if attributes := attributes_of_properties(properties):
        return Opened(in_structured_mode(attributes, content, content_type), (name,))
    if not properties:
        return Opened(content, (name,))
    inside = _open(Opened(content, (name,)))
    refuse_unread(properties, inside.value)
    return inside


def _event_grid(value: Mapping[str, Any]) -> Opened | None:
    """An event in Event Grid's own schema, as the CloudEvent that says the same.

    Source: "Azure Event Grid event schema", Microsoft.
    """
    if not {"eventType", "id", "subject", "eventTime"} <= value.keys() or "specversion" in value:
        return None
    event = {
        "specversion": "1.0",
        "id": value["id"],
        "source": _source(value.get("topic") or value["subject"]),
        "type": value["eventType"],
        "time": value["eventTime"],
        "subject": value["subject"],
        **({"data": value["data"]} if "data" in value else {}),
    }
    return Opened(event, ("Event Grid's own schema",))


def _source(topic: Any) -> Any:
    """Returns the topic; a resource's id is longer than a source may be, and has a digest."""
    if not isinstance(topic, str) or len(topic) <= _LONGEST_SOURCE:
        return topic
    return f"event-grid/{sha256(topic.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"


def _cloud_event(value: Mapping[str, Any]) -> Opened | None:
    """A CloudEvent whose data are a text or base64."""
    if "specversion" not in value:
        return None
    if "data_base64" in value:
        return Opened(_with_data(value, _of_data_base64(value)), ("data_base64",))
    data = value.get("data")
    if isinstance(data, str):
        return Opened(_with_data(value, data.encode()), ("data that are a text",))
    if isinstance(data, Mapping) and "specversion" in data:
        raise InvalidMessage("data.specversion", "an event inside an event, which may differ")
    return None


def _of_data_base64(value: Mapping[str, Any]) -> bytes:
    if value.get("data") is not None:
        raise InvalidMessage("data_base64", "is given beside data; give one of the two")
    text = value["data_base64"]
    data = of_base64(text) if isinstance(text, str) else None
    if data is None:
        raise InvalidMessage("data_base64", "is not base64")
    return data


def _with_data(value: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    try:
        inside = open_body(data)
    except InvalidMessage as error:
        raise InvalidMessage("data", error.reason) from None
    if not isinstance(inside.value, Mapping):
        raise inside.refusal(InvalidMessage("data", "holds no JSON object"))
    rest = {name: one for name, one in value.items() if name != "data_base64"}
    return rest | {"data": inside.value}


def _graph_notifications(value: Mapping[str, Any]) -> Opened | None:
    """Change notifications of Microsoft Graph, as it posts them and relays hand them on.

    Source: "changeNotificationCollection resource type", Microsoft Graph.
    """
    notices = value.get("value")
    if not isinstance(notices, list) or not notices or not all(map(_is_notice, notices)):
        return None
    return Opened(notices, ("Graph's change notifications",))


def _graph_notification(value: Mapping[str, Any]) -> Opened | None:
    """One of them: that a user has come to be or has changed, which is a hint and no more."""
    if not _is_notice(value):
        return None
    kind, resource = value["changeType"], value["resource"].lower()
    if kind not in _CHANGES or not resource.startswith("users/"):
        raise InvalidMessage("changeType", f"{kind[:20]!a} of a user is not known here")
    data = value.get("resourceData")
    known = data.get("id") if isinstance(data, Mapping) else None
    arrived = {
        "specversion": "1.0",
        "id": value.get("id") or f"{resource}/{kind}",
        "source": _source(f"graph/{value['subscriptionId']}"),
        "type": ARRIVED,
        "data": {"objectId": known or resource.removeprefix("users/")},
    }
    return Opened(arrived, ("a change notification of Graph",))


def _is_notice(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(one), str) for one in _NOTICE)


def _list_in_an_object(value: Mapping[str, Any]) -> Opened | None:
    """Refuses an object that is nothing but a name for a list.

    The name may be `joiners` as well as `leavers`: nobody can be sure what it says of the events.
    """
    if len(value) == 1:
        ((name, inside),) = value.items()
        if isinstance(inside, list) and inside and all(isinstance(one, Mapping) for one in inside):
            reason = "is a list in an object; send the list by itself, of events as they are taken"
            raise InvalidMessage(name, reason)
    return None


def _user_updated(value: Mapping[str, Any]) -> Opened | None:
    """Microsoft Graph's event by Event Grid: whoever waits for this user is to be looked at.

    Source: "Microsoft Entra events", Azure Event Grid; a user's creation is told as an update.
    """
    kind, data = value.get("type"), value.get("data")
    if "specversion" not in value or not isinstance(kind, str) or kind.lower() != _USER_UPDATED:
        return None
    resource = data.get("resourceData") if isinstance(data, Mapping) else None
    if not isinstance(resource, Mapping) or not isinstance(resource.get("id"), str):
        raise InvalidMessage("data.resourceData.id", "is missing")
    arrived = {**value, "type": ARRIVED, "data": {"objectId": resource["id"]}}
    return Opened(arrived, (kind,))


_READERS: tuple[Callable[[Mapping[str, Any]], Opened | None], ...] = (
    _logic_apps,
    _power_automate,
    _sns,
    _event_grid,
    _cloud_event,
    _user_updated,
    _graph_notifications,
    _graph_notification,
    _list_in_an_object,
)
