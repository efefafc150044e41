"""The operator API's answers about the rollout: where it stands, its waves and its gates."""

from collections.abc import Mapping

from shared.contracts.api.counts import CountView
from shared.contracts.api.move_views import MoveView
from shared.contracts.api.view import View
from shared.contracts.api.writing_views import WritingView
from shared.contracts.messages.contract import Moment


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
    does: str | None
    """What happens then, such as `the next wave begins`; null where nothing does."""
    text: str
    """Why, in a sentence."""
    until: Moment | None


class WaveView(View):
    """A wave as it stands."""

    name: str
    selection: str
    state: str
    """`ahead`, `progressing`, `soaking`, `done`, `rolled-back`, or `stopped` by an abort."""
    reached: tuple[str, ...]
    """The present state, and those that a wave passes before it."""
    people: int
    states: Mapping[str, int]
    """Whoever is furthest on their way comes first, whoever failed last."""
    flagged: int
    soak: str
    soak_ends: Moment | None


class GateView(View):
    """One look at one gate."""

    gate: str
    outcome: str
    unit: str
    """What value and threshold count: a `share` from 0 to 1, `people`, or `nothing`.

    Of `nothing` there is no threshold and no sample.
    """
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
    no_longer_members: tuple[str, ...] = ()
    """In the group before the rollout, and gone; nothing else wants them in."""
    former_group: tuple[str, ...] = ()
    """Seen in the group of before, and not yet in the one in its place."""


class WorkerView(View):
    """A hybrid worker as it was last heard of."""

    worker: str
    seen_at: Moment
    directory_answers: bool
    directory_problem: str | None
    """Why Active Directory does not answer it: a word, and what the worker says of it."""
    domains: tuple[str, ...] | None
    """The domains whose people it can put into its group; null where it does not say."""
    sync_succeeded: bool | None
    sync_ended_at: Moment | None
    problem: str
    hindrance: str = ""
    """What is in the way of the next delta sync, in words; empty if nothing is."""
    hindered_since: Moment | None = None
    clock_ahead: int | None = None
    """Seconds by which its clock is ahead of Service Bus, less than 0 if behind; null if little."""
    sync_mode: str | None = None
    """`connect`, `cloud` or `none`: which sync carries what it writes; null if it did not say."""
    sync_text: str = ""
    """The same in a sentence, with how long it takes."""
    version: str | None = None
    """Of the worker; null if it did not say."""
    version_since: Moment | None = None
    """When that version was first heard of."""
    fit: str = ""
    """What does not fit between its version and the app's, and what to do; empty if nothing."""


class RolloutView(View):
    """The rollout as it stands: what the CLI and any dashboard show."""

    name: str
    version: int
    digest: str
    phase: str
    """`planned`, `progressing`, `soaking`, `paused`, `aborted` or `completed`."""
    active: bool
    """Whether the clock moves it on; else nothing happens before an operator says so."""
    since: Moment
    actor: str
    reason: str
    wave: str | None
    pause: PauseView | None
    meanwhile: str = ""
    """What a pause or an abort does not stop, in a sentence; empty in every other phase."""
    writing: WritingView | None = None
    """Whether anything is written at all."""
    next: NextView
    waves: tuple[WaveView, ...]
    evaluation: EvaluationView | None
    reconciliation: ReconciliationView | None
    workers: tuple[WorkerView, ...]
    move: MoveView | None = None
    """The newest move of SSPR's scope; null where nobody began one."""
