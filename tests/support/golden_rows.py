"""Golden rows: everything that is stored, as it was when its form was last changed on purpose.

    python -m tests.support.golden_rows

writes the files that are missing, and never one that is there. Who renames something in the domain
leaves the files alone: what is stored somewhere has to stay readable. Who changes on purpose what
is stored has to read the old rows as well, and adds a file.
"""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.data.tables import TableServiceClient, UpdateMode

from sandbox.testing.azurite_process import azurite
from shared.adapters.memory.storage import DOOR_KEY
from shared.adapters.tables.tables import NAMES, Tables
from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.counts import CountView
from shared.contracts.api.operation_orders import ApplyOrder, CheckOrder, EraseOrder
from shared.contracts.api.personal_data_views import ElsewhereView, ErasedRowsView, EraseView
from shared.contracts.api.plan_views import (
    AppliedView,
    GateNeeds,
    LosingView,
    PlannedWave,
    PlanView,
)
from shared.contracts.api.words import OperationState
from shared.domain.audit import broken_at
from shared.domain.ledger_mark import LedgerMark
from shared.domain.person.brake import Direction, Rate
from shared.domain.person.commands import NO_COMMANDS, AskedCommand, AskedCommands
from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    EventRecord,
    Exclusion,
    Provenance,
    Said,
    State,
    Step,
)
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.methods import NO_CHANGES, HeldMethods, MethodRule, ResetChanges
from shared.domain.person.people import Attribute, Trait, UserRef
from shared.domain.person.policy import AttributeRule, SourceOfAuthority
from shared.domain.person.preflight import Finding, Preflight, Unknown
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.domain.rollout.allowance import Allowance
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.connect_host import HostSight, HourOfWritebacks
from shared.domain.rollout.document import Ring
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.gate import Evaluation, Outcome, Result
from shared.domain.rollout.hour import Hour
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.scope_move import MoveKind, MoveLook, ScopeMove
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.sspr_shares import EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import SightSource, SsprSight
from shared.domain.rollout.state import Rollout
from shared.domain.rollout.watch import Condition, Watch
from shared.domain.rollout.writing import StopReason, Writing
from shared.ports.account_looks import AccountLook
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan, PlannedPerson
from shared.ports.preflights import PreflightQuestion
from shared.ports.readings import Reading
from shared.ports.rollouts import Reconciliation
from shared.ports.scim_users import ScimUser
from tests.support.ports.rollouts import DOCUMENT, GATE, PAUSED
from tests.support.repository import ROOT

