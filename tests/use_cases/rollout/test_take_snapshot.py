"""A snapshot is everybody, or nothing: what is missing from a listing is not taken as absent."""

import pytest

from shared.domain.errors import DirectoryUnavailable, UnsafePlan
from shared.domain.person.enrolment import State
from shared.domain.person.people import Memberships
from shared.domain.rollout.document import Document, GroupRing
from shared.domain.rollout.state import Phase
from shared.use_cases.rollout.take_snapshot import Snapshot, take_snapshot
from tests.support.course import ADMINISTRATOR, ids, member, populate, ring, standing
from tests.support.enrolments import BREAK_GLASS, NOW, SCOPE
from tests.support.stage import Stage, an_id
from tests.support.waves import document, wave

GROUP = "5c09e000-0000-0000-0000-000000000007"
OF = document(wave("pilot", selection=GroupRing(GROUP)))


async def snapshot_of(stage: Stage, of: Document = OF) -> Snapshot:
    return await take_snapshot(stage.world, of)


@pytest.fixture
def people(stage: Stage) -> None:
    """Three people; the second is in the wave's group, the third in the scope group."""
    populate(stage, 3)
    stage.tenant.join(GROUP, an_id(2))
    stage.tenant.join(SCOPE, an_id(3))


@pytest.mark.usefixtures("people")
async def test_everybody_is_listed_with_the_groups_that_matter_and_no_others(stage: Stage) -> None:
    stage.tenant.join("a group that nobody asked for", an_id(1))
    found = await snapshot_of(stage)
    assert found.candidates.keys() == ids([ADMINISTRATOR, 1, 2, 3])
    of = {key: candidate.memberships for key, candidate in found.candidates.items()}
    assert of[an_id(1)] == Memberships()
    assert of[an_id(2)] == Memberships(frozenset({GROUP}))
    assert of[an_id(3)] == Memberships(frozenset({SCOPE}))
    assert of[an_id(ADMINISTRATOR)].holds_directory_role
    assert found.members == ids([3])


@pytest.mark.usefixtures("people")
async def test_those_who_have_the_same_memberships_share_them(stage: Stage) -> None:
    stage.tenant.join(GROUP, an_id(1))
    found = await snapshot_of(stage)
    memberships = [found.candidates[an_id(number)].memberships for number in (1, 2)]
    assert memberships[0] is memberships[1]


@pytest.mark.usefixtures("people")
async def test_everybody_is_listed_page_by_page(stage: Stage) -> None:
    stage.tenant.page = 2
    assert len((await snapshot_of(stage)).candidates) == 4
    assert stage.turns.points.count("directory.everybody") == 2


@pytest.mark.usefixtures("people")
async def test_who_is_in_and_was_not_listed_is_asked_for_by_name(stage: Stage) -> None:
    await stage.store(member(1, State.EFFECTIVE), member(2, State.WITHDRAWN))
    person = stage.tenant.people[an_id(1)]

    async def listed_short() -> None:
        del stage.tenant.people[an_id(1)]

    async def there_all_the_same() -> None:
        stage.tenant.put(person)

    stage.turns.at("directory.administrator_ids", listed_short)
    stage.turns.at("directory.find_people", there_all_the_same)
    found = await snapshot_of(stage)
    assert an_id(1) in found.candidates


@pytest.mark.usefixtures("people")
async def test_where_all_who_are_in_were_listed_nobody_is_asked_for(stage: Stage) -> None:
    await stage.store(member(1, State.EFFECTIVE), member(7, State.WITHDRAWN))
    found = await snapshot_of(stage)
    assert found.summaries.keys() == ids([1, 7])
    assert "directory.find_people" not in stage.turns.points


@pytest.mark.usefixtures("people")
async def test_who_is_in_and_gone_from_entra_is_no_candidate(stage: Stage) -> None:
    await stage.store(member(9, State.EFFECTIVE))
    found = await snapshot_of(stage)
    assert an_id(9) not in found.candidates
    rollout = standing(document(wave("pilot", selection=ring(1))), Phase.SOAKING, 1)
    plan = found.plan(rollout, stage.world.tenant_rules, NOW, through=1)
    assert [one.object_id for one in plan.removals] == [an_id(9)]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("group", [GROUP, BREAK_GLASS])
async def test_a_group_that_is_not_there_stops_everything(stage: Stage, group: str) -> None:
    # Whoever lacks it would be taken for somebody who is not excluded.
    del stage.tenant.groups[group]
    with pytest.raises(UnsafePlan, match=f"group {group} is not there"):
        await snapshot_of(stage)


@pytest.mark.usefixtures("people")
async def test_a_report_without_any_administrator_is_not_believed(stage: Stage) -> None:
    stage.tenant.administrators.clear()
    with pytest.raises(UnsafePlan, match="no administrator"):
        await snapshot_of(stage)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "call", ["directory.administrator_ids", "directory.group_member_ids", "directory.everybody"]
)
async def test_a_snapshot_is_whole_or_none(stage: Stage, call: str) -> None:
    stage.turns.fail(call, DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await snapshot_of(stage)
