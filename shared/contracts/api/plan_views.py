"""The operator API's answers about plans and rollbacks: what would be done, before any write."""

from collections.abc import Mapping
from datetime import date

from shared.contracts.api.counts import CountView
from shared.contracts.api.view import View
from shared.contracts.api.writing_views import OtherStopView
from shared.contracts.messages.contract import Moment


class GateNeeds(View):
    """What a gate will ask of a wave."""

    gate: str
    text: str


class LosingView(View):
    """How many of a wave's people could reset until the day before, and from that day on cannot.

    Who loses it on one day is not counted again on a later one.
    """

    on: date
    people: int


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
    able: int = 0
    """How many of them could reset a password as soon as they are in."""
    losing: tuple[LosingView, ...] = ()
    """How many of those lose it, by the days ahead on which methods end."""
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
    user_principal_name: str | None = None
    """As Entra has it now; null where it has none, or was not asked."""
    action: str
    wave: str | None
    reason: str


class PlanPeople(View):
    """A page of a plan's people."""

    people: tuple[PlannedPersonView, ...]
    next_page: int | None
    names_missing: str | None = None
    """Why the names of this page are missing; null where Entra was asked for them."""


class AppliedView(View):
    """A plan that was applied."""

    fingerprint: str
    version: int
    """Of the document that is in force now."""


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


class RecoveryView(View):
    """What a ledger that is older than the world, and the world, do not agree about."""

    fingerprint: str
    problem: str
    """What the ledger has lost."""
    members: int
    """People in the scope group now."""
    gone: int
    """In scope by the ledger and in no group: kept out until an operator releases them."""
    gone_people: tuple[str, ...]
    unknown: int
    """In the group and not by the ledger: remembered as there before, and never taken out."""
    unknown_people: tuple[str, ...]
    asked: int = 0
    """Asked for since, and in no group yet: put in afterwards, as everybody who is asked for."""
    recorded_until: Moment | None = None
    """When it last recorded what it may have lost."""
    waiting: int
    """Whose time has not come, or who are not in Entra yet: put in when it has."""
    leaving: int
    """On the way out and still in: their removal goes on."""
    additions: int
    """Whom the document in force would put in afterwards, by waves that have begun and rules."""
    removals: tuple[CountView, ...]
    """Whom it would take out."""
    has_rollout: bool
    phase: str | None = None
    """Where the rollout is by the ledger, before it is paused; null without one."""
    also: OtherStopView | None = None
    """A stop that was said as well, and holds afterwards until a start."""
    done: bool
