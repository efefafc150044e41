"""Count for whom SSPR is on: in the scope group and outside of it, while the report is read."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import State
from shared.domain.person.people import Registration
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.rollout.sspr_shares import EnabledCount, SharesSeen
from shared.domain.rollout.sspr_sight import LAG
from shared.ports.readings import Reading
from shared.ports.world import World

EVERY = timedelta(hours=1)
"""How often it is counted: it takes a listing of the group, and the report lags by more."""
_log = structlog.get_logger(__name__)


async def counted_so_far(reading: Reading | None, world: World, now: datetime) -> SharesSeen | None:
    """Returns the count to go on with: of the reading under way, or a new one where that is due."""
    if reading:
        return reading.counted
    last = await world.sspr_watch.shares()
    return None if last and now - last.read_at < EVERY else SharesSeen(read_at=now)


async def count_part(
    rows: Mapping[str, Registration], before: SharesSeen | None, world: World
) -> "EnabledCounting":
    """Begins the count of a part of the report, to be told of everybody who is remembered.

    It is given up where the group cannot be listed: the next reading counts anew.

    Args:
        rows: The part's, by object id.
        before: The count up to it; None where nothing is to be counted.
        world: What may be reached.
    """
    if before is None:
        return EnabledCounting({}, None, frozenset())
    try:
        return EnabledCounting(rows, before, await world.directory.scope_member_ids())
    except DirectoryUnavailable as error:
        _log.warning("enabled-not-counted", problem=str(error))
        return EnabledCounting({}, None, frozenset())


class EnabledCounting:
    """The count of one part of the report.

    Administrators are left out, whom a policy of their own governs; so are guests, since whether
    they are enabled under All is not documented. Whoever has come or gone lately is on neither
    side: the report may not show it yet.
    """

    def __init__(
        self, rows: Mapping[str, Registration], before: SharesSeen | None, members: Container[str]
    ) -> None:
        """Takes the part's rows, the count up to it, and who is in the group."""
        self._before, self._members = before, members
        self._rows = {
            key: row.sspr_enabled
            for key, row in rows.items()
            if not row.held.administrator and not row.is_guest
        }
        self._inside: list[bool] = []

    def take(self, remembered: Iterable[EnrolmentSummary]) -> None:
        """Counts those of these people who are in the group; all of them are no outsiders."""
        for person in remembered:
            enabled = self._rows.pop(person.key, None)
            if enabled is not None and self._is_inside(person):
                self._inside.append(enabled)

    def total(self) -> SharesSeen | None:
        """Returns the count with this part, once everybody remembered has been taken."""
        if self._before is None:
            return None
        outside = [enabled for key, enabled in self._rows.items() if key not in self._members]
        return SharesSeen(
            read_at=self._before.read_at,
            inside=_plus(self._before.inside, self._inside),
            outside=_plus(self._before.outside, outside),
        )

    def _is_inside(self, person: EnrolmentSummary) -> bool:
        if self._before is None or person.key not in self._members:
            return False
        return _is_settled(person, self._before.read_at)


def _is_settled(person: EnrolmentSummary, read_at: datetime) -> bool:
    """Tells whether the report has to show by now that the person is in the group."""
    if person.state is not State.VISIBLE:
        return person.state.is_seen
    return person.reason is Reason.SSPR_OFF or person.since + LAG <= read_at


def _plus(count: EnabledCount, rows: list[bool]) -> EnabledCount:
    return count.plus(len(rows), sum(rows))
