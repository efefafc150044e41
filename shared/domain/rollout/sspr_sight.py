"""The sight of SSPR: what is known of whom it is switched on for, and by what.

No Graph API reads the choice. Two things tell of it from outside: the audit log names changes
within minutes, where its words can be read; and the registration report shows hours later for whom
it is on (`isSsprEnabled`). Each is followed here, and neither is believed beyond what it shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from shared.domain.person.people import REPORT_LAG
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import PolicyChange, SsprScope
from shared.domain.rollout.sspr_shares import SharesSeen

LAG: Final = REPORT_LAG
"""For how long the report may go on showing what was before a change."""
UNREADABLE_TOLD: Final = timedelta(days=1)
_TIME: Final = "%Y-%m-%d %H:%M UTC"


class SightSource(StrEnum):
    """What tells of it. These words are stored."""

    AUDIT_LOG = "audit-log"
    REPORT = "registration-report"

    @property
    def text(self) -> str:
        """What it is, in words for people."""
        return f"the {self.replace('-', ' ')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprSight:
    """What is known of the choice. Times are in UTC."""

    finding: SsprFinding = SsprFinding.NOT_KNOWN
    since: datetime | None = None
    """When it became so: the change, or the first reading that showed it."""
    as_of: datetime | None = None
    """Of the newest that shows it; None while nothing is known."""
    source: SightSource | None = None
    """What showed it last."""
    selects_ours: bool | None = None
    """Whether the group selected last is the scope group; None where nobody said."""
    changed_at: datetime | None = None
    """Of the newest change that the log told of; None where it told of none."""
    weighed_at: datetime | None = None
    """Of the newest reading of the report that was looked at."""
    looked_at: datetime | None = None
    """When it was last looked; None: never."""
    log_read_until: datetime | None = None
    """Up to when the audit log was read; None: never."""
    trouble: str = ""
    """Why the log could not be read at the last look; empty where it was."""

    @property
    def scope(self) -> SsprScope | None:
        """Whom SSPR is on for now: GROUP is the scope group, and no other.

        None where it is on for another group, was changed to nobody can tell what, or is not known.
        """
        return _SCOPES.get(self.finding)

    @property
    def known_for(self) -> datetime | None:
        """The newest time for which it is surely known: a report may show what was LAG before."""
        late = LAG if self.source is SightSource.REPORT else timedelta()
        return self.as_of - late if self.as_of else None

    @property
    def logged_at(self) -> datetime | None:
        """When it was changed to what it is, where the log told so; None where only the report."""
        by_log = self.source is SightSource.AUDIT_LOG or self.since == self.changed_at
        return self.changed_at if by_log else None

    @property
    def sentence(self) -> str:
        """Whom it is on for and what shows it, for people; empty where nothing is known."""
        if self.source is None or self.since is None:
            return ""
        return f"{self.finding.text}, by {self.source.text} (since {self.since:{_TIME}})"

    def is_told(self, now: datetime) -> bool:
        """Tells whether somebody is to hear of it still.

        A change that nobody can read is told for a day: no later look may ever show what it was.
        """
        if self.finding is SsprFinding.CHANGED:
            return self.since is not None and now - self.since < UNREADABLE_TOLD
        return self.finding.is_wrong

    def is_another_fault_than(self, before: Self) -> bool:
        """Tells whether something has become wrong since that sight, or wrong in another way."""
        return self.finding.is_wrong and self.since != before.since

    def following(self, changes: Iterable[PolicyChange], group_id: str) -> Self:
        """Returns what is known once these changes have been read; those known do nothing again."""
        known, after = self.changed_at, self
        for change in sorted(changes, key=lambda one: one.at):
            if change.may_be_of_scope and (known is None or change.at > known):
                after = after._changed_by(change, group_id)
        return after

    def weighing(self, shares: SharesSeen | None) -> Self:
        """Returns what is known once a reading of the report has been looked at.

        One that may still show what was before the newest change says nothing.
        """
        if shares is None or (self.weighed_at and shares.read_at <= self.weighed_at):
            return self
        if self.changed_at and shares.read_at < self.changed_at + LAG:
            return self
        if shares.finding is None:
            return replace(self, weighed_at=shares.read_at)
        return self._found(
            shares.finding,
            shares.read_at,
            SightSource.REPORT,
            weighed_at=shares.read_at,
            selects_ours=_OURS.get(shares.finding, self.selects_ours),
        )

    def _changed_by(self, change: PolicyChange, group_id: str) -> Self:
        named = change.names_group(group_id)
        ours = self.selects_ours if named is None else named
        finding = _EXCEPT_GROUPS.get(change.scope) if change.scope else None
        if finding is None:
            finding = _of_group(ours) if self._is_of_group(change, named) else SsprFinding.CHANGED
        return self._found(
            finding, change.at, SightSource.AUDIT_LOG, changed_at=change.at, selects_ours=ours
        )

    def _is_of_group(self, change: PolicyChange, named: bool | None) -> bool:
        """Tells whether it is a group that SSPR is on for since, whichever.

        A group that is named alone says nothing of a choice that was not of a group before.
        """
        if change.names_choice:
            return change.scope is SsprScope.GROUP
        return named is not None and self.scope not in _EXCEPT_GROUPS

    def _found(
        self, finding: SsprFinding, at: datetime, source: SightSource, **changes: Any
    ) -> Self:
        # Each change that cannot be read is one of its own.
        is_same = finding is self.finding and finding is not SsprFinding.CHANGED
        since = self.since if is_same else at
        return replace(self, finding=finding, since=since, as_of=at, source=source, **changes)


def _of_group(is_ours: bool | None) -> SsprFinding:
    if is_ours is None:
        return SsprFinding.CHANGED
    return SsprFinding.ON_FOR_GROUP if is_ours else SsprFinding.OTHER_GROUP


_SCOPES: Final = {
    SsprFinding.ON_FOR_GROUP: SsprScope.GROUP,
    SsprFinding.ON_FOR_ALL: SsprScope.ALL,
    SsprFinding.OFF: SsprScope.NONE,
}
_EXCEPT_GROUPS: Final = {
    SsprScope.ALL: SsprFinding.ON_FOR_ALL,
    SsprScope.NONE: SsprFinding.OFF,
}
_OURS: Final = {SsprFinding.ON_FOR_GROUP: True, SsprFinding.OTHER_GROUP: False}
