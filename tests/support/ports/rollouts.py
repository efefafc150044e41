"""A rollout for the tests of what is kept of one."""

from dataclasses import replace
from datetime import date, time, timedelta

from shared.domain.person.people import Attribute
from shared.domain.person.policy import AttributeRule, Topology
from shared.domain.rollout.calendar import Calendar, Freeze
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import (
    Count,
    Document,
    DriftAction,
    GroupRing,
    Limit,
    Ring,
    Selection,
    Share,
    Wave,
)
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.state import Lease, Pause, PauseReason, Phase, Rollout, Tally, planned
from tests.support.ports.people import NOW, object_id

GATE = Gate(
    kind="effective",
    threshold=0.95,
    window=timedelta(hours=24),
    minimum_sample=10,
    failure_limit=3,
    inconclusive_limit=12,
)
CALENDAR = Calendar(
    time_zone="Europe/Berlin",
    days=frozenset(range(5)),
    opens=time(8),
    closes=time(17, 30),
    freezes=(Freeze(date(2026, 12, 20), date(2027, 1, 6), "Jahreswechsel"),),
)


def _wave(name: str, selection: Selection) -> Wave:
    return Wave(
        name=name, selection=selection, soak=timedelta(days=2), gates=(GATE,), calendar=CALENDAR
    )


DOCUMENT = Document(
    name="contoso",
    salt="pinch",
    scope_group_id=object_id(1),
    topology=Topology.NESTED,
    population_group_ids=frozenset({object_id(2)}),
    excluded_group_ids=frozenset({object_id(3)}),
    excluded_attributes=(AttributeRule(Attribute.DEPARTMENT, frozenset({"werk süd", "人"})),),
    excluded_object_ids=frozenset({object_id(4)}),
    new_hires_since=date(2026, 1, 1),
    balance=Attribute.OFFICE,
    waves=(
        _wave("pilot", Ring(frozenset({object_id(5), object_id(6)}))),
        _wave("helpers", GroupRing(object_id(7))),
        _wave("first hundred", Count(100)),
        _wave("everybody", Share(1.0)),
    ),
    additions=Limit(0.3, 5000),
    removals=Limit(0.05),
    on_removed_by_hand=DriftAction.REPAIR,
    on_added_by_hand=DriftAction.REPORT,
    evaluate_every=timedelta(minutes=15),
    digest="d1ge57",
)
PLANNED = planned(DOCUMENT, 1, NOW, actor="ada")
PAUSED = replace(
    PLANNED,
    phase=Phase.PAUSED,
    version=2,
    actor="grace",
    reason="too many complaints",
    started=2,
    cuts=(Cut(0.05), Cut(0.25, {f"site {n}": n / 500 for n in range(500)})),
    rolled_back=frozenset({"helpers", "first hundred"}),
    pause=Pause(PauseReason.GATE_FAILED, "effective", NOW, "clock", Phase.SOAKING),
    tallies={"effective": Tally(2, 1), "backlog": Tally(0, 7)},
    evaluated_at=NOW,
    lease=Lease("timer-1", NOW + timedelta(minutes=5)),
)


def ring_of(people: int) -> Rollout:
    """A rollout whose one wave names so many people."""
    ring = Ring(frozenset(map(object_id, range(people))))
    return replace(PLANNED, document=replace(DOCUMENT, waves=(_wave("ring", ring),)))