FOLDER = ROOT / "tests/integration/ledger/golden"
NOW = datetime(2026, 11, 29, 8, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
DAY = LATER.date()
ADA, BOB, CAROL = (f"{number}ada0000-0000-4000-8000-000000000000" for number in range(3))
PROVISIONAL = "employee:4711"

_EXCLUSION = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "grace", "on leave", LATER, begins=NOW)
_EVENTS = EventHistory(
    Said(
        NOW - timedelta(days=9),
        Claim(Cause(CauseKind.EVENT, "event-a", "hr"), LATER),
        Exclusion(Reason.OFFBOARDED, "hr", "event-b", LATER, begins=NOW),
        NOW,
    ),
    (
        EventRecord(
            key="event-1",
            leaves=True,
            occurred_at=NOW - timedelta(hours=1),
            taken_at=NOW,
            source="hr/workday",
            reference="für die Personalabteilung",
            actor="hr",
            day=LATER,
            day_ends=LATER,
            joins_by_day=True,
            dropped=(Claim(Cause(CauseKind.OVERRIDE, "für Grace", "grace"), LATER),),
            replaced=_EXCLUSION,
            forgotten=True,
        ),
        EventRecord(
            key="event-2",
            leaves=False,
            occurred_at=NOW,
            taken_at=NOW,
            reference="event-2",
            actor="event",
        ),
    ),
)
WHOLE = Enrolment(
    key=ADA,
    user=UserRef(
        object_id=ADA,
        user_principal_name="ada@contoso.test",
        employee_id="1",
        source_anchor="YWRh",
        sid="S-1-5-21-1-2-3-1001",
    ),
    state=State.APPLIED,
    reason=Reason.ADDED,
    cause=Cause(CauseKind.EVENT, "event-1", "hr"),
    since=NOW,
    event_time=NOW - timedelta(hours=1),
    source_of_authority=SourceOfAuthority.ON_PREMISES,
    account=SourceOfAuthority.CLOUD,
    provenance=Provenance.OURS,
    command_key="command-1",
    commands=AskedCommands(
        (
            AskedCommand("command-0", ScopeAction.ADD, WriteOutcome.DONE),
            AskedCommand("command-1", ScopeAction.REMOVE),
        )
    ),
    effective_date=LATER,
    due=NOW + timedelta(minutes=2),
    deadline=LATER,
    removed_at=NOW,
    attempts=2,
    reissues=1,
    flag=Reason.NOT_VISIBLE,
    held=HeldMethods(frozenset({"email", "mobilePhone"}), administrator=True),
    claims=(
        Claim(Cause(CauseKind.EVENT, "event-1", "hr")),
        Claim(Cause(CauseKind.WAVE, "pilot", "rollout")),
        Claim(Cause(CauseKind.OVERRIDE, "für Grace", "grace"), LATER),
    ),
    exclusion=_EXCLUSION,
    events=_EVENTS,
    steps=(
        Step(NOW - timedelta(hours=1), State.REQUESTED, Reason.ONBOARDED, "event-1"),
        Step(NOW, State.APPLIED, Reason.ADDED),
    ),
)
"""With a value in every field."""
BEFORE_REMOVALS = replace(WHOLE, removed_at=None)
"""As it was stored before a removal was looked for in Entra."""
BEFORE_EVENTS = replace(BEFORE_REMOVALS, events=None)
"""As it was stored before events were remembered one by one."""
BEFORE_CONVERSIONS = replace(BEFORE_EVENTS, account=None)
"""As it was stored before an account could be converted."""
BEFORE_METHODS = replace(BEFORE_CONVERSIONS, held=None)
"""As it was stored before methods were read."""
BEFORE_BEGINS = replace(BEFORE_METHODS, exclusion=replace(_EXCLUSION, begins=None))
"""As it was stored before an exclusion could begin."""
BEFORE_COMMANDS = replace(BEFORE_BEGINS, commands=NO_COMMANDS)
"""As it was stored before the commands had a column."""
BARE = Enrolment(
    key=BOB,
    user=UserRef(object_id=BOB),
    state=State.EXCLUDED,
    reason=Reason.GUEST,
    cause=Cause(CauseKind.NEW_HIRE, "", "rollout"),
    since=NOW,
    event_time=NOW,
)
"""With as few as can be."""
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
TAKEN = Receipt(
    key="event-1", queue="onboarding-events", at=NOW, outcome=Reason.ONBOARDED, person_key=ADA
)
REFUSED = Receipt(
    key="event-3",
    queue="onboarding-events",
    at=NOW,
    outcome=Reason.INVALID,
    person_key=BOB,
    field="data.employeeId",
    detail="is missing",
    body='{"grüße": 1}',
)
QUEUED_BEFORE = replace(REFUSED, key="event-8", at=LATER, said_at=NOW)
BEFORE_KINDS: Rollout = replace(
    PAUSED,
    document=replace(
        DOCUMENT,
        # Sets of one, since the order of several is another in each process.
        excluded_attributes=(AttributeRule(Attribute.DEPARTMENT, frozenset({"werk süd"})),),
        waves=(
            replace(DOCUMENT.waves[0], selection=Ring(frozenset({ADA}))),
            *DOCUMENT.waves[1:],
        ),
        removals=replace(DOCUMENT.removals, people=50),
        resets=ResetChanges(methods=(("email", MethodRule(since=DAY, until=DAY)),), required=2),
    ),
    cuts=(Cut(0.05), Cut(0.25, {"Leeds": 0.5})),
    rolled_back=frozenset({"helpers"}),
    promoted=True,
    applied_by="operation-1",
    forced=True,
)
ROLLOUT = replace(
    BEFORE_KINDS,
    document=replace(
        BEFORE_KINDS.document,
        excluded_kinds=(KindRule("räume", (TraitRule(Trait.DISPLAY_NAME, ("raum *",)),)),),
        external_members=True,
    ),
)
"""BEFORE_KINDS is as it was stored before a document could name kinds of accounts."""
BEFORE_RESETS = replace(BEFORE_KINDS, document=replace(BEFORE_KINDS.document, resets=NO_CHANGES))
"""As it was stored before a document could say what a reset asks for."""
RESULT = Result(gate=GATE, outcome=Outcome.FAILED, value=0.5, sample=40, text="20 of 40")
DECIDED = Evaluation(NOW, "pilot", (RESULT,), "paused")
QUIET_GATE = replace(GATE, quiet_passes=True)
QUIET_DECIDED = replace(DECIDED, results=(replace(RESULT, gate=QUIET_GATE),))
QUIET_ROLLOUT = replace(
    ROLLOUT,
    document=replace(
        ROLLOUT.document,
        waves=tuple(replace(wave, gates=(QUIET_GATE,)) for wave in ROLLOUT.document.waves),
    ),
)
"""The others are as they were stored before a gate could pass by too few."""
MOVED_ROLLOUT = replace(
    QUIET_ROLLOUT,
    move=ScopeMove(
        kind=MoveKind.LEAVE,
        began=NOW,
        actor="ada",
        came_from=SsprScope.GROUP,
        old_group=BOB,
        selected_before=True,
        accepted="0b5e3a",
        let_go_at=LATER,
        empties=True,
        by_word=True,
        ended_at=LATER,
    ),
)
"""The others are as they were stored before SSPR's scope could be moved."""
MOVE_LOOK_BEFORE = MoveLook(
    at=NOW, outside=3, unwritten=2, named=(ADA,), ours=4, trouble="no group"
)
"""As it was kept before it told of which move it was."""
MOVE_LOOK = replace(MOVE_LOOK_BEFORE, of=LATER)
UNDECIDED = Evaluation(LATER, "pilot", (replace(RESULT, outcome=Outcome.PASSED),))
RECONCILIATION = Reconciliation(
    at=NOW,
    listed=1000,
    eligible=900,
    kept=800,
    added=5,
    removed=4,
    removed_by_hand=[ADA],
    added_by_hand=[BOB],
    repaired=1,
    skips={Reason.GUEST: 100},
    problem="additions: too many",
)
WATCH = Watch(
    began=NOW,
    at=LATER,
    conditions=(
        Condition(
            gate="writebackFailures",
            outcome=Outcome.FAILED,
            value=0.5,
            threshold=0.2,
            sample=2,
            text="50 % of 2 resets could not be written to AD",
            failing_since=NOW,
            failures=3,
            limit=1,
        ),
    ),
    letters={"scope-changes": (7, 9)},
    letters_at=LATER,
)
SOURCES_WATCH = replace(WATCH, sources_at=LATER)
"""With when it was told which sources are silent, which is newer."""
ENDINGS_WATCH = replace(WATCH, endings_at=LATER)
"""With when it was told what ends, which is newer."""
BEFORE_SYNC_MODES = WorkerSight(
    worker="WORKER01",
    seen_at=NOW,
    directory_answers=True,
    sync_succeeded=True,
    sync_ended_at=NOW,
    problem="none to speak of",
    hindrance="it hangs",
    hindered_since=NOW,
    directory_problem="account-locked: the account is locked out (data 775)",
    domains=("corp.contoso.test", "emea.corp.contoso.test"),
    clock_ahead=-70,
)
"""With a value in every field but the sync's, which are newer."""
BEFORE_DOMAINS = replace(BEFORE_SYNC_MODES, directory_problem=None, domains=None, clock_ahead=None)
"""As it was stored before a worker said whose people it serves."""
BEFORE_HINDRANCES = replace(BEFORE_DOMAINS, hindrance="", hindered_since=None)
"""As it was stored before a worker said what is in the way."""
SIGHT = replace(
    BEFORE_SYNC_MODES,
    sync_mode=SyncMode.CONNECT,
    scope_group_sid="S-1-5-21-1-2-3-1104",
)
"""With a value in every field but the host's, which is newer."""
HOST_SIGHT = replace(
    SIGHT,
    host=HostSight(
        looked_at=NOW,
        problem="unreachable: no route",
        version="2.5.190.0",
        staging=True,
        scheduler_enabled=True,
        scheduler_suspended=True,
        writeback_enabled=True,
        service="Running",
        events_since=NOW,
        events_problem="NoMatchingProvidersFound",
        heartbeat_at=NOW,
        started_at=NOW,
        stopped_at=NOW,
        events=((31002, 4), (31003, 1)),
        hours=(HourOfWritebacks(begins_at=NOW, succeeded=4, failed=1),),
    ),
)
"""With a value in every field but the worker's version, which is newer."""
VERSIONED_SIGHT = replace(HOST_SIGHT, version="0.3.0+1a2b3c4", version_since=NOW)
ENDING_SIGHT = replace(
    VERSIONED_SIGHT,
    endings=(
        Ending(
            what="service-bus-certificate",
            of="für den Worker",
            ends_at=LATER,
            why="unknown",
            detail="ValueError: no certificate",
            whose="worker WORKER01",
        ),
    ),
)
"""With what ends, which is newer."""
MARK = LedgerMark(version="0.3.0", since=NOW, format=1, readable_from=1, written_by="0.3.0")
BEFORE_GROUP = Writing(
    stop=StopReason.BY_OPERATOR, since=NOW, actor="ada", reason="too many", carried_out=True
)
STOPPED = replace(BEFORE_GROUP, group_id="9e0c0000-0000-4000-8000-000000000001")
READING = Reading(place="/reports?$skiptoken=grüße", begun_at=NOW)
ACCOUNT_LOOK = AccountLook(
    at=LATER, place="/users/delta?$deltatoken=ä", log_read_until=NOW, is_due=True
)
SSPR_SIGHT = SsprSight(
    finding=SsprFinding.OTHER_GROUP,
    since=NOW,
    as_of=LATER,
    source=SightSource.REPORT,
    selects_ours=True,
    changed_at=NOW,
    weighed_at=LATER,
    looked_at=LATER,
    log_read_until=LATER,
    trouble="Graph answered 403",
)
SHARES_SEEN = SharesSeen(
    read_at=NOW, inside=EnabledCount(people=800, enabled=790), outside=EnabledCount(people=90)
)
BEFORE_MARKS = Hour(begins=NOW, additions=5, removals=4, repairs=-3)
HOUR = replace(BEFORE_MARKS, counted=("a1b2c3d4e5f6",))
ALLOWANCE = Allowance(ends=LATER, additions=30, removals=4, repairs=3)
ALLOWING_HOUR = replace(HOUR, repairs=3, allowances=(ALLOWANCE,))
COUNT = CountView(reason="guest", text="A guest.", people=2)
SHOWN = PlanView(
    fingerprint="f00d",
    name="contoso",
    digest="d1",
    planned_at=NOW,
    listed=9,
    eligible=8,
    kept=1,
    additions=3,
    waves=(
        PlannedWave(
            name="pilot",
            selection="5 %",
            soak="P3D",
            begun=True,
            additions=3,
            departments={"IT": 3},
            prompts=2,
            able=1,
            losing=(LosingView(on=DAY, people=1),),
            gates=(GateNeeds(gate="visible", text="95 % seen in Entra"),),
        ),
    ),
    other_additions=(COUNT,),
    skips=(COUNT,),
    removals=(COUNT,),
    drift=(COUNT,),
    unsafe=("additions: too many",),
    warnings=("wave all adds nobody",),
)
_WAVE_BEFORE = SHOWN.waves[0].model_copy(update={"able": 0, "losing": ()})
PLAN = KeptPlan(
    fingerprint="f00d",
    document_text="name: contoso # für alle\n",
    planned_at=NOW,
    actor="ada",
    shown=SHOWN,
)
PLAN_BEFORE_FORECASTS = replace(PLAN, shown=SHOWN.model_copy(update={"waves": (_WAVE_BEFORE,)}))
"""As it was kept before plans told who can reset."""
PEOPLE = [
    PlannedPerson(object_id=ADA, action="add", wave="pilot", reason="in-wave"),
    PlannedPerson(object_id=BOB, action="skip", wave=None, reason="guest"),
]
CHECK_OPERATION = Operation(
    key="operation-2",
    actor="grace",
    requested_at=NOW,
    order=CheckOrder(plan="f00d"),
    state=OperationState.SUCCEEDED,
    result=CheckAsked(check="operation-2", asked=9_000, cloud=30),
)
OPERATION = Operation(
    key="operation-1",
    actor="ada",
    requested_at=NOW,
    order=ApplyOrder(plan="f00d", force=True, reason="the whole site moves"),
    state=OperationState.SUCCEEDED,
    result=AppliedView(fingerprint="f00d", version=2),
    problem="to be tried again",
)
ERASE_OPERATION = Operation(
    key="operation-3",
    actor="kim",
    requested_at=NOW,
    order=EraseOrder(
        person="0123456789abcdef",
        reason="request 4712 for erasure",
        plan="f00d",
        with_exclusion=True,
    ),
    state=OperationState.SUCCEEDED,
    result=EraseView(
        fingerprint="f00d",
        rows=(
            ErasedRowsView(
                table="enrolments",
                kind="person",
                meaning="what is remembered of somebody",
                fate="erased",
                why="it is theirs",
                rows=1,
                more=True,
            ),
        ),
        warnings=("an operator keeps this person out for good",),
        needs_exclusion=True,
        elsewhere=(
            ElsewhereView(place="Service Bus", holds="events", ends="in minutes", do="discard"),
        ),
        done=True,
    ),
    problem="to be tried again",
)
DOCUMENT_TEXT = "name: contoso # für alle\n"

