"""The operator API, people: the way of each, the totals, and what operators say by hand."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from functions.operation_requests import requested
from functions.responses import there
from functions.routes import Request, Routes
from shared.contracts.api.event_views import AcceptedEvents, EventView
from shared.contracts.api.operation_orders import EraseOrder
from shared.contracts.api.operation_views import EraseOperation
from shared.contracts.api.operator_requests import (
    ByHand,
    EventsSent,
    Exclude,
    Nothing,
    Release,
)
from shared.contracts.api.people_parts import PartAsked
from shared.contracts.api.people_views import KeptOutPage, ListPeople, PeoplePage, PeopleView
from shared.contracts.api.personal_data_views import ErasePerson, ExportPerson, PersonDataPage
from shared.contracts.api.status_views import StatusView
from shared.domain.person.enrolment import Enrolment
from shared.ports.world import World
from shared.use_cases.export_person import export_person
from shared.use_cases.onboarding.accept_events import accept_events
from shared.use_cases.onboarding.override_person import exclude, include, release
from shared.use_cases.views.describe_kept_out import list_kept_out
from shared.use_cases.views.describe_people import (
    describe_event,
    describe_status,
    describe_user,
    people_view,
)
from shared.use_cases.views.list_people import list_people

routes = Routes("people")
_EXAMPLE = {"reason": "asked for by their manager", "until": "2026-12-31T00:00:00Z"}
_REFUSED = (409, 503)
_NOBODY = "nobody and nothing is known by that name"


@routes.get("users/{identity}", takes=Nothing, answers=PeopleView, refuses=(404, 503))
async def get_user(asked: Request[Nothing]) -> PeopleView:
    """The way of everybody whom a name means, and what would become of whom nothing asked for."""
    people = await describe_user(asked.path["identity"], asked.world, asked.now)
    return there(people, _NOBODY)


@routes.get("people", takes=ListPeople, answers=PeoplePage)
async def get_people(asked: Request[ListPeople]) -> PeoplePage:
    """Who is in scope or in one state, and holds certain methods; at most 1,000 at once."""
    return await list_people(asked.sent, asked.world, asked.now)


@routes.get("events/{key}", takes=Nothing, answers=EventView, refuses=(404,))
async def get_event(asked: Request[Nothing]) -> EventView:
    """What became of an event, and the way of whom it concerned."""
    event = await describe_event(asked.path["key"], asked.world, asked.now)
    return there(event, _NOBODY)


@routes.post(
    "events",
    takes=EventsSent,
    answers=AcceptedEvents,
    status=202,
    example={"userPrincipalName": "grace@contoso.com", "effectiveDate": "2026-09-01"},
)
async def inject_events(asked: Request[EventsSent]) -> AcceptedEvents:
    """Take in onboarding events from an operator; what is refused of a list is named."""
    return await accept_events(asked.sent.content, asked.world, asked.now, source="operator")


@routes.get("status", takes=Nothing, answers=StatusView)
async def get_status(asked: Request[Nothing]) -> StatusView:
    """The totals, whoever needs a look, and what was refused."""
    return await describe_status(asked.world, asked.now)


@routes.post(
    "people/{identity}/include",
    takes=ByHand,
    answers=PeopleView,
    example=_EXAMPLE,
    refuses=_REFUSED,
)
async def include_person(asked: Request[ByHand]) -> PeopleView:
    """Want somebody in scope, whatever the waves say."""
    return await _said(include, asked)


@routes.post(
    "people/{identity}/exclude",
    takes=Exclude,
    answers=PeopleView,
    example=_EXAMPLE,
    refuses=_REFUSED,
)
async def exclude_person(asked: Request[Exclude]) -> PeopleView:
    """Keep somebody out of scope, and take them out where they are in."""
    sent = asked.sent
    verb = partial(exclude, for_good=sent.never, take_out=sent.take_out)
    return await _said(verb, asked)


@routes.post(
    "people/{identity}/release",
    takes=Release,
    answers=PeopleView,
    example={"reason": "their project is over"},
    refuses=_REFUSED,
)
async def release_person(asked: Request[Release]) -> PeopleView:
    """Forget what was said of somebody by hand; the rollout decides again."""
    who = asked.path["identity"]
    released = await release(
        who,
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=asked.sent.reason,
        for_good=asked.sent.never,
    )
    return people_view(released, asked.now)


@routes.post(
    "people/{identity}/export",
    takes=ExportPerson,
    answers=PersonDataPage,
    example={"reason": "request 4711 for access", "page": 0},
    refuses=_REFUSED,
)
async def export_person_data(asked: Request[ExportPerson]) -> PersonDataPage:
    """What one place keeps of a person, row by row, and where else something may stand."""
    who = asked.path["identity"]
    return await export_person(who, asked.sent, asked.world, asked.now, actor=asked.actor)


@routes.post(
    "people/{identity}/erase",
    takes=ErasePerson,
    answers=EraseOperation,
    status=202,
    example={"reason": "request 4712 for erasure", "plan": "5b2e90…"},
)
async def erase_person_data(asked: Request[ErasePerson]) -> EraseOperation:
    """Ask what is kept of a person and would be erased or, with that fingerprint, erase it."""
    named = {"person": asked.path["identity"]}
    order = EraseOrder.read_object(asked.sent.model_dump(by_alias=True) | named)
    return await requested(order, asked, EraseOperation)


@routes.get("excluded", takes=PartAsked, answers=KeptOutPage)
async def get_excluded(asked: Request[PartAsked]) -> KeptOutPage:
    """A page of those whom operators keep out, for a time or for good."""
    return await list_kept_out(asked.sent.after, asked.world, asked.now)


class _Verb(Protocol):
    def __call__(
        self,
        identity: str,
        world: World,
        now: datetime,
        *,
        actor: str,
        reason: str,
        until: datetime | None,
    ) -> Awaitable[Sequence[Enrolment]]: ...


async def _said(verb: _Verb, asked: Request[Any]) -> PeopleView:
    said = asked.sent
    changed = await verb(
        asked.path["identity"],
        asked.world,
        asked.now,
        actor=asked.actor,
        reason=said.reason,
        until=said.until,
    )
    return people_view(changed, asked.now)
