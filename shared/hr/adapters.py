"""The adapters by kind: from a message as it was sent to events of our own type."""

from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import InvalidMessage
from shared.hr.kind import HrKinds, Translation
from shared.hr.registry import HR_KINDS
from shared.hr.translation import Translated


def translate(source: Source, value: Any, now: datetime, kinds: HrKinds = HR_KINDS) -> Translated:
    """Returns what a source's message comes to; of a SCIM bulk request all operations or none.

    Raises:
        InvalidMessage: naming the sender's field and the reason.
    """
    return _guarded(kinds[source.kind].translate, source, value, now)


def receive(source: Source, value: Any, now: datetime, kinds: HrKinds = HR_KINDS) -> Translated:
    """Does the same as `translate`, and adds the answer the sender's own protocol wants, if any.

    Raises:
        InvalidMessage: naming the sender's field and the reason.
    """
    kind = kinds[source.kind]
    return _guarded(kind.receive or kind.translate, source, value, now)


def _guarded(translation: Translation, source: Source, value: Any, now: datetime) -> Translated:
    try:
        return translation(source, value, now)
    except RecursionError:
        raise InvalidMessage("(body)", "values lie too deep in one another") from None