type Work = Callable[[Tables], Awaitable[None]]


SCIM_USER = ScimUser(
    source="entra",
    id="5c1a0000-0000-5000-8000-000000000000",
    attributes={
        "userName": "Ada@contoso.test",
        "externalId": "Ada-1",
        "active": True,
        "name": {"givenName": "Ada"},
        "emails": [{"value": "ada@contoso.test", "type": "work", "primary": True}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "4711"},
    },
    created_at=NOW,
    changed_at=LATER,
    version=2,
)

PREFLIGHT = Preflight(
    key=ADA,
    seen_at=NOW,
    worker="worker-1",
    findings=(Finding.NO_RESET_RIGHT, Finding.INHERITANCE_BLOCKED),
    unknown=(Unknown.PASSWORD_POLICY,),
)
QUESTION = PreflightQuestion(
    check="c0ffee",
    part=7,
    people=(ADA, BOB),
    asked_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    actor="ada",
    answered_at=NOW,
)
COUNTED = replace(QUESTION, cloud=3).answered_by([PREFLIGHT], NOW)
HELD = HeldEvent(
    brake="workday",
    direction=Direction.LEAVING,
    person_key=PROVISIONAL,
    event_key="event-9",
    held_at=LATER,
    occurred_at=NOW,
    body='{"employeeId": "4711", "action": "offboard"}',
    sequence_number=42,
    enqueued_at=NOW,
    index=3,
    is_let_through=True,
)


