"""The operator API's answers about moves of SSPR's scope: adopting a group, and leaving it."""

from shared.contracts.api.counts import CountView
from shared.contracts.api.plan_views import PlanView
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class LossView(View):
    """So many people who would lose SSPR, for one reason."""

    reason: str
    """Why they are not put in; `no-wave` where no wave reaches them."""
    text: str
    people: int
    able: int
    """How many of them could reset a password today, by the registration report."""


class AdoptView(View):
    """What adopting the group by a document comes to, and who would lose SSPR by it."""

    fingerprint: str
    came_from: str
    """`all`, `none` or `group`."""
    old_group: str | None
    covered: int
    """People for whom SSPR is on today, besides those whom the choice does not concern."""
    losing: int
    able: int
    """How many of those who lose could reset a password today."""
    losses: tuple[LossView, ...]
    warnings: tuple[str, ...]
    plan: PlanView
    stage: str
    """`showing`, or `filling` once it has begun."""
    next_step: str
    done: bool


class LeaveView(View):
    """The next step of leaving for All, and what it comes to."""

    fingerprint: str
    stage: str
    """`select-all-now`, `noticed`, `letting-go` or `done`."""
    next_step: str
    rests_on: str
    """What tells whom SSPR is on for, and since when."""
    members: int
    """People whom the product knows to be in the group, or on the way there."""
    removals: int
    """Whom letting go takes out of the group."""
    departing: tuple[str, ...]
    """The object ids of the first few hundred of them."""
    stays: tuple[CountView, ...]
    """Who stays in the group, and why."""
    empties: bool
    done: bool


class MoveView(View):
    """A move of SSPR's scope as it stands."""

    kind: str
    """`adopt` or `leave`."""
    stage: str
    next_step: str
    began: Moment
    actor: str
    came_from: str | None
    ended_at: Moment | None
    losing: int
    """People who have lost SSPR by the group's having been selected too early."""
    outside: tuple[str, ...]
    """The object ids of the first few who are not in the group yet."""
    looked_at: Moment | None
    """When it was last looked who is in the group."""
    rests_on: str
    """What tells whom SSPR is on for, and since when."""
