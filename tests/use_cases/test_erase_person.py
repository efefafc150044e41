"""One person is erased: what is theirs goes, what is kept is said, and nobody else loses a byte."""

import dataclasses
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from shared.adapters.memory.personal_data import PARTS
from shared.contracts.api.operation_orders import EraseOrder, ForgetOrder
from shared.contracts.api.personal_data_views import EraseView
from shared.contracts.api.words import OperationState
from shared.contracts.messages.operation_request import OperationRequest
from shared.domain.errors import DirectoryUnavailable, InvalidMessage, NotPossible, WorldChanged
from shared.domain.person.enrolment import Enrolment, Exclusion, State
from shared.domain.person.erasure import RULES, Fate
from shared.domain.person.mentions import Names
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.ports.personal_data import ERASABLE, KINDS
from shared.use_cases.erase_person import FOR_GOOD, KEPT_OUT, erase_person, without_name
from shared.use_cases.export_person import ELSEWHERE, digest_of
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.operate import run_operations
from tests.support.course import ask, asks, member, operation_of, populate
from tests.support.enrolments import NOW, provisional
from tests.support.ports.personal_data import fill
from tests.support.processes import ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, messages, upn_of

WHY = "request 4712 for erasure"
LATER = NOW + timedelta(hours=1)


def ref(number: int) -> UserRef:
    return UserRef(
        object_id=an_id(number), user_principal_name=upn_of(number), employee_id=str(number)
    )


def out(number: int, **changes: Any) -> Enrolment:
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "kim", "asked")
    return dataclasses.replace(
        member(number, State.EXCLUDED, user=ref(number)), **{"exclusion": exclusion} | changes
    )


async def story() -> Stage:
    """Two people of whom every port keeps something; the first is out."""
    stage = a_stage()
    populate(stage, 3)
    for number in (1, 2):
        await fill(stage.another(), ref(number))
    await stage.store(out(1), out(2), called_off(1), called_off(2))
    return stage


def called_off(number: int) -> Enrolment:
    """What is left of whoever was waited for by their employee id."""
    user = UserRef(employee_id=str(number))
    return provisional(State.WITHDRAWN, key=f"employee:{number}", user=user)


async def look(stage: Stage, identity: str = an_id(1), **more: Any) -> EraseView:
    order = EraseOrder(person=identity, reason=WHY, **more)
    operation = asks(order)
    view = await erase_person(order, operation, stage.another(), LATER)
    if view.done:
        ended = dataclasses.replace(operation, state=OperationState.SUCCEEDED, result=view)
        await stage.another().operations.keep(without_name(ended))
    return view


async def erase(stage: Stage, identity: str = an_id(1), **more: Any) -> EraseView:
    seen = await look(stage, identity, **more)
    return await look(stage, identity, plan=seen.fingerprint, **more)


def kept(stage: Stage) -> dict[str, str]:
    """All that is stored, by its place, but for the audit."""
    return {
        f"{part} {kind} {key}": json.dumps(to_jsonable_python(value), sort_keys=True)
        for part, found in PARTS.items()
        for kind, key, value in found(stage.storage)
        if kind != "audit"
    }


async def named(stage: Stage, number: int = 1) -> set[str]:
    """The kinds of rows that name somebody."""
    names = Names.of([ref(number)])
    data = stage.another().personal_data
    return {one.kind for place in data.places for one in await data.find(place, names)}


@pytest.mark.parametrize("identity", [an_id(1), upn_of(1), "1", "employee:1"])
async def test_afterwards_nothing_is_found_but_what_is_said_to_be_kept(identity: str) -> None:
    stage = await story()
    before = kept(stage)
    seen = await look(stage, identity)
    assert kept(stage) == before, "a look changes nothing"
    fates = {(one.kind, one.fate) for one in seen.rows}
    assert fates >= {
        ("person", "erased"),
        ("receipt", "erased"),
        ("held", "erased"),
        ("preflight", "erased"),
        ("scim-user", "erased"),
        ("question", "rewritten"),
        ("page", "rewritten"),
        ("audit", "kept"),
    }
    done = await look(stage, identity, plan=seen.fingerprint)
    assert done == seen.model_copy(update={"done": True})
    assert await named(stage) == {one.kind for one in seen.rows if one.fate == "kept"} == {"audit"}
    assert done.elsewhere == ELSEWHERE