@dataclass(frozen=True)
class Golden:
    """What is written through the ports, and what they read of it."""

    write: Work
    expect: Work
    written_today: bool = True
    """False where this version writes a field more than there is in these rows."""


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
    await _expect_audit(tables, changes=5)


async def _write_commands(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_BEGINS, actor="hr", now=NOW)


async def _expect_commands(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_BEGINS}


async def _write_leaver(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_METHODS, actor="hr", now=NOW)


async def _expect_leaver(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_METHODS}


async def _write_methods(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_CONVERSIONS, actor="hr", now=NOW)


async def _expect_methods(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_CONVERSIONS}
    (page,) = [page async for page in tables.ledger.summaries()]
    assert [one.held for one in page] == [WHOLE.held]


async def _write_converted(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_EVENTS, actor="hr", now=NOW)


async def _expect_converted(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_EVENTS}
    (page,) = [page async for page in tables.ledger.summaries()]
    assert [one.account for one in page] == [SourceOfAuthority.CLOUD]


async def _write_events(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_REMOVALS, actor="hr", now=NOW)


async def _expect_events(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_REMOVALS}
    assert [page async for page in tables.ledger.told_of()] == [[BEFORE_REMOVALS]]


async def _write_removed(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: WHOLE, actor="hr", now=NOW)


