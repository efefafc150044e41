"""Describe: what operators see, as plain JSON values; one read model for the API and the CLI."""

from datetime import datetime
from typing import Any

from shared.domain.enrolment import Enrolment
from shared.domain.people import Identifier
from shared.ports import Receipt, World

MOST_SHOWN = 50


async def describe_user(identity: str, world: World) -> list[dict[str, Any]]:
    """The way of everybody whom the identity means: object id, UPN or employee id.

    Raises:
        DirectoryUnavailable: Graph could not be asked whom a name means.
    """
    identifier = Identifier.parse(identity)
    people = (await world.directory.find_people([identifier]))[identifier]
    keys = {person.object_id for person in people} | {str(identifier), identifier.value}
    found = {e.key: e for e in (await world.ledger.load(keys)).values()}
    if not found:
        mentions = {identifier.value}
        found = {
            e.key: e
            for e in await world.ledger.provisional()
            if mentions & {e.user.user_principal_name, e.user.employee_id}
        }
    return [_person(enrolment) for enrolment in found.values()]


async def describe_event(key: str, world: World) -> dict[str, Any] | None:
    """What became of one event, and the way of whom it concerned."""
    receipt = await world.ledger.receipt(key)
    if receipt is None:
        return None
    people = await world.ledger.load([receipt.person_key]) if receipt.person_key else {}
    return {**_receipt(receipt), "people": [_person(e) for e in people.values()]}


async def describe_status(world: World) -> dict[str, Any]:
    """The totals, whoever needs a look, and the messages that were refused."""
    totals = await world.ledger.totals()
    return {
        "people": sum(totals.by_state.values()),
        "states": {str(state): count for state, count in totals.by_state.items() if count},
        "reasons": [
            {"state": str(state), "reason": str(reason), "text": reason.text, "people": count}
            for (state, reason), count in sorted(totals.by_reason.items())
            if count
        ],
        "flags": [
            {"flag": str(flag), "text": flag.text, "people": count}
            for flag, count in totals.by_flag.items()
            if count
        ],
        "flagged": [_summary(e) for e in await world.ledger.flagged(MOST_SHOWN)],
        "refusedMessages": totals.refused_messages,
        "refused": [_receipt(one) for one in await world.ledger.refused(MOST_SHOWN)],
    }


def _summary(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "key": enrolment.key,
        "userPrincipalName": enrolment.user.user_principal_name,
        "employeeId": enrolment.user.employee_id,
        "state": enrolment.state,
        "reason": enrolment.reason,
        "flag": enrolment.flag,
        "since": _moment(enrolment.since),
    }


def _person(enrolment: Enrolment) -> dict[str, Any]:
    return {
        **_summary(enrolment),
        "text": enrolment.reason.text,
        "flagText": enrolment.flag.text if enrolment.flag else None,
        "objectId": enrolment.user.object_id,
        "sourceAnchor": enrolment.user.source_anchor,
        "medium": enrolment.medium,
        "provenance": enrolment.provenance,
        "cause": {
            "kind": enrolment.cause.kind,
            "reference": enrolment.cause.reference,
            "actor": enrolment.cause.actor,
        },
        "due": _moment(enrolment.due),
        "deadline": _moment(enrolment.deadline),
        "steps": [
            {
                "at": _moment(step.at),
                "state": step.state,
                "reason": step.reason,
                "text": step.reason.text,
                "detail": step.detail,
            }
            for step in enrolment.steps
        ],
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "key": receipt.key,
        "queue": receipt.queue,
        "at": _moment(receipt.at),
        "outcome": receipt.outcome,
        "text": receipt.outcome.text,
        "personKey": receipt.person_key,
        "field": receipt.field,
        "detail": receipt.detail,
        "body": receipt.body,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