async def test_nobody_else_loses_a_byte() -> None:
    stage, untouched = await story(), a_stage()
    populate(untouched, 3)
    await fill(untouched.another(), ref(2))
    await untouched.store(out(2), called_off(2))
    await erase(stage)
    others = kept(untouched)
    left = {key: text for key, text in kept(stage).items() if key in others}
    assert left == others
    assert await named(stage, 2) == await named(untouched, 2)


async def test_killed_at_any_step_and_delivered_again_it_ends_the_same() -> None:
    for death in deaths():
        stage = await story()
        seen = await look(stage)
        order = EraseOrder(person=an_id(1), reason=WHY, plan=seen.fingerprint)
        message = await ask(stage, asks(order))
        if death.number:
            with suppress(ProcessDied):
                await run_operations([message], process(stage, death), LATER)
        else:
            with pytest.raises(ProcessDied):
                await run_operations([message], process(stage, death), LATER)
        await run_operations([message], stage.another(), LATER)
        operation = await operation_of(stage)
        assert (operation.state, operation.problem) == (OperationState.SUCCEEDED, ""), death
        assert isinstance(operation.result, EraseView)
        assert operation.result.done
        assert await named(stage) == {"audit"}, death


async def test_the_operation_itself_ends_without_the_name() -> None:
    stage = await story()
    message = await ask(stage, asks(EraseOrder(person=upn_of(1), reason=WHY)))
    await run_operations([message], stage.another(), LATER)
    await run_operations([message], stage.another(), LATER)
    operation = await operation_of(stage)
    assert isinstance(operation.order, EraseOrder)
    assert operation.order.person == digest_of(upn_of(1))
    assert "operation" not in await named(stage)


async def test_the_audit_tells_of_it_by_a_digest_and_stays_whole() -> None:
    stage = await story()
    ends = {one.partition: one.number for one in await stage.another().audit.ends()}
    await erase(stage, upn_of(1))
    audit = stage.another().audit
    told = [
        one
        for end in await audit.ends()
        for one in await audit.records(end.partition, ends.get(end.partition, 0), 100)
    ]
    assert {json.loads(one.content)["action"] for one in told} == {"erase-person"}
    assert {json.loads(one.content)["person"] for one in told} == {digest_of(upn_of(1))}
    assert not [one for one in told if Names.of([ref(1)]).are_in(json.loads(one.content))]
    assert "messages" in {one.partition for one in told}


@pytest.mark.parametrize(
    "state", [one for one in State if one.is_coming or one is State.WITHDRAWING]
)
async def test_who_is_in_or_on_the_way_is_refused_unless_gone(state: State) -> None:
    stage = await story()
    await stage.store(member(1, state, user=ref(1)))
    before = kept(stage)
    with pytest.raises(NotPossible, match=f"{state}: say sspr exclude"):
        await look(stage)
    assert kept(stage) == before
    stage.tenant.remove(an_id(1))
    await erase(stage)
    assert await named(stage) == {"audit"}


async def test_who_is_gone_is_found_by_a_name_that_only_the_ledger_knows() -> None:
    stage = await story()
    stage.tenant.remove(an_id(1))
    seen = await erase(stage, upn_of(1))
    assert "person" in {one.kind for one in seen.rows}
    assert await named(stage) == {"audit"}


async def test_an_exclusion_for_good_has_to_be_meant() -> None:
    stage = await story()
    never = Exclusion(Reason.EXCLUDED_FOR_GOOD, "kim", "asked")
    await stage.store(out(1, exclusion=never))
    seen = await look(stage)
    assert (seen.needs_exclusion, seen.warnings) == (True, (FOR_GOOD,))
    with pytest.raises(NotPossible, match="--with-exclusion"):
        await look(stage, plan=seen.fingerprint)
    assert "person" in await named(stage)
    await look(stage, plan=seen.fingerprint, with_exclusion=True)
    assert await named(stage) == {"audit"}


async def test_that_a_passing_exclusion_ends_is_said() -> None:
    assert (await look(await story())).warnings == (KEPT_OUT,)


