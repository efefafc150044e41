"""CloudEvents in binary mode: what is said beside a body, put together with it.

In binary mode the type, id, source and time of an event stand in headers (HTTP: `ce-type`) or in
application properties (AMQP: `cloudEvents:type`, over JMS `cloudEvents_type`), and the body is the
data alone. Whoever reads only the body takes somebody's leaving for their arrival. Sources: the
HTTP and AMQP protocol bindings of CloudEvents 1.0.2, section 3.1.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_HEADER = "ce-"
_PROPERTIES = ("cloudevents:", "cloudevents_", "ce-", "ce_")
"""The binding's own two, and those under which bridges from HTTP and Kafka hand attributes on."""
_STRUCTURED = "application/cloudevents"
_DATA = frozenset({"data", "data_base64"})


def attributes_of_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Returns the attributes that an HTTP request's headers say, by their lower-case names.

    Their values are percent-encoded there. Nothing is returned where there is no such header.
    """
    named = {name.lower(): value for name, value in headers.items()}
    return {
        name.removeprefix(_HEADER): unquote(value)
        for name, value in named.items()
        if name.startswith(_HEADER)
    }


def attributes_of_properties(properties: Mapping[str, Any]) -> dict[str, str]:
    """Returns the attributes that a message's application properties say, likewise."""
    return {
        attribute: value if isinstance(value, str) else json.dumps(value, default=str)
        for name, value in properties.items()
        if (attribute := _attribute(name)) and value is not None
    }


def in_structured_mode(
    attributes: Mapping[str, str], body: bytes, content_type: str | None = None
) -> bytes:
    """Returns the event as one JSON text: the attributes, and the body as its data.

    Never raises: an attribute that is missing or wrong is refused by name by whoever reads the
    text. A body that is structured already, by its content type, stays as it is if the attributes
    repeat what it says; where they say something else, it becomes the data, and is refused as such.

    Args:
        attributes: By lower-case names without a prefix; where there are none, nothing is changed.
        body: The data; what is not JSON becomes `data_base64`.
        content_type: The transport's.
    """
    if not attributes:
        return body
    if (content_type or "").strip().lower().startswith(_STRUCTURED) and _repeats(attributes, body):
        return body
    said: dict[str, str | None] = {"specversion": None}
    said |= {name: value for name, value in attributes.items() if name not in _DATA}
    if content_type:
        said.setdefault("datacontenttype", content_type)
    opening = json.dumps(said)[:-1]
    return f"{opening}{_data(body)}}}".encode("utf-8", "surrogatepass")


def _attribute(name: str) -> str | None:
    lower = name.lower()
    for prefix in _PROPERTIES:
        if lower.startswith(prefix):
            return lower.removeprefix(prefix)
    return None


def _repeats(attributes: Mapping[str, str], body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return True
    # A batch says of each event what it is, and attributes beside it would say it of all.
    return isinstance(value, dict) and all(
        name in _DATA or value.get(name) == said for name, said in attributes.items()
    )


def _data(body: bytes) -> str:
    """Returns the member that holds the body; its JSON text is kept as it was written."""
    if not body:
        return ""
    try:
        text = body.decode(json.detect_encoding(body)).removeprefix("\ufeff")
        json.loads(text)
    except (ValueError, RecursionError):
        return f', "data_base64": "{b64encode(body).decode()}"'
    return f', "data": {text}'
