"""The audit is read as it is chained, so that whoever exports it can prove it whole."""

from shared.contracts.api.audit_views import AuditRecordView
from shared.domain.audit import AuditEnd, AuditRecord, broken_at
from shared.domain.person.enrolment import State
from shared.domain.person.partitions import MESSAGES, PARTITIONS, ROLLOUT, WRITING, partition_of
from shared.domain.rollout.state import Phase
from shared.use_cases.views.describe_audit import MOST_RECORDS, describe_audit_ends, read_audit
from tests.support.course import member, standing, ungated
from tests.support.enrolments import NOW
from tests.support.stage import Stage, an_id
from tests.support.waves import document


def record_of(view: AuditRecordView) -> AuditRecord:
    return AuditRecord(**view.model_dump())


async def exported(stage: Stage, partition: str) -> list[AuditRecord]:
    """A whole partition, as somebody exports it page by page."""
    records: list[AuditRecord] = []
    while True:
        page = await read_audit(partition, len(records), stage.world)
        assert page is not None
        if not page.records:
            return records
        records += map(record_of, page.records)


async def ends(stage: Stage) -> dict[str, AuditEnd]:
    found = (await describe_audit_ends(stage.world)).partitions
    return {one.partition: AuditEnd(**one.model_dump()) for one in found}


async def test_before_anything_was_changed_every_partition_ends_at_nothing(stage: Stage) -> None:
    found = await ends(stage)
    assert found.keys() == {*PARTITIONS, ROLLOUT, WRITING, MESSAGES}
    assert {(one.number, one.digest) for one in found.values()} == {(0, "")}


async def test_what_is_exported_proves_to_be_whole(stage: Stage) -> None:
    await stage.applies(standing(document(ungated("pilot", 1)), Phase.SOAKING, 1))
    await stage.store(member(1, State.REQUESTED))
    await stage.store(member(1, State.APPLIED), member(2, State.APPLIED))
    found = await ends(stage)
    changed = {name for name, end in found.items() if end.number}
    assert changed == {ROLLOUT, partition_of(an_id(1)), partition_of(an_id(2))}
    for name in changed:
        assert broken_at(await exported(stage, name), found[name]) is None


async def test_a_long_chain_is_read_in_pages(stage: Stage) -> None:
    for number in range(MOST_RECORDS + 1):
        stage.storage.rollout_chain.append({"action": f"{number}"}, actor="ada", now=NOW)
    page = await read_audit(ROLLOUT, 0, stage.world)
    assert page is not None
    assert [one.number for one in page.records] == list(range(1, MOST_RECORDS + 1))
    assert len(await exported(stage, ROLLOUT)) == MOST_RECORDS + 1


async def test_after_the_end_there_is_an_empty_page_and_of_no_partition_none(stage: Stage) -> None:
    page = await read_audit(ROLLOUT, 7, stage.world)
    assert page is not None
    assert page.records == ()
    assert await read_audit("no such partition", 0, stage.world) is None
