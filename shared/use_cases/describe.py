"""Describe: what operators see of people, events and the totals; one read model for all."""

from collections.abc import Iterable
from typing import Any

from shared.contracts.person_view import (
    BarView,
    CauseView,
    EventView,
    FlagCount,
    HoldView,
    PeopleView,
    PersonSummary,
    PersonView,
    ReceiptView,
    StateCount,
    StatusView,
    StepView,
)
from shared.domain.enrolment import Bar, Cause, Enrolment, Hold, Step
from shared.domain.people import Identifier
from shared.ports import Receipt, World

MOST_SHOWN = 50


async def describe_user(identity: str, world: World) -> PeopleView | None:
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
    return people_view(found.values()) if found else None


async def describe_event(key: str, world: World) -> EventView | None:
    """What became of one event, and the way of whom it concerned."""
    receipt = await world.ledger.receipt(key)
    if receipt is None:
        return None
    people = await world.ledger.load([receipt.person_key]) if receipt.person_key else {}
    return EventView(**_receipt(receipt), people=tuple(map(person_view, people.values())))


async def describe_status(world: World) -> StatusView:
    """The totals, whoever needs a look, and the messages that were refused."""
    totals = await world.ledger.totals()
    return StatusView(
        people=sum(totals.by_state.values()),
        states={str(state): count for state, count in totals.by_state.items() if count},
        reasons=tuple(
            StateCount(state=state, reason=reason, text=reason.text, people=count)
            for (state, reason), count in sorted(totals.by_reason.items())
            if count
        ),
        flags=tuple(
            FlagCount(flag=flag, text=flag.text, people=count)
            for flag, count in totals.by_flag.items()
            if count
        ),
        flagged=tuple(PersonSummary(**_summary(e)) for e in await world.ledger.flagged(MOST_SHOWN)),
        refused_messages=totals.refused_messages,
        refused=tuple(
            ReceiptView(**_receipt(one)) for one in await world.ledger.refused(MOST_SHOWN)
        ),
    )


def people_view(enrolments: Iterable[Enrolment]) -> PeopleView:
    """The ways of these people."""
    return PeopleView(people=tuple(map(person_view, enrolments)))


def person_view(enrolment: Enrolment) -> PersonView:
    """A person's way as operators see it."""
    return PersonView(
        **_summary(enrolment),
        text=enrolment.reason.text,
        flag_text=enrolment.flag.text if enrolment.flag else None,
        object_id=enrolment.user.object_id,
        source_anchor=enrolment.user.source_anchor,
        medium=enrolment.medium,
        provenance=enrolment.provenance,
        cause=_cause(enrolment.cause),
        holds=tuple(map(_hold, enrolment.holds)),
        bar=_bar(enrolment.bar) if enrolment.bar else None,
        due=enrolment.due,
        deadline=enrolment.deadline,
        steps=tuple(map(_step, enrolment.steps)),
    )


def _summary(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "key": enrolment.key,
        "user_principal_name": enrolment.user.user_principal_name,
        "employee_id": enrolment.user.employee_id,
        "state": enrolment.state,
        "reason": enrolment.reason,
        "flag": enrolment.flag,
        "since": enrolment.since,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "key": receipt.key,
        "queue": receipt.queue,
        "at": receipt.at,
        "outcome": receipt.outcome,
        "text": receipt.outcome.text,
        "person_key": receipt.person_key,
        "field": receipt.field,
        "detail": receipt.detail,
        "body": receipt.body,
    }


def _cause(cause: Cause) -> CauseView:
    return CauseView(kind=cause.kind, reference=cause.reference, actor=cause.actor)


def _hold(hold: Hold) -> HoldView:
    return HoldView(cause=_cause(hold.cause), until=hold.until)


def _bar(bar: Bar) -> BarView:
    return BarView(
        reason=bar.reason, text=bar.reason.text, detail=bar.text, actor=bar.actor, until=bar.until
    )


def _step(step: Step) -> StepView:
    return StepView(
        at=step.at,
        state=step.state,
        reason=step.reason,
        text=step.reason.text,
        detail=step.detail,
    )
