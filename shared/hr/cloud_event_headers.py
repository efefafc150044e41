"""CloudEvents in binary mode at an HR system's address: its headers are a part of the event.

The body is then the data alone, and what happened stands in `ce-type`. Whoever reads only the body
takes somebody's leaving for their arrival. So both become the one event that structured mode would
have written, or the request is refused by the name of the header.

Source: HTTP protocol binding of CloudEvents 1.0.2, section 3.1.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.documents.hr_sources.proof_rules import HEADER
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.contracts.messages.cloud_event_modes import attributes_of_headers
from shared.domain.errors import InvalidMessage
from shared.hr.kind import HrKinds
from shared.hr.proofs.signature import Signing
from shared.hr.request import HrRequest

_PREFIX = "ce-"
_STRUCTURED = "application/cloudevents"
_VERSION: Final = "1.0"
_DATA = frozenset({"data", "data_base64"})


def with_headers(source: Source, value: Any, request: HrRequest, kinds: HrKinds) -> Any:
    """Returns the event that body and headers are together; the body alone where they say nothing.

    Args:
        source: whose it is.
        value: the body as a tree.
        request: as it came.
        kinds: which kinds there are.

    Raises:
        InvalidMessage: naming a header that cannot be read with this body, or from this source.
    """
    attributes = attributes_of_headers(request.headers)
    if not attributes:
        return value
    _check(source, attributes, kinds)
    if request.header("content-type").strip().lower().startswith(_STRUCTURED):
        return _repeated(attributes, value)
    said = {"specversion": _VERSION, **attributes}
    if kind := request.header("content-type"):
        said.setdefault("datacontenttype", kind)
    return said if value is None else {**said, "data": value}


def _check(source: Source, attributes: Mapping[str, str], kinds: HrKinds) -> None:
    kind = kinds[source.kind]
    if not kind.reads_cloud_events(source):
        name = "type" if "type" in attributes else next(iter(attributes))
        raise _refused(
            name, "no event is awaited of this source; a mapping of events reads type and data.…"
        )
    for name in ("specversion", "type", "id", "source"):
        if not attributes.get(name):
            raise _refused(name, "is missing, beside other attributes of a CloudEvent")
    if attributes["specversion"] != _VERSION:
        raise _refused("specversion", f"only CloudEvents {_VERSION} are read")
    for name in attributes:
        if name in _DATA:
            raise _refused(name, "the data are the body's")
    if source.authentication is Authentication.HMAC:
        _refuse_unsigned(Signing.of(source, kinds).signed.lower(), attributes)


def _refuse_unsigned(signed: str, attributes: Mapping[str, str]) -> None:
    """Refuses what somebody could have changed on the way, or at a second sending."""
    for name in attributes:
        if f"{{{HEADER}{_PREFIX}{name}}}".lower() not in signed:
            raise _refused(
                name, "is not signed; send in structured mode, or sign it by {header:…} as well"
            )


def _repeated(attributes: Mapping[str, str], value: Any) -> Any:
    """Returns an event that says everything itself, where the headers say nothing else of it."""
    for name, said in attributes.items():
        # A list says of each event what it is, and a header would say it of all.
        if not isinstance(value, Mapping) or value.get(name) != said:
            raise _refused(name, "says something else than the body, which is a whole event")
    return value


def _refused(name: str, reason: str) -> InvalidMessage:
    return InvalidMessage(f"{_PREFIX}{name}"[:60], reason)
