"""Erase a person: show what is kept of them row by row, and erase what is theirs.

The audit stays, and tells of it by a digest of the name. Everything else comes first, and the
ledger's own row last: whoever is interrupted still finds by it what is left.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from shared.contracts.api.operation_orders import EraseOrder
from shared.contracts.api.personal_data_views import ErasedRowsView, EraseView
from shared.contracts.api.words import OperationState
from shared.domain.errors import InvalidMessage, NotPossible, WorldChanged
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.erasure import OF_ANOTHER, RULES, Fate, fate_of, is_under_way
from shared.ports.operations import Operation
from shared.ports.personal_data import ERASABLE, KINDS, KeptRecord
from shared.ports.world import World
from shared.use_cases.export_person import ELSEWHERE, digest_of
from shared.use_cases.recording import erase_people
from shared.use_cases.who_is_kept import Found, find_out

FOR_GOOD = (
    "an operator keeps this person out for good; that ends as well, and has to be meant: "
    "--with-exclusion"
)
KEPT_OUT = (
    "what keeps this person out ends; if the account is still in Entra, the rollout decides again. "
    "A group that the document excludes keeps them out without this product's knowing them"
)
STILL_NAMED = "the rollout document names this person; apply one that does not"


async def erase_person(
    order: EraseOrder, operation: Operation, world: World, now: datetime
) -> EraseView:
    """Shows what is kept of a person or, with the fingerprint of what was shown, erases it.

    Raises:
        NotPossible: the name means several people, the person is not out, or something about them
            is under way; the text says what to do first.
        InvalidMessage: the reason names the person, and the audit would keep it.
        WorldChanged: something else would be erased than was shown.
        DirectoryUnavailable, LedgerConflict, ServiceUnavailable: try again.
    """
    found = await find_out(order.person, world, now)
    if found.subject.names.are_in(order.reason):
        raise InvalidMessage("reason", "it names the person; the audit keeps it")
    _refuse_unless_out(found)
    _refuse_while_under_way(found, now)
    # Delivered again after a crash it goes on: what it erased so far would look like change.
    begun = operation.result if isinstance(operation.result, EraseView) else None
    view = begun or _view(found, now)
    if order.plan is None:
        return view
    if begun is None:
        if order.plan != view.fingerprint:
            raise WorldChanged("something else would be erased than was shown; look again")
        if view.needs_exclusion and not order.with_exclusion:
            raise NotPossible(FOR_GOOD)
        await world.operations.keep(replace(operation, result=view))
    await _erase(found, order, operation.actor, world, now)
    return view.model_copy(update={"done": True})


def without_name(ended: Operation) -> Operation:
    """Returns the operation that has ended as it is kept: an order to erase names nobody."""
    if not isinstance(ended.order, EraseOrder) or ended.state is OperationState.QUEUED:
        return ended
    digest = digest_of(ended.order.person)
    return replace(ended, order=ended.order.model_copy(update={"person": digest}))


def _refuse_unless_out(found: Found) -> None:
    for one in found.enrolments:
        if not _may_go(one, found):
            raise NotPossible(
                f"the person is {one.state}: say sspr exclude, wait until they are excluded or "
                "withdrawn, and ask again"
            )


def _may_go(one: Enrolment, found: Found) -> bool:
    """Tells whether nothing is written, or owed, of this person; whoever is gone is out."""
    is_out = not (one.state.is_coming or one.state is State.WITHDRAWING)
    return is_out or (found.is_gone and not one.is_provisional)


def _refuse_while_under_way(found: Found, now: datetime) -> None:
    for one in found.records:
        if is_under_way(one.kind, one.content, found.subject, now):
            raise NotPossible(f"operation {one.key.rpartition('|')[2]} is about them; wait for it")


def _view(found: Found, now: datetime) -> EraseView:
    groups = Counter[tuple[str, str, Fate, str]]()
    for one in found.records:
        fate = fate_of(one.kind, one.content, found.subject, now)
        rule = RULES[one.kind]
        why = rule.why if fate is rule.fate else OF_ANOTHER
        groups[one.table, one.kind, fate, why] += 1
    rows = tuple(
        ErasedRowsView(
            table=table,
            kind=kind,
            meaning=KINDS[kind],
            fate=fate,
            why=why,
            rows=number,
            more=fate is Fate.KEPT and table in found.cut_off,
        )
        for (table, kind, fate, why), number in sorted(groups.items())
    )
    return EraseView(
        fingerprint=_fingerprint(_touched(found, now)),
        rows=rows,
        warnings=tuple(_warnings(found)),
        needs_exclusion=any(one.is_barred for one in found.enrolments),
        elsewhere=ELSEWHERE,
        done=False,
    )


def _touched(found: Found, now: datetime) -> list[KeptRecord]:
    return [
        one
        for one in found.records
        if fate_of(one.kind, one.content, found.subject, now) is not Fate.KEPT
    ]


def _fingerprint(records: Sequence[KeptRecord]) -> str:
    lines = sorted(f"{one.kind} {one.table}/{one.key}" for one in records)
    return sha256("\n".join(["erase", *lines]).encode()).hexdigest()


def _warnings(found: Found) -> Iterator[str]:
    if any(one.is_barred for one in found.enrolments):
        yield FOR_GOOD
    elif any(one.exclusion or one.set_aside for one in found.enrolments):
        yield KEPT_OUT
    if any(one.kind == "rollout" for one in found.records):
        yield STILL_NAMED


async def _erase(found: Found, order: EraseOrder, actor: str, world: World, now: datetime) -> None:
    touched = _touched(found, now)
    if not touched:
        return
    said = {
        "action": "erase-person",
        "person": digest_of(order.person),
        "reason": order.reason,
    }
    await world.audit.append({**said, "rows": len(touched)}, actor=actor, now=now)
    for one in touched:
        if one.kind in ERASABLE:
            await world.personal_data.erase(one, found.subject)
    await erase_people(
        world, found.keys, lambda one: _may_go(one, found), said, actor=actor, now=now
    )