async def test_what_has_changed_since_it_was_shown_is_not_erased() -> None:
    stage = await story()
    seen = await look(stage)
    receipt = Receipt(key="new", queue="q", at=NOW, outcome=Reason.ADDED, person_key=an_id(1))
    await stage.another().ledger.record_receipts([receipt])
    with pytest.raises(WorldChanged):
        await look(stage, plan=seen.fingerprint)
    assert "person" in await named(stage)


async def test_a_reason_that_names_the_person_is_refused() -> None:
    stage = await story()
    order = EraseOrder(person=an_id(1), reason=f"{upn_of(1)} asked")
    with pytest.raises(InvalidMessage, match="reason"):
        await erase_person(order, asks(order), stage.another(), LATER)


async def test_a_name_of_two_people_is_refused() -> None:
    stage = await story()
    second = dataclasses.replace(out(2), user=dataclasses.replace(ref(2), employee_id="1"))
    await stage.store(second)
    with pytest.raises(NotPossible, match="2 people"):
        await look(stage, "1")
    await erase(stage, an_id(1))
    assert (await stage.person(2)) == second


async def test_an_operation_about_them_is_waited_for_and_then_goes() -> None:
    stage = await story()
    forget = asks(ForgetOrder(reason="by mistake", people=(upn_of(1),)), "forget-1")
    await stage.another().operations.keep(forget)
    with pytest.raises(NotPossible, match="forget-1"):
        await look(stage)
    ended = dataclasses.replace(forget, state=OperationState.SUCCEEDED)
    await stage.another().operations.keep(ended)
    await erase(stage)
    assert await stage.another().operations.find("forget-1") is None


async def test_an_operation_that_they_asked_for_themselves_is_kept() -> None:
    stage = await story()
    own = dataclasses.replace(
        asks(ForgetOrder(reason="by mistake", people=(upn_of(2),)), "forget-1"),
        actor=upn_of(1),
        state=OperationState.SUCCEEDED,
    )
    await stage.another().operations.keep(own)
    seen = await erase(stage)
    assert ("operation", "kept") in {(one.kind, one.fate) for one in seen.rows}
    assert await stage.another().operations.find("forget-1") == own


async def test_without_the_directory_nothing_is_erased_by_half_of_the_names() -> None:
    stage = await story()
    before = kept(stage)
    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph is away"))
    order = EraseOrder(person=an_id(1), reason=WHY)
    with pytest.raises(DirectoryUnavailable):
        await erase_person(order, asks(order), stage.world, LATER)
    assert kept(stage) == before


async def test_of_whom_nothing_is_kept_nothing_is_done() -> None:
    stage = await story()
    ends = await stage.another().audit.ends()
    seen = await erase(stage, "nobody@contoso.test")
    assert (seen.rows, seen.done) == ((), True)
    assert await stage.another().audit.ends() == ends


async def test_whoever_comes_again_later_is_a_new_beginning() -> None:
    stage = await story()
    await erase(stage)
    event = {
        "specversion": "1.0",
        "id": "again",
        "source": "hr/workday",
        "type": "io.sspr-rollout.person.onboarded.v1",
        "time": LATER.isoformat(),
        "data": {"employeeId": "1"},
    }
    await take_events(messages(event, enqueued_at=LATER), stage.another(), LATER)
    again = await stage.person(1)
    assert (again.state, again.exclusion) == (State.REQUESTED, None)
    assert again.steps[0].at == LATER


def test_every_kind_of_row_says_what_becomes_of_it() -> None:
    """A kind that is new fails here until somebody decides: erased, rewritten or kept, and why."""
    assert RULES.keys() == KINDS.keys()
    assert all(one.why for one in RULES.values())
    going = {kind for kind, one in RULES.items() if one.fate is not Fate.KEPT}
    of_the_ledger = {"person", "state", "flag", "wave", "moved"}
    assert going == ERASABLE | of_the_ledger | {"refused", "held-key", "scim-key"}


def test_a_message_for_an_order_names_nobody() -> None:
    assert Message(OperationRequest(operation_key="operation-1").text()).body.count(b"@") == 0
