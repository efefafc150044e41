"""The call of a Lifecycle Workflows custom task extension, as its Logic App hands it on.

Source: "Configure a Logic App for Lifecycle Workflow use", Microsoft Entra ID Governance.
"""

from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.documents.scalars import span
from shared.contracts.messages.contract import Contract
from shared.contracts.messages.lifecycle_callback import CallbackPath, LifecycleCallback
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr.translation import (
    Asked,
    Translated,
    event_of,
    identity,
    key_of,
    object_of,
    part_of,
)


class _Path(Contract):
    path: CallbackPath


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """The event about the workflow's subject, and the callback that the workflow waits for.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    body = object_of(value, "(body)")
    result = part_of(body, "data", "taskProcessingResult", "id")
    workflow = part_of(body, "data", "workflow", "id")
    asked = Asked(
        action=Action(source.action),
        event_id=identity("task", result.required),
        object_id=part_of(body, "data", "subject", "id"),
        reason=f"workflow {workflow.text}" if workflow.text else None,
    )
    event = event_of(source, asked)
    path = _callback_path(body)
    if path is None:
        return Translated(events=(event,))
    callback = LifecycleCallback(
        event_key=key_of(event),
        callback_path=path,
        action=source.action.value,
        deadline=now + span(source.callback_within),
    )
    return Translated(events=(event,), callbacks=(callback,))


def _callback_path(body: Any) -> str | None:
    """None where the workflow goes on without waiting."""
    said = part_of(body, "data", "callbackUriPath")
    text = said.text
    if text is None:
        return None
    try:
        return _Path.read_object({"path": text}).path
    except InvalidMessage:
        # Our own token goes there: to nothing else than what Lifecycle Workflows offers.
        reason = "is not below /identityGovernance/lifecycleWorkflows/, ending with /resume"
        raise InvalidMessage(said.field, reason) from None
