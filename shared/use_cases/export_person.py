"""Export a person: what is kept of somebody in the ledger, place by place, and where else to look.

The audit tells that it was done and why, and of whom by a digest alone.
"""

from datetime import datetime
from hashlib import sha256

from shared.contracts.api.personal_data_views import (
    ElsewhereView,
    ExportPerson,
    KeptRecordView,
    PersonDataPage,
)
from shared.domain.errors import InvalidMessage
from shared.ports.personal_data import KINDS, MOST_RECORDS, KeptRecord
from shared.ports.world import World
from shared.use_cases.who_is_meant import who_is_meant

ELSEWHERE = (
    ElsewhereView(
        place="Service Bus",
        holds="events, changes and commands on their way, with object id, UPN, employee id, source "
        "anchor and SID; messages that were set aside, whole",
        ends="in minutes; what was set aside stays until an operator deals with it",
        do="sspr dead-letters list, and discard those that name the person",
    ),
    ElsewhereView(
        place="the worker's machine",
        holds="its journal: source anchor, SID and GUID of whom it wrote, and its answers",
        ends="after 30 days",
        do="stop the service, look in the journal's folder (docs/security.md), start it again",
    ),
    ElsewhereView(
        place="the worker's log",
        holds="GUIDs of accounts in AD",
        ends="when newer lines push them out, by size and not by days; on Linux as the journal of "
        "systemd is set",
        do="delete the older files, or have journalctl --vacuum-time do so",
    ),
    ElsewhereView(
        place="Log Analytics",
        holds="object ids; addresses of requests, which may have a UPN in them",
        ends="with the workspace's retention (AZURE_LOG_RETENTION_DAYS)",
        do="search the tables for the names; delete by Azure's purge of the workspace",
    ),
    ElsewhereView(
        place="copies of the storage account, and exports of the audit",
        holds="all that the ledger held when they were made",
        ends="when you delete them",
        do="delete them by the rules of whoever keeps them",
    ),
    ElsewhereView(
        place="Active Directory, Entra ID, the HR system",
        holds="the account, the group membership, registered methods, audit and sign-in logs",
        ends="by their own rules",
        do="ask whoever answers for them; this product only reads there, but for the group",
    ),
)


async def export_person(
    identity: str, asked: ExportPerson, world: World, now: datetime, *, actor: str
) -> PersonDataPage:
    """Returns what one place keeps of whoever the identity means; each is audited.

    Whoever is known nowhere is looked for by what was given.

    Raises:
        NotPossible: the name means several people.
        DirectoryUnavailable: Graph could not be asked what else the person is known by.
        InvalidMessage: there is no such page.
        UnreadableRow: the ledger has a row of a kind that this version does not know.
    """
    places = world.personal_data.places
    if asked.page >= len(places):
        raise InvalidMessage("page", f"there are pages 0 to {len(places) - 1}")
    names = (await who_is_meant(identity, world)).names
    said = {
        "action": "export-person",
        "person": digest_of(identity),
        "reason": asked.reason,
        "page": asked.page,
    }
    await world.audit.append(said, actor=actor, now=now)
    place = places[asked.page]
    found = await world.personal_data.find(place, names)
    is_last = asked.page + 1 == len(places)
    return PersonDataPage(
        known_by=tuple(sorted(names.values)),
        place=place,
        records=tuple(map(_view, found[:MOST_RECORDS])),
        more=len(found) > MOST_RECORDS,
        elsewhere=ELSEWHERE if is_last else (),
        next_page=None if is_last else asked.page + 1,
    )


def digest_of(identity: str) -> str:
    """Returns by what the audit names a person whom it must not name."""
    return sha256(identity.casefold().encode()).hexdigest()[:16]


def _view(record: KeptRecord) -> KeptRecordView:
    return KeptRecordView(
        kind=record.kind,
        meaning=KINDS[record.kind],
        table=record.table,
        key=record.key,
        content=dict(record.content),
    )
