"""What operators see of people, of events and of the totals."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.contracts.api.people_views import PeopleView, PersonView
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Exclusion,
    Provenance,
    State,
    Step,
)
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.use_cases.views.describe_people import (
    MOST_SHOWN,
    describe_event,
    describe_status,
    describe_user,
    states_reached,
)
from tests.support.course import member, populate
from tests.support.enrolments import ANNA_UPN, HOUR, NOW, provisional
from tests.support.stage import Stage, an_id, upn_of
from tests.support.waves import sight


async def found(stage: Stage, identity: str) -> PeopleView:
    view = await describe_user(identity, stage.world, NOW)
    assert view is not None
    return view


def keys(view: PeopleView) -> Sequence[str]:
    return [one.key for one in view.people]


@pytest.mark.parametrize("identity", [an_id(1), upn_of(1), upn_of(1).upper(), "1", "employee:1"])
async def test_somebody_is_found_by_whatever_they_are_known_by(stage: Stage, identity: str) -> None:
    populate(stage, 2)
    await stage.store(member(1, State.VISIBLE), member(2, State.VISIBLE))
    view = await found(stage, identity)
    assert keys(view) == [an_id(1)]
    assert view.forecast == ()


async def test_who_left_entra_is_still_found_by_object_id(stage: Stage) -> None:
    await stage.store(member(1, State.WITHDRAWN))
    assert keys(await found(stage, an_id(1))) == [an_id(1)]


@pytest.mark.parametrize("state", State)
async def test_whoever_is_to_be_out_and_is_still_a_member_is_shown_as_such(
    stage: Stage, state: State
) -> None:
    """Those whom others put in, and of whom nobody here knew."""
    populate(stage, 2)
    stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(1))
    await stage.store(
        *(member(number, state, provenance=Provenance.PREEXISTING) for number in (1, 2))
    )
    views = {number: await found(stage, an_id(number)) for number in (1, 2)}
    still = {number: view.people[0].still_member for number, view in views.items()}
    assert still == ({1: None, 2: None} if state.is_enrolled else {1: True, 2: False})
    because = views[1].people[0].still_member_because
    assert (because is None) is state.is_enrolled
    assert views[2].people[0].still_member_because is None


async def test_everybodys_ad_domain_is_shown_remembered_or_not(stage: Stage) -> None:
    stage.arrive(1, synced=True, domain="emea.contoso.test")
    stage.arrive(2, synced=True, domain="apac.contoso.test")
    await stage.store(member(1, State.VISIBLE))
    assert (await found(stage, an_id(1))).people[0].domain == "emea.contoso.test"
    assert (await found(stage, an_id(2))).forecast[0].domain == "apac.contoso.test"


async def test_nobody_is_nobody(stage: Stage) -> None:
    assert await describe_user("nobody@contoso.test", stage.world, NOW) is None


async def test_who_is_not_remembered_is_told_what_would_become_of_them(stage: Stage) -> None:
    populate(stage, 1)
    view = await found(stage, upn_of(1))
    assert view.people == ()
    assert [(one.object_id, one.text) for one in view.forecast] == [
        (an_id(1), "There is no rollout.")
    ]


async def test_two_who_share_an_employee_id_are_both_shown(stage: Stage) -> None:
    populate(stage, 2)
    person = stage.tenant.people[an_id(2)]
    stage.tenant.put(replace(person, ref=replace(person.ref, employee_id="1")))
    await stage.store(member(1, State.VISIBLE))
    view = await found(stage, "1")
    assert keys(view) == [an_id(1)]
    assert [one.object_id for one in view.forecast] == [an_id(2)]


async def test_who_is_not_in_entra_yet_is_found_by_what_the_event_said(stage: Stage) -> None:
    await stage.store(provisional(State.WAITING))
    assert keys(await found(stage, ANNA_UPN)) == [f"upn:{ANNA_UPN}"]


async def test_who_was_asked_for_by_another_name_is_found_by_the_one_that_the_worker_told(
    stage: Stage,
) -> None:
    user = UserRef(employee_id="4711", user_principal_name=ANNA_UPN)
    await stage.store(provisional(State.REQUESTED, key="employee:4711", user=user))
    await stage.store(provisional(State.WAITING, key="employee:9", user=UserRef(employee_id="9")))
    assert keys(await found(stage, ANNA_UPN)) == ["employee:4711"]


async def test_who_has_just_arrived_and_is_waited_for_is_no_stranger(stage: Stage) -> None:
    stage.arrive(1, synced=True)
    waiting = provisional(
        State.REQUESTED, key="employee:1", user=UserRef(employee_id="1", sid="S-1-5-21-1")
    )
    await stage.store(waiting)
    view = await found(stage, "1")
    assert (keys(view), view.forecast) == (["employee:1"], ())


async def test_while_graph_is_away_it_is_not_said_that_there_is_nobody(stage: Stage) -> None:
    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await describe_user(ANNA_UPN, stage.world, NOW)


async def person_of(stage: Stage) -> PersonView:
    (person,) = (await found(stage, an_id(1))).people
    return person


async def test_a_persons_way_is_told_with_what_wants_them_in_and_keeps_them_out(
    stage: Stage,
) -> None:
    over = Claim(Cause(CauseKind.OVERRIDE, "for an hour", "ada"), until=NOW)
    kept_out = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "ada", "on leave", until=NOW + HOUR)
    steps = (Step(NOW - HOUR, State.REQUESTED, Reason.IN_WAVE, "pilot"),)
    person = member(1, State.WITHDRAWING, exclusion=kept_out, steps=steps, flag=Reason.NOT_WRITTEN)
    await stage.store(person.with_claim(over))
    view = await person_of(stage)
    assert (view.state, view.text) == ("withdrawing", Reason.IN_WAVE.text)
    assert view.flag_text == Reason.NOT_WRITTEN.text
    assert (view.source_of_authority, view.provenance) == ("cloud", "ours")
    assert [(one.cause.kind, one.over) for one in view.claims] == [
        ("wave", False),
        ("override", True),
    ]
    assert view.exclusion is not None
    assert (view.exclusion.detail, view.exclusion.over) == ("on leave", False)
    assert [(one.state, one.text, one.detail) for one in view.steps] == [
        ("requested", Reason.IN_WAVE.text, "pilot")
    ]


async def test_who_needs_no_look_and_is_not_kept_out_has_neither(stage: Stage) -> None:
    await stage.store(member(1, State.VISIBLE))
    view = await person_of(stage)
    assert (view.flag, view.flag_text, view.exclusion) == (None, None, None)


# Events


def receipt(number: int, **changes: object) -> Receipt:
    known = Receipt(
        key=f"event-{number}", queue=ONBOARDING_EVENTS, at=NOW, outcome=Reason.ONBOARDED
    )
    return replace(known, **changes)  # type: ignore[arg-type]  # fields of a receipt


async def test_an_event_leads_to_whom_it_concerned(stage: Stage) -> None:
    await stage.store(member(1, State.VISIBLE))
    await stage.another().ledger.record_receipts([receipt(1, person_key=an_id(1))])
    view = await describe_event("event-1", stage.world, NOW)
    assert view is not None
    assert (view.outcome, view.text) == (Reason.ONBOARDED, Reason.ONBOARDED.text)
    assert [one.key for one in view.people] == [an_id(1)]


async def test_an_event_that_was_refused_is_shown_whole_and_leads_to_nobody(stage: Stage) -> None:
    refused = receipt(1, outcome=Reason.INVALID, field="data.when", detail="no date", body="{}")
    await stage.another().ledger.record_receipts([refused])
    view = await describe_event("event-1", stage.world, NOW)
    assert view is not None
    assert (view.field, view.detail, view.body, view.people) == ("data.when", "no date", "{}", ())


async def test_an_event_that_never_came_is_none(stage: Stage) -> None:
    assert await describe_event("event-1", stage.world, NOW) is None


# The totals


async def test_an_empty_ledger_has_empty_totals(stage: Stage) -> None:
    view = await describe_status(stage.world, NOW)
    assert (view.people, view.states, view.reasons, view.flags) == (0, {}, (), ())
    assert (view.flagged, view.refused_messages, view.refused) == ((), 0, ())


async def test_workers_and_their_versions_are_told_before_there_is_a_rollout(
    stage: Stage,
) -> None:
    await stage.world.workers.sighted([sight(NOW, version="0.0.1+0123abc")])
    (worker,) = (await describe_status(stage.world, NOW)).workers
    assert worker.version == "0.0.1+0123abc"
    assert worker.fit


async def test_the_totals_count_by_state_reason_and_flag(stage: Stage) -> None:
    await stage.store(
        member(1, State.VISIBLE),
        member(2, State.VISIBLE, reason=Reason.ONBOARDED),
        member(3, State.APPLIED, flag=Reason.NOT_VISIBLE),
    )
    await stage.another().ledger.record_receipts(
        [receipt(1), receipt(2, outcome=Reason.INVALID, body="{")]
    )
    view = await describe_status(stage.world, NOW)
    assert (view.people, view.states) == (3, {"visible": 2, "applied": 1})
    assert [(one.state, one.reason, one.people) for one in view.reasons] == [
        ("applied", "in-wave", 1),
        ("visible", "in-wave", 1),
        ("visible", "onboarded", 1),
    ]
    assert [(one.flag, one.text, one.people) for one in view.flags] == [
        ("not-visible", Reason.NOT_VISIBLE.text, 1)
    ]
    assert [one.key for one in view.flagged] == [an_id(3)]
    assert (view.refused_messages, [one.body for one in view.refused]) == (1, ["{"])


async def test_of_many_who_need_a_look_the_first_are_shown_and_all_are_counted(
    stage: Stage,
) -> None:
    people = MOST_SHOWN + 3
    await stage.store(
        *(member(number, State.APPLIED, flag=Reason.NOT_VISIBLE) for number in range(people))
    )
    view = await describe_status(stage.world, NOW)
    assert len(view.flagged) == MOST_SHOWN
    assert [one.people for one in view.flags] == [people]


# Which states stand for which


@pytest.mark.parametrize(
    ("state", "reached"),
    [
        (State.REQUESTED, ["requested"]),
        (State.APPLIED, ["requested", "waiting", "applied"]),
        (
            State.REGISTERED,
            ["requested", "waiting", "applied", "visible", "effective", "registered"],
        ),
        (State.WITHDRAWN, ["withdrawing", "withdrawn"]),
        (State.EXCLUDED, ["excluded"]),
        (State.FAILED, ["failed"]),
    ],
)
def test_a_state_stands_for_those_that_lie_before_it_on_its_way(
    state: State, reached: list[str]
) -> None:
    assert list(states_reached(state)) == reached


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_where_it_is_and_six_are_ends(state: State) -> None:
    assert states_reached(state)[-1] is state
    ends = {
        State.REGISTERED,
        State.RESETTABLE,
        State.LOST,
        State.FAILED,
        State.EXCLUDED,
        State.WITHDRAWN,
    }
    assert state.is_settled is (state in ends)
