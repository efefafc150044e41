"""The adapters by kind: from a message as it was sent to events of our own type."""

from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Kind, Source
from shared.domain.errors import InvalidMessage
from shared.hr import bamboohr, event_grid, lifecycle_workflows, mapped, scim
from shared.hr.translation import Translated


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """What a source's message comes to; of a SCIM bulk request all operations or none.

    Raises:
        InvalidMessage: naming the sender's field and the reason.
    """
    try:
        return _translated(source, value, now)
    except RecursionError:
        raise InvalidMessage("(body)", "values lie too deep in one another") from None


def _translated(source: Source, value: Any, now: datetime) -> Translated:
    match source.kind:
        case Kind.SCIM:
            if scim.is_bulk(value):
                return _all_of(source, value, now)
            return scim.translate(source, value, now)
        case Kind.LIFECYCLE_WORKFLOWS:
            return lifecycle_workflows.translate(source, value, now)
        case Kind.BAMBOOHR:
            return bamboohr.translate(source, value)
        case Kind.EVENT_GRID:
            return event_grid.translate(source, value)
        case Kind.MAPPED:
            return mapped.translate(source, value, now)


def _all_of(source: Source, value: Any, now: datetime) -> Translated:
    outcomes = list(scim.translate_bulk(source, value, now))
    for number, one in enumerate(outcomes):
        if one.problem:
            raise InvalidMessage(f"Operations[{number}].{one.problem.field}", one.problem.reason)
    return Translated(
        events=tuple(one.event for one in outcomes if one.event),
        left_alone=tuple(one.left_alone for one in outcomes if one.left_alone),
    )
