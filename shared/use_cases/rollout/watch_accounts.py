"""Watch accounts: people in scope whose source of authority is moved, within minutes.

A reconciliation, which looks at everybody, finds them too, every half hour. In between Entra is
asked for what has changed alone: one page of changes and two questions to the audit log, whether
the tenant has a hundred people or a million. What they name are hints. Whoever is in scope among
them is looked at, and compared with what is known.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import batched

import structlog

from shared.domain.person.conversion import account_of, is_converted
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.rollout.state import Phase
from shared.ports.account_looks import AccountLook
from shared.ports.world import World
from shared.use_cases.in_turn import all_in_turn
from shared.use_cases.rollout.carry_out import CHUNK
from shared.use_cases.rollout.tell_converted import tell_converted

_log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=4)
"""With the minute of the clock, five; another five are left for Entra to tell of it."""
LATE = timedelta(minutes=30)
"""So much later an entry of the audit log may come than its own time says."""


async def watch_accounts(world: World, now: datetime) -> None:
    """Looks, where a look is due, for people in scope who were converted, and tells of them.

    Where one cloud group holds everybody, or there is no rollout, nothing is asked.

    Raises:
        DirectoryUnavailable, LedgerConflict: the next tick looks again.
        ExceptionGroup: neither the changes nor the log could be read.
    """
    stored = await world.rollouts.current()
    if stored is None or stored.rollout.phase is Phase.ABORTED:
        return
    topology = stored.rollout.document.topology
    before = await world.account_looks.newest()
    if topology is Topology.CLOUD or not _is_due(before, now):
        return
    look = _Look(before, now)
    try:
        await all_in_turn([lambda: look.at_changes(world), lambda: look.at_log(world)])
    finally:
        found = await _converted(look.hints, topology, world)
        if found:
            await tell_converted(found, stored, world, now)
        # Last: whoever dies before has the next look begin where this one did.
        await world.account_looks.keep(look.kept())


def _is_due(before: AccountLook | None, now: datetime) -> bool:
    return before is None or before.is_due or now - before.at >= EVERY


class _Look:
    """One look, and how far it has come."""

    def __init__(self, before: AccountLook | None, now: datetime) -> None:
        self._now = now
        self._place = before.place if before else ""
        self._log_read_until = before.log_read_until if before else None
        self._unread = {"changes", "log"}
        self.hints: set[str] = set()

    async def at_changes(self, world: World) -> None:
        changed = await world.account_changes.changed(self._place or None)
        if not changed.is_whole:
            # Whoever was converted meanwhile is found by the log, or by the reconciliation.
            _log.info("account-changes-begun-anew")
        self.hints |= changed.object_ids
        self._place = changed.place
        if changed.is_last:
            self._unread.discard("changes")

    async def at_log(self, world: World) -> None:
        since = (self._log_read_until or self._now) - LATE
        self.hints |= await world.account_changes.converted(since)
        self._log_read_until = self._now
        self._unread.discard("log")

    def kept(self) -> AccountLook:
        return AccountLook(
            at=self._now,
            place=self._place,
            log_read_until=self._log_read_until,
            is_due=bool(self._unread),
        )


async def _converted(
    object_ids: Collection[str], topology: Topology, world: World
) -> Mapping[str, SourceOfAuthority]:
    """Returns who among these is in scope and has another source of authority than was known."""
    found: dict[str, SourceOfAuthority] = {}
    for keys in batched(sorted(object_ids), CHUNK, strict=False):
        known = {
            key: EnrolmentSummary.of(one)
            for key, one in (await world.ledger.load(keys)).items()
            if one.state.is_enrolled
        }
        if not known:
            continue
        asked = [Identifier(IdentifierKind.OBJECT_ID, key) for key in known]
        for people in (await world.directory.find_people(asked)).values():
            for person in people:
                key = person.object_id
                if is_converted(known[key], person, topology):
                    found[key] = account_of(person)
    return found
