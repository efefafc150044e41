"""The cloud scope group: one answer each, whatever becomes of the others."""

import pytest

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.graph_tenant import CLOUD_PEOPLE, GRACE, NOBODY
from tests.support.ports.entra import Entra


async def test_everybody_is_added_and_has_an_answer_of_their_own(entra: Entra) -> None:
    people = CLOUD_PEOPLE[:45]
    assert await entra.scope.add([*people, people[0]]) == {
        each: WriteResult(
            change=ScopeAction.ADD, outcome=WriteOutcome.DONE, user=UserRef(object_id=each)
        )
        for each in people
    }
    assert await entra.directory.scope_member_ids() == set(people)


async def test_a_member_and_a_stranger_do_not_keep_the_others_out(entra: Entra) -> None:
    present, *others = CLOUD_PEOPLE[:19]
    await entra.scope.add([present])
    answers = await entra.scope.add([*others[:9], present, NOBODY, *others[9:]])
    assert {each: answers[each].outcome for each in others} == dict.fromkeys(
        others, WriteOutcome.DONE
    )
    assert (answers[present].outcome, answers[present].reason) == (WriteOutcome.ALREADY, None)
    assert (answers[NOBODY].outcome, answers[NOBODY].reason) == (
        WriteOutcome.NOT_FOUND,
        Reason.NOT_IN_ENTRA,
    )
    assert answers[NOBODY].detail
    assert await entra.directory.scope_member_ids() == {present, *others}


async def test_removals_say_who_was_not_there(entra: Entra) -> None:
    people = CLOUD_PEOPLE[:25]
    await entra.scope.add(people)
    answers = await entra.scope.remove(people)
    assert {(each.change, each.outcome) for each in answers.values()} == {
        (ScopeAction.REMOVE, WriteOutcome.DONE)
    }
    assert await entra.directory.scope_member_ids() == frozenset()
    again = await entra.scope.remove([GRACE, NOBODY])
    assert {(each.outcome, each.reason) for each in again.values()} == {
        (WriteOutcome.ALREADY, Reason.REMOVAL_UNCONFIRMED)
    }


async def test_a_change_that_is_made_again_before_it_shows_is_done_already(entra: Entra) -> None:
    entra.delay()
    await entra.scope.add([GRACE])
    assert (await entra.scope.add([GRACE]))[GRACE].outcome is WriteOutcome.ALREADY
    await entra.scope.remove([GRACE])
    assert (await entra.scope.remove([GRACE]))[GRACE].outcome is WriteOutcome.ALREADY


async def test_a_group_that_others_write_refuses_everybody(entra: Entra) -> None:
    _, scope = entra.with_scope(entra.add_group("Synced", synced=True))
    answers = [*(await scope.add(CLOUD_PEOPLE[:40])).values()]
    answers += (await scope.remove([NOBODY])).values()
    assert len(answers) == 41
    assert {each.outcome for each in answers} == {WriteOutcome.REFUSED}
    assert {each.reason for each in answers} == {Reason.GROUP_SYNCED}
    assert all(each.detail for each in answers)
    assert await scope.obstacle() is Reason.GROUP_SYNCED
    assert await entra.scope.obstacle() is None


async def test_a_missing_group_is_not_taken_for_missing_people(entra: Entra) -> None:
    _, scope = entra.with_scope(NOBODY)
    for change in (scope.add, scope.remove):
        with pytest.raises(DirectoryUnavailable, match="404"):
            await change([GRACE])
    with pytest.raises(DirectoryUnavailable, match="404"):
        await scope.obstacle()


async def test_nobody_to_write_is_nothing_to_answer(entra: Entra) -> None:
    assert await entra.scope.add([]) == await entra.scope.remove([]) == {}
