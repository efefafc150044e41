"""The call of a Lifecycle Workflows custom task extension, as its Logic App hands it on.

Source: "Configure a Logic App for Lifecycle Workflow use", Microsoft Entra ID Governance.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from shared.contracts.documents.hr_sources.vocabulary import Authentication, Coming, Source
from shared.contracts.documents.part import Part
from shared.contracts.documents.scalars import Span, between, span
from shared.contracts.messages.contract import Contract
from shared.contracts.messages.lifecycle_callback import CallbackPath, LifecycleCallback
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr.kind import HrKind
from shared.hr.translation import (
    SentEvent,
    Translated,
    event_of,
    identity,
    key_of,
    object_of,
    part_of,
)

CallbackSpan = Annotated[Span, between("PT1M", "PT3H", " (Lifecycle Workflows waits no longer)")]


class Keys(Part):
    """What is said of a source of Lifecycle Workflows alone."""

    action: Coming = Field(
        Coming.ONBOARD,
        description="Of lifecycle-workflows: offboard where the workflow is one for leavers.",
    )
    callback_within: CallbackSpan = Field(
        "25m",
        description="Of lifecycle-workflows: what is not known after that is reported as failed. "
        "Less than the extension's own time-out.",
    )


class _Path(Contract):
    path: CallbackPath


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """Returns the event about the workflow's subject, and the callback that the workflow waits for.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    keys = source.own(Keys)
    body = object_of(value, "(body)")
    result = part_of(body, "data", "taskProcessingResult", "id")
    workflow = part_of(body, "data", "workflow", "id")
    asked = SentEvent(
        action=Action(keys.action),
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
        action=keys.action.value,
        deadline=now + span(keys.callback_within),
    )
    return Translated(events=(event,), callbacks=(callback,))


def _callback_path(body: Any) -> str | None:
    """Returns the path to call back, or None if the workflow goes on without waiting."""
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


KIND = HrKind(
    name="lifecycle-workflows",
    sends="the call of a custom task extension of [Lifecycle Workflows](#lifecycle-workflows), "
    "which signs nothing",
    proofs=frozenset({Authentication.KEY, Authentication.ENTRA}),
    keys=Keys,
    tells_numbers=False,
    translate=translate,
)
