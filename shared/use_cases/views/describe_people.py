"""Describe: what operators see of people, events and the totals; one read model for all."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.contracts.api.event_views import EventView, ReceiptView
from shared.contracts.api.people_views import (
    CauseView,
    ClaimView,
    ExclusionView,
    ForecastView,
    MethodView,
    PeopleView,
    PersonSummary,
    PersonView,
    StepView,
)
from shared.contracts.api.status_views import FlagCount, StateCount, StatusView, VersionView
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.version import running_version
from shared.domain.person.enrolment import Cause, Claim, Enrolment, Exclusion, State, Step
from shared.domain.person.method_standing import standings
from shared.domain.person.methods import HeldMethods, ResetRules
from shared.domain.person.reasons import Reason
from shared.domain.person.still_in import why_still_in
from shared.domain.person.verification import is_arrival_of
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.named_people import find_named
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.views.describe_endings import describe_endings
from shared.use_cases.views.describe_forecast import describe_forecast
from shared.use_cases.views.describe_sources import describe_sources
from shared.use_cases.views.describe_sspr import describe_sspr
from shared.use_cases.views.describe_workers import worker_view
from shared.use_cases.views.describe_writing import describe_writing

MOST_SHOWN = 50
_WAYS = (
    (
        State.REQUESTED,
        State.WAITING,
        State.APPLIED,
        State.VISIBLE,
        State.EFFECTIVE,
        State.REGISTERED,
        State.RESETTABLE,
    ),
    (State.LOST,),
    (State.WITHDRAWING, State.WITHDRAWN),
    (State.EXCLUDED,),
    (State.FAILED,),
)
"""The ways into scope and out of it, and ends that any state may come to."""


async def describe_user(identity: str, world: World, now: datetime) -> PeopleView | None:
    """Describes the way of everybody whom the identity means: object id, UPN or employee id.

    Of those in Entra whom nothing has asked for yet it tells what would become of them. Returns
    None if the identity means nobody at all.

    Raises:
        DirectoryUnavailable: Graph could not be asked.
    """
    named = (await find_named([identity], world))[identity]
    people = named.in_entra
    found = {one.key: one for one in named.known}
    if not found:
        mentions = {named.identifier.value}
        found = {
            e.key: e
            for e in await world.ledger.provisional()
            if mentions & {e.user.user_principal_name, e.user.employee_id}
        }
    awaited = [one for one in found.values() if one.user.object_id is None]
    strangers = [
        person
        for person in people
        if person.object_id not in found and not any(is_arrival_of(one, person) for one in awaited)
    ]
    if not found and not strangers:
        return None
    forecast = await describe_forecast(strangers, world, now)
    shown = people_view(found.values(), now, forecast=forecast)
    still = await _still_members(found.values(), {one.object_id for one in people}, world)
    domains = {one.object_id: one.domain for one in people}
    methods = await _methods(found.values(), world, now)
    because = {key: why_still_in(one) for key, one in found.items() if still.get(key)}
    looked_after = tuple(
        one.model_copy(
            update={
                "still_member": still.get(one.key),
                "still_member_because": because.get(one.key),
                "domain": domains.get(one.key),
                "held": methods.get(one.key),
            }
        )
        for one in shown.people
    )
    return shown.model_copy(update={"people": looked_after})


async def _methods(
    enrolments: Collection[Enrolment], world: World, now: datetime
) -> Mapping[str, tuple[MethodView, ...]]:
    """Tells of those whose methods are known whether each of them counts today."""
    held = {one.key: one.held for one in enrolments if one.held is not None}
    if not held:
        return {}
    rules = (await policy_in_force(world)).resets
    return {key: method_views(methods, rules, now) for key, methods in held.items()}


def method_views(held: HeldMethods, rules: ResetRules, now: datetime) -> tuple[MethodView, ...]:
    """Returns each of the methods as operators see it, with whether it counts today."""
    return tuple(
        MethodView(
            name=one.name,
            counting=one.counting,
            since=one.since,
            until=one.until,
            text=one.text,
        )
        for one in standings(held, rules, now.date())
    )


async def _still_members(
    enrolments: Iterable[Enrolment], in_entra: Collection[str], world: World
) -> Mapping[str, bool]:
    """Tells of those who are to be out whether Entra shows them in the scope group all the same.

    Whoever was there before the product stays there, and a removal takes until the next sync.
    """
    out = {one.key for one in enrolments if one.key in in_entra and not one.state.is_enrolled}
    if not out:
        return {}
    scope = world.tenant_rules.scope_group_id
    memberships = await world.directory.memberships(out)
    return {key: scope in known.group_ids for key, known in memberships.items()}


async def describe_event(key: str, world: World, now: datetime) -> EventView | None:
    """Tells what became of one event, and the way of whom it concerned; None if it is not known."""
    receipt = await world.ledger.receipt(key) or await _of_held(key, world)
    if receipt is None:
        return None
    people = await world.ledger.load([receipt.person_key]) if receipt.person_key else {}
    if any(_has_forgotten(one, key) for one in people.values()):
        receipt = replace(receipt, outcome=Reason.FORGOTTEN, detail="")
    ways = tuple(person_view(one, now) for one in people.values())
    return EventView(**_receipt(receipt), people=ways)


def _has_forgotten(enrolment: Enrolment, key: str) -> bool:
    """Tells whether an operator has had this event forgotten since it was taken."""
    record = enrolment.events.find(key) if enrolment.events else None
    return record is not None and record.forgotten


async def _of_held(key: str, world: World) -> Receipt | None:
    """Returns what would be a receipt of an event that a brake holds; None of any other."""
    found = await world.held_events.of_events([key])
    if not found:
        return None
    held = found[0]
    return Receipt(
        key=key,
        queue=ONBOARDING_EVENTS,
        at=held.held_at,
        outcome=Reason.HELD,
        person_key=held.person_key,
        detail=f"{held.brake} moves too many people at once ({held.direction})",
    )


async def describe_status(world: World, now: datetime) -> StatusView:
    """Returns the totals, whoever needs a look, and the messages that were refused."""
    totals = await world.ledger.totals()
    return StatusView(
        people=sum(totals.by_state.values()),
        states={
            str(state): totals.by_state[state] for state in State if totals.by_state.get(state)
        },
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
        held_events=await world.held_events.count(),
        refused=tuple(
            ReceiptView(**_receipt(one)) for one in await world.ledger.refused(MOST_SHOWN)
        ),
        app=await _app(world),
        workers=tuple(map(worker_view, await world.workers.sights())),
        writing=await describe_writing(world, now),
        sspr=await describe_sspr(world),
        endings=await describe_endings(world, now),
        sources=await describe_sources(world, now),
    )


async def _app(world: World) -> VersionView:
    version, mark = running_version(), await world.ledger_marks.mark()
    # Another instance, of another version, may have left its mark since.
    since = mark.since if mark and mark.version == version else None
    return VersionView(version=version, since=since)


def people_view(
    enrolments: Iterable[Enrolment], now: datetime, *, forecast: tuple[ForecastView, ...] = ()
) -> PeopleView:
    """Returns the ways of these people."""
    return PeopleView(people=tuple(person_view(one, now) for one in enrolments), forecast=forecast)


def person_view(enrolment: Enrolment, now: datetime) -> PersonView:
    """Returns a person's way as operators see it."""
    exclusion = enrolment.kept_out_by(now) or enrolment.exclusion
    return PersonView(
        **_summary(enrolment),
        reached=states_reached(enrolment.state),
        final=enrolment.state.is_settled,
        text=enrolment.reason.text,
        flag_text=enrolment.flag.text if enrolment.flag else None,
        object_id=enrolment.user.object_id,
        source_anchor=enrolment.user.source_anchor,
        source_of_authority=enrolment.source_of_authority,
        provenance=enrolment.provenance,
        cause=_cause(enrolment.cause),
        claims=tuple(_claim(one, now) for one in enrolment.claims),
        exclusion=_exclusion(exclusion, now) if exclusion else None,
        due=enrolment.due,
        deadline=enrolment.deadline,
        methods=methods_of(enrolment.held),
        steps=tuple(map(_step, enrolment.steps)),
    )


def states_reached(state: State) -> tuple[State, ...]:
    """Returns the state and, before it, those that lie before it on its way."""
    way = next(way for way in _WAYS if state in way)
    return way[: way.index(state) + 1]


def methods_of(held: HeldMethods | None) -> tuple[str, ...] | None:
    """Returns the names of the methods held, or None where nobody has read them yet."""
    return tuple(sorted(held.names)) if held is not None else None


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


def _claim(claim: Claim, now: datetime) -> ClaimView:
    return ClaimView(cause=_cause(claim.cause), until=claim.until, over=claim.is_over(now))


def _exclusion(exclusion: Exclusion, now: datetime) -> ExclusionView:
    return ExclusionView(
        reason=exclusion.reason,
        text=exclusion.reason.text,
        detail=exclusion.text,
        actor=exclusion.actor,
        until=exclusion.until,
        over=exclusion.is_over(now),
    )


def _step(step: Step) -> StepView:
    return StepView(
        at=step.at,
        state=step.state,
        reason=step.reason,
        text=step.reason.text,
        detail=step.detail,
    )