async def _expect_removed(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: WHOLE}


async def _expect_audit(tables: Tables, *, changes: int) -> None:
    found = 0
    for end in await tables.audit.ends():
        records = await tables.audit.records(end.partition, 0, 99)
        assert broken_at(records, end) is None
        found += len(records)
    assert found == changes


async def _write_receipts(tables: Tables) -> None:
    await tables.ledger.record_receipts([TAKEN, REFUSED])


async def _expect_receipts(tables: Tables) -> None:
    assert await tables.ledger.receipt(TAKEN.key) == TAKEN
    assert list(await tables.ledger.refused(9)) == [REFUSED]


async def _write_refused(tables: Tables) -> None:
    await tables.ledger.record_receipts([QUEUED_BEFORE])


async def _expect_refused(tables: Tables) -> None:
    assert list(await tables.ledger.refused(9)) == [QUEUED_BEFORE]


async def _write_kinds(tables: Tables) -> None:
    await tables.rollouts.replace(None, ROLLOUT, action="apply", now=NOW)


async def _expect_kinds(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == ROLLOUT


async def _write_quiet(tables: Tables) -> None:
    await tables.rollouts.replace(None, QUIET_ROLLOUT, action="apply", now=NOW)
    await tables.rollouts.keep_evaluation(QUIET_DECIDED)


async def _expect_quiet(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == QUIET_ROLLOUT
    assert list(await tables.rollouts.evaluations(9)) == [QUIET_DECIDED]


async def _write_moved(tables: Tables) -> None:
    await tables.rollouts.replace(None, MOVED_ROLLOUT, action="leave", now=NOW)
    await tables.rollouts.keep_move_look(MOVE_LOOK_BEFORE)


async def _expect_moved(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == MOVED_ROLLOUT
    assert await tables.rollouts.move_look() == MOVE_LOOK_BEFORE
    await _expect_audit(tables, changes=1)


async def _write_move_look(tables: Tables) -> None:
    await tables.rollouts.keep_move_look(MOVE_LOOK)


async def _expect_move_look(tables: Tables) -> None:
    assert await tables.rollouts.move_look() == MOVE_LOOK


async def _write_rollout(tables: Tables) -> None:
    await tables.rollouts.replace(None, BEFORE_KINDS, action="apply", now=NOW)
    await tables.rollouts.keep_document(2, DOCUMENT_TEXT, actor="ada", now=NOW)
    await tables.rollouts.keep_evaluation(DECIDED)
    await tables.rollouts.keep_evaluation(UNDECIDED)
    await tables.rollouts.keep_reconciliation(RECONCILIATION)
    await tables.workers.sighted([BEFORE_DOMAINS])


async def _expect_rollout_before_resets(tables: Tables) -> None:
    await _expect_rollout(tables, BEFORE_RESETS, BEFORE_HINDRANCES)


async def _expect_rollout(
    tables: Tables, rollout: Rollout = BEFORE_KINDS, sight: WorkerSight = BEFORE_DOMAINS
) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == rollout
    assert await tables.rollouts.document_text(2) == DOCUMENT_TEXT
    assert list(await tables.rollouts.evaluations(9)) == [UNDECIDED, DECIDED]
    assert await tables.rollouts.reconciliation() == RECONCILIATION
    assert list(await tables.workers.sights()) == [sight]
    await _expect_audit(tables, changes=1)


async def _write_watch(tables: Tables) -> None:
    await tables.rollouts.keep_watch(WATCH)


async def _expect_watch(tables: Tables) -> None:
    assert await tables.rollouts.watch() == WATCH


async def _expect_watch_before_letters(tables: Tables) -> None:
    assert await tables.rollouts.watch() == replace(WATCH, letters={}, letters_at=None)


async def _write_watch_sources(tables: Tables) -> None:
    await tables.rollouts.keep_watch(SOURCES_WATCH)


async def _expect_watch_sources(tables: Tables) -> None:
    assert await tables.rollouts.watch() == SOURCES_WATCH


async def _write_door_key(tables: Tables) -> None:
    await tables.door_key.key()


async def _expect_door_key(tables: Tables) -> None:
    assert await tables.door_key.key() == DOOR_KEY


async def _write_source(tables: Tables) -> None:
    await tables.sources_heard.hear("workday", NOW)


async def _expect_source(tables: Tables) -> None:
    assert await tables.sources_heard.heard() == {"workday": NOW}


async def _write_watch_endings(tables: Tables) -> None:
    await tables.rollouts.keep_watch(ENDINGS_WATCH)


async def _expect_watch_endings(tables: Tables) -> None:
    assert await tables.rollouts.watch() == ENDINGS_WATCH


async def _write_worker_endings(tables: Tables) -> None:
    await tables.workers.sighted([ENDING_SIGHT])


async def _expect_worker_endings(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [ENDING_SIGHT]


async def _write_worker(tables: Tables) -> None:
    await tables.workers.sighted([BEFORE_SYNC_MODES])


async def _expect_worker(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [BEFORE_SYNC_MODES]


async def _write_worker_sync(tables: Tables) -> None:
    await tables.workers.sighted([SIGHT])


async def _expect_worker_sync(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [SIGHT]


async def _write_worker_version(tables: Tables) -> None:
    await tables.workers.sighted([VERSIONED_SIGHT])


async def _expect_worker_version(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [VERSIONED_SIGHT]


async def _write_mark(tables: Tables) -> None:
    await tables.ledger_marks.leave(MARK.version, MARK.since)


async def _expect_mark(tables: Tables) -> None:
    assert await tables.ledger_marks.mark() == MARK


async def _write_worker_host(tables: Tables) -> None:
    await tables.workers.sighted([HOST_SIGHT])


async def _expect_worker_host(tables: Tables) -> None:
    assert list(await tables.workers.sights()) == [HOST_SIGHT]


async def _write_writing(tables: Tables) -> None:
    stored = await tables.write_control.replace(None, BEFORE_GROUP, action="stop", now=NOW)
    await tables.write_control.replace(stored, BEFORE_GROUP, action="carry-out", now=NOW)


async def _expect_writing(tables: Tables) -> None:
    stored = await tables.write_control.current()
    assert stored
    assert stored.writing == BEFORE_GROUP
    await _expect_audit(tables, changes=2)


async def _write_group(tables: Tables) -> None:
    await tables.write_control.replace(None, STOPPED, action="stop", now=NOW)
    await tables.write_control.count(None, BEFORE_MARKS)


async def _expect_group(tables: Tables) -> None:
    stored, hour = await tables.write_control.current(), await tables.write_control.hour()
    assert stored
    assert stored.writing == STOPPED
    assert hour
    assert hour.hour == BEFORE_MARKS


async def _write_counted(tables: Tables) -> None:
    await tables.write_control.count(None, HOUR)


async def _expect_counted(tables: Tables) -> None:
    hour = await tables.write_control.hour()
    assert hour
    assert hour.hour == HOUR


async def _write_allowed(tables: Tables) -> None:
    await tables.write_control.count(None, ALLOWING_HOUR)


async def _expect_allowed(tables: Tables) -> None:
    hour = await tables.write_control.hour()
    assert hour
    assert hour.hour == ALLOWING_HOUR


async def _write_plan(tables: Tables) -> None:
    await tables.plans.keep(PLAN, PEOPLE)


async def _expect_plan_before_forecasts(tables: Tables) -> None:
    await _expect_plan(tables, PLAN_BEFORE_FORECASTS)


async def _expect_plan(tables: Tables, plan: KeptPlan = PLAN) -> None:
    assert await tables.plans.find(PLAN.fingerprint) == plan
    assert list(await tables.plans.people(PLAN.fingerprint, 0)) == PEOPLE


async def _write_check_operation(tables: Tables) -> None:
    await tables.operations.keep(CHECK_OPERATION)


async def _expect_check_operation(tables: Tables) -> None:
    assert await tables.operations.find(CHECK_OPERATION.key) == CHECK_OPERATION


async def _write_erase_operation(tables: Tables) -> None:
    await tables.operations.keep(ERASE_OPERATION)


async def _expect_erase_operation(tables: Tables) -> None:
    assert await tables.operations.find(ERASE_OPERATION.key) == ERASE_OPERATION


async def _write_operation(tables: Tables) -> None:
    await tables.operations.keep(OPERATION)


async def _expect_operation(tables: Tables) -> None:
    assert await tables.operations.find(OPERATION.key) == OPERATION


async def _write_scim(tables: Tables) -> None:
    await tables.scim_users.create(SCIM_USER)


async def _expect_scim(tables: Tables) -> None:
    assert await tables.scim_users.find(SCIM_USER.source, SCIM_USER.id) == SCIM_USER
    for key, value in SCIM_USER.values():
        assert list(await tables.scim_users.find_by("entra", key, value)) == [SCIM_USER]


async def _write_held(tables: Tables) -> None:
    await tables.held_events.keep([HELD])
    await tables.held_events.admit("workday", Direction.JOINING, [ADA], Rate(2), NOW)


async def _expect_held(tables: Tables) -> None:
    held = tables.held_events
    assert list(await held.page("", 9)) == list(await held.of_events(["event-9"])) == [HELD]
    assert await held.admit("workday", Direction.JOINING, [BOB, CAROL], Rate(2), NOW) == {BOB}


async def _write_preflight(tables: Tables) -> None:
    await tables.preflights.answered(QUESTION, [PREFLIGHT], NOW)


async def _write_counted_preflight(tables: Tables) -> None:
    await tables.preflights.answered(replace(QUESTION, cloud=3), [PREFLIGHT], NOW)


async def _expect_counted_preflight(tables: Tables) -> None:
    assert await tables.preflights.find([ADA, BOB]) == {ADA: PREFLIGHT}
    assert await tables.preflights.question("c0ffee.7") == COUNTED


async def _expect_preflight(tables: Tables) -> None:
    assert await tables.preflights.find([ADA, BOB]) == {ADA: PREFLIGHT}
    assert await tables.preflights.question("c0ffee.7") == QUESTION


async def _write_reading(tables: Tables) -> None:
    await tables.readings.keep(READING)


async def _write_counted_reading(tables: Tables) -> None:
    await tables.readings.keep(replace(READING, counted=SHARES_SEEN))


async def _expect_counted_reading(tables: Tables) -> None:
    assert await tables.readings.current() == replace(READING, counted=SHARES_SEEN)


async def _expect_reading(tables: Tables) -> None:
    assert await tables.readings.current() == READING


async def _write_doctor_look(tables: Tables) -> None:
    await tables.doctor_looks.keep(NOW)


async def _expect_doctor_look(tables: Tables) -> None:
    assert await tables.doctor_looks.newest() == NOW


async def _write_account_look(tables: Tables) -> None:
    await tables.account_looks.keep(ACCOUNT_LOOK)


async def _expect_account_look(tables: Tables) -> None:
    assert await tables.account_looks.newest() == ACCOUNT_LOOK


async def _write_sspr_sight(tables: Tables) -> None:
    await tables.sspr_watch.keep_sight(SSPR_SIGHT)
    await tables.sspr_watch.keep_shares(SHARES_SEEN)


async def _expect_sspr_sight(tables: Tables) -> None:
    assert await tables.sspr_watch.sight() == SSPR_SIGHT
    assert await tables.sspr_watch.shares() == SHARES_SEEN


GOLDEN: Mapping[str, Golden] = {
    "reading": Golden(_write_reading, _expect_reading),
    "doctor-look": Golden(_write_doctor_look, _expect_doctor_look),
    "account-look": Golden(_write_account_look, _expect_account_look),
    "reading-counted": Golden(_write_counted_reading, _expect_counted_reading),
    "sspr-sight": Golden(_write_sspr_sight, _expect_sspr_sight),
    "people": Golden(_write_people, _expect_people),
    "commands": Golden(_write_commands, _expect_commands),
    "leaver": Golden(_write_leaver, _expect_leaver),
    "methods": Golden(_write_methods, _expect_methods),
    "converted": Golden(_write_converted, _expect_converted),
    "events": Golden(_write_events, _expect_events),
    "removed": Golden(_write_removed, _expect_removed),
    "receipts": Golden(_write_receipts, _expect_receipts),
    "refused": Golden(_write_refused, _expect_refused),
    "kinds": Golden(_write_kinds, _expect_kinds, written_today=False),
    "quiet": Golden(_write_quiet, _expect_quiet),
    "moved": Golden(_write_moved, _expect_moved),
    "move-look": Golden(_write_move_look, _expect_move_look),
    "rollout": Golden(_write_rollout, _expect_rollout_before_resets, written_today=False),
    "resets": Golden(_write_rollout, _expect_rollout, written_today=False),
    "watch": Golden(_write_watch, _expect_watch_before_letters, written_today=False),
    "watch-letters": Golden(_write_watch, _expect_watch, written_today=False),
    "door-key": Golden(_write_door_key, _expect_door_key, written_today=False),
    "source": Golden(_write_source, _expect_source),
    "watch-endings": Golden(_write_watch_endings, _expect_watch_endings, written_today=False),
    "watch-sources": Golden(_write_watch_sources, _expect_watch_sources),
    "worker-endings": Golden(_write_worker_endings, _expect_worker_endings),
    "worker": Golden(_write_worker, _expect_worker),
    "worker-sync": Golden(_write_worker_sync, _expect_worker_sync),
    "worker-version": Golden(_write_worker_version, _expect_worker_version),
    "mark": Golden(_write_mark, _expect_mark),
    "worker-host": Golden(_write_worker_host, _expect_worker_host),
    "writing": Golden(_write_writing, _expect_writing, written_today=False),
    "group": Golden(_write_group, _expect_group),
    "counted": Golden(_write_counted, _expect_counted),
    "allowed": Golden(_write_allowed, _expect_allowed),
    "plan": Golden(_write_plan, _expect_plan_before_forecasts, written_today=False),
    "plan-with-forecasts": Golden(_write_plan, _expect_plan),
    "operation-check": Golden(_write_check_operation, _expect_check_operation),
    "operation-erase": Golden(_write_erase_operation, _expect_erase_operation),
    "operation": Golden(_write_operation, _expect_operation),
    "scim": Golden(_write_scim, _expect_scim),
    "held": Golden(_write_held, _expect_held),
    "preflight": Golden(_write_preflight, _expect_preflight, written_today=False),
    "preflight-counted": Golden(_write_counted_preflight, _expect_counted_preflight),
}

type Rows = dict[str, list[dict[str, Any]]]


def stored_rows(account: str) -> Rows:
    """Every row of every table, as JSON has it; times are told from texts."""
    with TableServiceClient.from_connection_string(account) as service:
        there = {table.name for table in service.list_tables()}
        rows = {
            name: [
                {key: _told(value) for key, value in sorted(entity.items())}
                for entity in service.get_table_client(name).list_entities()
            ]
            for name in NAMES
            if name in there
        }
    return {name: found for name, found in rows.items() if found}


def store_rows(account: str, rows: Rows) -> None:
    """Put the rows there by the SDK alone."""
    with TableServiceClient.from_connection_string(account) as service:
        for name, found in rows.items():
            table = service.create_table(name)
            for row in found:
                entity = {key: _untold(value) for key, value in row.items()}
                table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _told(value: Any) -> Any:
    return {"time": value.isoformat()} if isinstance(value, datetime) else value


def _untold(value: Any) -> Any:
    return datetime.fromisoformat(value["time"]) if isinstance(value, dict) else value


async def _write(account: str, golden: Golden) -> None:
    async with Tables.from_connection_string(account) as tables:
        await golden.write(tables)


def _add_missing() -> None:
    for name, golden in GOLDEN.items():
        file = FOLDER / f"{name}.json"
        if file.exists():
            continue
        with tempfile.TemporaryDirectory() as state, azurite(Path(state)) as account:
            asyncio.run(_write(account, golden))
            text = json.dumps(stored_rows(account), indent=1, ensure_ascii=False)
        file.write_text(text + "\n")


if __name__ == "__main__":
    _add_missing()
