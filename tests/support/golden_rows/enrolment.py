"""One enrolment with a value in every field, and as it was stored before each was there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from shared.adapters.tables.tables import Tables
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
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.golden_rows.golden import ADA, LATER, NOW, Golden

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
            unanswered=True,
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
    set_aside=Exclusion(Reason.OFFBOARDED, "hr", "event-1", LATER, begins=NOW),
    events=_EVENTS,
    steps=(
        Step(NOW - timedelta(hours=1), State.REQUESTED, Reason.ONBOARDED, "event-1"),
        Step(NOW, State.APPLIED, Reason.ADDED),
    ),
)
"""With a value in every field."""
BEFORE_SET_ASIDE = replace(
    WHOLE,
    set_aside=None,
    events=replace(
        _EVENTS, records=(replace(_EVENTS.records[0], unanswered=False), _EVENTS.records[1])
    ),
)
"""As it was stored before a leaving was set aside for an operator's word."""
BEFORE_REMOVALS = replace(BEFORE_SET_ASIDE, removed_at=None)
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
    await tables.ledger.amend({ADA}, lambda *_: BEFORE_SET_ASIDE, actor="hr", now=NOW)


async def _expect_removed(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: BEFORE_SET_ASIDE}


async def _write_set_aside(tables: Tables) -> None:
    await tables.ledger.amend({ADA}, lambda *_: WHOLE, actor="hr", now=NOW)


async def _expect_set_aside(tables: Tables) -> None:
    assert await tables.ledger.load({ADA}) == {ADA: WHOLE}
    (page,) = [page async for page in tables.ledger.summaries()]
    assert [(one.exclusion, one.set_aside) for one in page] == [(_EXCLUSION, WHOLE.set_aside)]


GOLDEN: Mapping[str, Golden] = {
    "commands": Golden(_write_commands, _expect_commands),
    "leaver": Golden(_write_leaver, _expect_leaver),
    "methods": Golden(_write_methods, _expect_methods),
    "converted": Golden(_write_converted, _expect_converted),
    "events": Golden(_write_events, _expect_events),
    "removed": Golden(_write_removed, _expect_removed),
    "set-aside": Golden(_write_set_aside, _expect_set_aside),
}
