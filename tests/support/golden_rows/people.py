"""Several people, and what the ledger finds and counts of them."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from tests.support.golden_rows.audit import expect_audit
from tests.support.golden_rows.enrolment import BEFORE_COMMANDS
from tests.support.golden_rows.golden import ADA, BOB, CAROL, LATER, NOW, PROVISIONAL, Golden

BARE = Enrolment(
    key=BOB,
    user=UserRef(object_id=BOB),
    state=State.EXCLUDED,
    reason=Reason.GUEST,
    cause=Cause(CauseKind.NEW_HIRE, "", "rollout"),
    since=NOW,
    event_time=NOW,
)
"""With a value in as few fields as can be."""
AWAITED = Enrolment(
    key=PROVISIONAL,
    user=UserRef(employee_id="4711"),
    state=State.WAITING,
    reason=Reason.NOT_IN_ANY_DIRECTORY,
    cause=Cause(CauseKind.EVENT, "event-2", "hr"),
    since=NOW,
    event_time=NOW,
    claims=(Claim(Cause(CauseKind.EVENT, "event-2", "hr")),),
)
ARRIVED = replace(
    AWAITED,
    key=CAROL,
    user=UserRef(object_id=CAROL, employee_id="4711"),
    state=State.REQUESTED,
    reason=Reason.ARRIVED_IN_ENTRA,
)


async def _write_people(tables: Tables) -> None:
    for person in (BEFORE_COMMANDS, BARE, AWAITED):
        await tables.ledger.amend({person.key}, lambda *_, one=person: one, actor="hr", now=NOW)
    await tables.ledger.adopt(PROVISIONAL, ARRIVED, actor="clock", now=NOW)


async def _expect_people(tables: Tables) -> None:
    ledger = tables.ledger
    found = await ledger.load({ADA, BOB, PROVISIONAL})
    assert found == {ADA: BEFORE_COMMANDS, BOB: BARE, PROVISIONAL: ARRIVED}
    assert list(await ledger.in_state({State.APPLIED}, due_before=LATER)) == [BEFORE_COMMANDS]
    assert list(await ledger.in_wave("pilot")) == [BEFORE_COMMANDS]
    assert list(await ledger.flagged(9)) == [BEFORE_COMMANDS]
    assert sorted([one.key async for page in ledger.summaries() for one in page]) == [
        ADA,
        BOB,
        CAROL,
    ]
    totals = await ledger.totals()
    assert totals.by_reason == {
        (State.APPLIED, Reason.ADDED): 1,
        (State.EXCLUDED, Reason.GUEST): 1,
        (State.REQUESTED, Reason.ARRIVED_IN_ENTRA): 1,
    }
    assert totals.by_flag == {Reason.NOT_VISIBLE: 1}
    assert totals.by_wave == {("pilot", State.APPLIED, True): 1}
    await expect_audit(tables, changes=5)


GOLDEN: Mapping[str, Golden] = {
    "people": Golden(_write_people, _expect_people),
}
