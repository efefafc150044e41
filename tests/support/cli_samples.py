"""Answers of the operator API, made of its own models, as JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.api.counts import CountView
from shared.contracts.api.health_views import CheckView, HealthView
from shared.contracts.api.operation_views import AnyOperation
from shared.contracts.api.people_views import CauseView, ForecastView, PersonView, StepView
from shared.contracts.api.plan_views import (
    GateNeeds,
    PlannedWave,
    PlanView,
    RecoveryView,
    RollbackView,
)
from shared.contracts.api.rollout_views import (
    EvaluationView,
    GateView,
    NextView,
    PauseView,
    ReconciliationView,
    RolloutView,
    WaveView,
    WorkerView,
)
from shared.contracts.api.status_views import StatusView
from shared.contracts.api.view import View
from shared.contracts.api.words import WaveState
from shared.domain.health import DependencyKind, Health, Look, Trouble
from shared.domain.person.enrolment import State
from shared.domain.rollout.gates.kind import kind_of
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.state import ACTIVE, Phase
from shared.use_cases.views.describe_people import states_reached
from shared.use_cases.views.describe_rollout import states_passed

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FINGERPRINT = "0b5e3a" * 10
GRACE_ID = "8cd9f1fe-6d1a-5836-a72a-f14a46e9eb4a"
STATUS: dict[str, Any] = StatusView(
    people=1,
    states={"visible": 1},
    reasons=(),
    flags=(),
    flagged=(),
    refused_messages=0,
    refused=(),
).model_dump(mode="json", by_alias=True)

REFUSED: dict[str, Any] = {
    "key": "k1",
    "queue": "onboarding-events",
    "at": "2026-03-02T08:00:00Z",
    "outcome": "invalid",
    "text": "The message could not be understood; see the field.",
    "personKey": None,
    "field": "employeeId",
    "detail": "String should match pattern",
    "body": '{"employeeId": "*"}',
}


def as_json(view: View) -> dict[str, Any]:
    """What goes over the wire."""
    return view.model_dump(mode="json", by_alias=True)


def person(state: str = "visible", **changes: Any) -> dict[str, Any]:
    """Grace, in a state."""
    since = changes.get("since", NOW)
    text = f"The text of {state}."
    known: dict[str, Any] = {
        "key": GRACE_ID,
        "user_principal_name": "grace@contoso.test",
        "employee_id": None,
        "state": state,
        "reason": "onboarded",
        "flag": None,
        "since": since,
        "reached": states_reached(State(state)),
        "final": State(state).is_settled,
        "text": text,
        "flag_text": None,
        "object_id": None,
        "source_anchor": None,
        "source_of_authority": None,
        "provenance": "unknown",
        "cause": CauseView(kind="event", reference="k1", actor="hr"),
        "claims": (),
        "exclusion": None,
        "due": None,
        "deadline": None,
        "steps": (StepView(at=since, state=state, reason="", text="A step.", detail=""),),
    }
    return as_json(PersonView(**(known | changes)))


def forecast(**changes: Any) -> dict[str, Any]:
    """Grace, whom nothing has asked for yet."""
    known: dict[str, Any] = {
        "object_id": GRACE_ID,
        "user_principal_name": "grace@contoso.test",
        "employee_id": None,
        "department": "Finance",
        "refusal": None,
        "refusal_text": None,
        "member": False,
        "position": 0.0,
        "wave": None,
        "begun": False,
        "new_hire": False,
        "text": "The text of the outlook.",
    }
    return as_json(ForecastView(**(known | changes)))


def wave(name: str, state: str, states: dict[str, int] | None = None, **changes: Any) -> WaveView:
    """A wave as it stands."""
    counts = states or {}
    known: dict[str, Any] = {
        "name": name,
        "selection": "5 %",
        "state": state,
        "reached": states_passed(WaveState(state)) if state in set(WaveState) else (state,),
        "people": sum(counts.values()),
        "states": counts,
        "flagged": 0,
        "soak": "P3D",
        "soak_ends": None,
    }
    return WaveView(**(known | changes))


def gate(kind: str = "visible", outcome: str = "passed", **changes: Any) -> GateView:
    """One look at one gate."""
    known: dict[str, Any] = {
        "gate": kind,
        "outcome": outcome,
        "unit": kind_of(kind, GATES).unit,
        "value": 0.985,
        "threshold": 0.95,
        "window": "P1D",
        "sample": 120,
        "minimum_sample": 20,
        "text": f"The text of {kind}.",
    }
    return GateView(**(known | changes))


def evaluation(*gates: GateView, **changes: Any) -> EvaluationView:
    """One look at the gates of wave five."""
    known: dict[str, Any] = {
        "at": NOW,
        "wave": "five",
        "outcome": "passed",
        "decision": "",
        "gates": gates or (gate(),),
    }
    return EvaluationView(**(known | changes))


def paused(reason: str = "by-operator", detail: str = "") -> PauseView:
    """Why the rollout waits."""
    text = f"The text of {reason}."
    return PauseView(reason=reason, text=text, detail=detail, at=NOW, actor="kim")


def reconciliation(**changes: Any) -> ReconciliationView:
    """The last look at everybody."""
    known: dict[str, Any] = {
        "at": NOW,
        "listed": 2_000,
        "eligible": 1_800,
        "kept": 100,
        "added": 3,
        "removed": 1,
        "removed_by_hand": (),
        "added_by_hand": (),
        "repaired": 0,
        "skips": (),
        "problem": "",
    }
    return ReconciliationView(**(known | changes))


def worker(**changes: Any) -> WorkerView:
    """A hybrid worker in good health."""
    known: dict[str, Any] = {
        "worker": "worker-1",
        "seen_at": NOW,
        "directory_answers": True,
        "directory_problem": None,
        "domains": ("corp.contoso.test",),
        "sync_succeeded": True,
        "sync_ended_at": NOW,
        "problem": "",
        "clock_ahead": None,
    }
    return WorkerView(**(known | changes))


def upcoming(**changes: Any) -> NextView:
    """What the clock does next."""
    known: dict[str, Any] = {
        "move": "evaluate",
        "does": None,
        "text": "The gates are looked at.",
        "until": NOW + DAY,
    }
    return NextView(**(known | changes))


def rollout(phase: str = "soaking", **changes: Any) -> dict[str, Any]:
    """A rollout whose wave five soaks after the pilot, with one more ahead."""
    known: dict[str, Any] = {
        "name": "Contoso SSPR",
        "version": 2,
        "digest": "d1" * 32,
        "phase": phase,
        "since": NOW,
        "active": Phase(phase) in ACTIVE,
        "actor": "key: kim",
        "reason": "",
        "wave": "five",
        "pause": None,
        "next": NextView(
            move="evaluate", does=None, text="The gates are looked at.", until=NOW + DAY
        ),
        "waves": (
            wave("pilot", "done", {"resettable": 12}, selection="a ring of 12"),
            wave("five", "soaking", {"resettable": 60, "effective": 30, "failed": 10}),
            wave("all", "ahead", selection="100 %"),
        ),
        "evaluation": None,
        "reconciliation": None,
        "workers": (),
    }
    return as_json(RolloutView(**(known | changes)))


def counts(**people: int) -> tuple[CountView, ...]:
    """So many people for each reason."""
    return tuple(
        CountView(reason=reason, text=f"The text of {reason}.", people=number)
        for reason, number in people.items()
    )


def planned_wave(name: str, **changes: Any) -> PlannedWave:
    """What a wave would add."""
    known: dict[str, Any] = {
        "name": name,
        "selection": "5 %",
        "soak": "P3D",
        "begun": False,
        "additions": 0,
        "departments": {},
        "prompts": 0,
        "gates": (GateNeeds(gate="visible", text="95 % seen in Entra"),),
    }
    return PlannedWave(**(known | changes))


def plan(**changes: Any) -> dict[str, Any]:
    """A plan of two waves."""
    known: dict[str, Any] = {
        "fingerprint": FINGERPRINT,
        "name": "Contoso SSPR",
        "digest": "d1" * 32,
        "planned_at": NOW,
        "listed": 2_000,
        "eligible": 1_800,
        "kept": 12,
        "additions": 1_788,
        "waves": (
            planned_wave("pilot", begun=True, selection="a ring of 12"),
            planned_wave(
                "five",
                additions=88,
                prompts=70,
                departments={"Sales": 60, "": 8, "IT": 20},
            ),
            planned_wave(
                "all",
                additions=1_700,
                prompts=1_500,
                departments={"IT": 900, "Sales": 800},
                gates=(
                    GateNeeds(gate="visible", text="95 % seen in Entra"),
                    GateNeeds(gate="backlog", text="at most 5 writes overdue"),
                ),
            ),
        ),
        "other_additions": (),
        "skips": counts(guest=200),
        "removals": (),
        "drift": (),
        "unsafe": (),
        "warnings": (),
    }
    return as_json(PlanView(**(known | changes)))


def rollback(**changes: Any) -> dict[str, Any]:
    """Who would leave with wave five."""
    known: dict[str, Any] = {
        "wave": "five",
        "fingerprint": FINGERPRINT,
        "removals": 2,
        "departing": (GRACE_ID, "another"),
        "stays": (CountView(reason="event", text="An event claims them too.", people=3),),
        "done": False,
    }
    return as_json(RollbackView(**(known | changes)))


def recovery(**changes: Any) -> dict[str, Any]:
    """What an older ledger differs in: two are gone, one is unknown to it."""
    known: dict[str, Any] = {
        "fingerprint": FINGERPRINT,
        "problem": "the ledger does not know what it recorded until Sunday",
        "members": 40,
        "gone": 2,
        "gone_people": (GRACE_ID, "another"),
        "unknown": 1,
        "unknown_people": ("newcomer",),
        "asked": 7,
        "waiting": 3,
        "leaving": 4,
        "additions": 5,
        "removals": counts(guest=6),
        "has_rollout": True,
        "done": False,
    }
    return as_json(RecoveryView(**(known | changes)))


APPLIED: dict[str, Any] = {"fingerprint": FINGERPRINT, "version": 1}


def operation(
    state: str = "queued",
    result: dict[str, Any] | None = None,
    problem: str = "",
    *,
    kind: str = "plan",
) -> dict[str, Any]:
    """An operation called op-1."""
    view = AnyOperation.model_validate(
        {
            "key": "op-1",
            "kind": kind,
            "actor": "key: kim",
            "requestedAt": NOW,
            "state": state,
            "over": state != "queued",
            "result": result,
            "problem": problem,
        }
    )
    return as_json(view)


def _found(
    kind: DependencyKind, name: str, purpose: str, trouble: Trouble | None = None
) -> CheckView:
    detail = "Graph answered 403 Authorization_RequestDenied (request 1f0c)" if trouble else ""
    return CheckView.model_validate(
        Look(
            kind=kind,
            name=name,
            purpose=purpose,
            milliseconds=12,
            trouble=trouble,
            detail=detail,
        )
    )


def _health(word: Health, *checks: CheckView, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    view = HealthView(health=word, at=NOW, problems=problems, checks=checks)
    whole: dict[str, Any] = json.loads(view.as_json())
    return whole


_REACHED = (
    _found(DependencyKind.IDENTITY, "graph.microsoft.com", "a token"),
    _found(DependencyKind.TABLE, "enrolments", "the ledger"),
    _found(DependencyKind.QUEUE, "onboarding-events", "receive"),
)
HEALTH = _health(Health.OK, *_REACHED)
DEGRADED = _health(
    Health.DEGRADED,
    *_REACHED,
    _found(DependencyKind.GRAPH, "users", "User.Read.All", Trouble.FORBIDDEN),
    _found(
        DependencyKind.GRAPH,
        "scope group",
        "GroupMember.ReadWrite.All or GroupMember.Read.All",
        Trouble.FORBIDDEN,
    ),
)
MISCONFIGURED = _health(
    Health.MISCONFIGURED,
    problems=(
        "SSPR_TOPOLOGY: Input should be 'nested', 'synced' or 'cloud'; put there nested, or cloud",
    ),
)
