"""The operator API: what operators ask for, and what they are shown.

The OpenAPI description is made of these models; functions answer with them and nothing else.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Contract, Key, Moment, Text

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class Apply(Contract):
    """Do a plan that was shown, or refuse because the world has changed."""

    plan: Key
    """The plan's fingerprint."""
    force: bool = False
    """Do it although it is unsafe; needs a reason."""
    reason: Text = ""


class Steer(Contract):
    """Pause, resume, abort or restart."""

    reason: Why


class Promote(Contract):
    """Let the next wave begin on an operator's word instead of the gates'."""

    reason: Why
    skip_soak: bool = False


class RollBack(Contract):
    """Take out exactly what a wave added; without `plan` only show who that would be."""

    wave: Key
    reason: Why
    plan: Key | None = None
    """The fingerprint of the rollback that was shown."""


class ByHand(Contract):
    """Include or exclude one person whatever the waves say."""

    reason: Why
    until: Moment | None = None
    """When this ceases to hold; never, where it is left out."""


class OperationView(View):
    """Something that was asked for and takes its time."""

    key: str
    kind: str
    actor: str
    requested_at: Moment
    state: str
    """`queued`, `succeeded` or `refused`."""
    result: Mapping[str, Any] | None
    problem: str


class CountView(View):
    """So many people for one reason."""

    reason: str
    text: str
    people: int


class GateNeeds(View):
    """What a gate will ask of a wave."""

    gate: str
    text: str


class PlannedWave(View):
    """What one wave would add."""

    name: str
    selection: str
    """In words: `5 %`, `50 people`, `a ring of 12`, `a group`."""
    soak: str
    """ISO 8601."""
    begun: bool
    additions: int
    departments: Mapping[str, int]
    prompts: int
    """How many of them are not registered yet and will be asked to at their next sign-in."""
    gates: tuple[GateNeeds, ...]


class PlanView(View):
    """A plan before any write."""

    fingerprint: str
    name: str
    digest: str
    planned_at: Moment
    listed: int
    eligible: int
    kept: int
    additions: int
    waves: tuple[PlannedWave, ...]
    other_additions: tuple[CountView, ...]
    """New hires and people included by hand."""
    skips: tuple[CountView, ...]
    removals: tuple[CountView, ...]
    drift: tuple[CountView, ...]
    unsafe: tuple[str, ...]
    warnings: tuple[str, ...]


class PlannedPersonView(View):
    """One line of a plan."""

    object_id: str
    action: str
    wave: str | None
    reason: str


class PlanPeople(View):
    """A page of a plan's people."""

    people: tuple[PlannedPersonView, ...]
    next_page: int | None


class RollbackView(View):
    """Who would be taken out by a rollback, and who would stay."""

    wave: str
    fingerprint: str
    removals: int
    departing: tuple[str, ...]
    """The object ids of the first few hundred of them."""
    stays: tuple[CountView, ...]
    """People of the wave who stay in, by what claims them."""
    done: bool


class PauseView(View):
    """Why the rollout waits for an operator."""

    reason: str
    text: str
    detail: str
    at: Moment
    actor: str


class NextView(View):
    """What the clock will do next, and when."""

    move: str
    text: str
    until: Moment | None


class WaveView(View):
    """A wave as it stands."""

    name: str
    selection: str
    state: str
    """`ahead`, `progressing`, `soaking`, `done`, `rolled-back`, or `stopped` by an abort."""
    people: int
    states: Mapping[str, int]
    flagged: int
    soak: str
    soak_ends: Moment | None


class GateView(View):
    """One look at one gate."""

    gate: str
    outcome: str
    value: float | None
    threshold: float
    window: str
    sample: int
    minimum_sample: int
    text: str


class EvaluationView(View):
    """One look at all gates of a wave, and what was made of it."""

    at: Moment
    wave: str
    outcome: str
    decision: str
    gates: tuple[GateView, ...]


class EvaluationsView(View):
    """The newest looks at the gates, newest first."""

    evaluations: tuple[EvaluationView, ...]


class ReconciliationView(View):
    """What the last look at everybody found and did."""

    at: Moment
    listed: int
    eligible: int
    kept: int
    added: int
    removed: int
    removed_by_hand: tuple[str, ...]
    added_by_hand: tuple[str, ...]
    repaired: int
    skips: tuple[CountView, ...]
    problem: str


class WorkerView(View):
    """A hybrid worker as it was last heard of."""

    worker: str
    seen_at: Moment
    directory_answers: bool
    sync_succeeded: bool | None
    sync_ended_at: Moment | None
    problem: str


class RolloutView(View):
    """The rollout as it stands: what the CLI and any dashboard show."""

    name: str
    version: int
    digest: str
    phase: str
    since: Moment
    actor: str
    reason: str
    wave: str | None
    pause: PauseView | None
    next: NextView
    waves: tuple[WaveView, ...]
    evaluation: EvaluationView | None
    reconciliation: ReconciliationView | None
    workers: tuple[WorkerView, ...]


class AuditEndView(View):
    """Where a partition's chain of audit records ends."""

    partition: str
    number: int
    digest: str


class AuditEnds(View):
    """All partitions of the audit."""

    partitions: tuple[AuditEndView, ...]


class AuditRecordView(View):
    """A record as it is chained; `content` is the JSON text that the digest covers."""

    partition: str
    number: int
    previous: str
    digest: str
    content: str


class AuditPage(View):
    """Records of one partition, oldest first; empty after the last."""

    records: tuple[AuditRecordView, ...]


class FindingView(View):
    """Something wrong with a rollout document."""

    line: int
    column: int
    field: Annotated[str, Field(description="dotted path")]
    reason: str


class Problem(View):
    """Why a request was refused."""

    field: str | None = None
    reason: str
    findings: tuple[FindingView, ...] = ()


class ErrorAnswer(View):
    """Every answer that is not a success."""

    error: Problem
