"""Receipts: what became of every message, and the refused ones whole."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.person.reasons import Reason
from shared.ports.ledger import Ledger, Receipt
from tests.support.ports.kept import Opening
from tests.support.ports.people import (
    NOW,
    object_id,
)


def receipt(key: str, **changes: object) -> Receipt:
    first = Receipt(key=key, queue="onboarding-events", at=NOW, outcome=Reason.ONBOARDED)
    return replace(first, **changes)  # type: ignore[arg-type]  # of any field


def refusal(key: str, **changes: object) -> Receipt:
    invalid = {"outcome": Reason.INVALID, "field": "data.hireDate", "detail": "not a date"}
    return receipt(key, **(invalid | {"body": "{}"} | changes))


async def test_recording_a_receipt_again_changes_nothing(ledger: Ledger) -> None:
    accepted = receipt("event/1 é", person_key=object_id(1))
    refused = refusal("event-2")
    for minutes in range(3):
        later = NOW + timedelta(minutes=minutes)
        again = [replace(accepted, at=later), replace(refused, at=later)]
        await ledger.record_receipts([*again, again[0]])
    assert await ledger.receipt(accepted.key) == accepted
    assert await ledger.refused(10) == [refused]
    assert (await ledger.totals()).refused_messages == 1


async def test_refused_messages_are_listed_newest_first_with_bodies_of_any_size(
    ledger: Ledger,
) -> None:
    bodies = ["", "x" * 256_000, "\x00é人\N{GRINNING FACE}" * 20_000]
    refused = [
        refusal(f"event-{number}", at=NOW + timedelta(seconds=number), body=body)
        for number, body in enumerate([*bodies, *["{}"] * 40])
    ]
    await ledger.record_receipts([*refused, receipt("accepted")])
    assert await ledger.refused(100) == refused[::-1]
    assert await ledger.refused(3) == refused[:-4:-1]
    assert (await ledger.totals()).refused_messages == len(refused)


async def test_a_refused_message_accepted_later_is_refused_no_more(ledger: Ledger) -> None:
    await ledger.record_receipts([refusal("event-1"), refusal("event-2")])
    accepted = receipt("event-1", at=NOW + timedelta(hours=1))
    await ledger.record_receipts([accepted])
    assert await ledger.receipt("event-1") == accepted
    assert await ledger.refused(10) == [refusal("event-2")]
    assert (await ledger.totals()).refused_messages == 1


async def test_two_ledgers_recording_the_same_receipts_at_once_agree(opening: Opening) -> None:
    receipts = [refusal(f"event-{number}") for number in range(60)]
    async with (
        opening() as first,
        opening() as second,
    ):
        one, other = first.ledger, second.ledger
        later = [replace(each, at=NOW + timedelta(seconds=1)) for each in receipts]
        await asyncio.gather(one.record_receipts(receipts), other.record_receipts(later))
        assert (await one.totals()).refused_messages == len(receipts)
        assert {each.key for each in await one.refused(100)} == {each.key for each in receipts}


TEXTS = st.text(st.characters(), max_size=60)


# Of escapes alone a request has up to 2.4 MB: that the SDK sends it as bytes is not ours to change.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(TEXTS, st.sampled_from([1, 40_000, 600_000])), min_size=4, max_size=4),
)
async def test_whatever_a_refusal_repeats_of_a_message_it_is_recorded_beside_its_neighbours(
    ledger: Ledger, texts: list[tuple[str, int]]
) -> None:
    """Texts of any characters, also halves of pairs, and of up to some megabytes."""
    field, detail, body, person = [(text * times)[:1_200_000] for text, times in texts]
    key = uuid4().hex
    mine = refusal(key, field=field, detail=detail, body=body, person_key=person)
    beside = receipt(f"beside {key}", person_key=object_id(1))
    await ledger.record_receipts([mine, beside])
    assert await ledger.receipt(mine.key)
    assert await ledger.receipt(beside.key) == beside


async def test_what_is_cut_says_its_length_and_digest(ledger: Ledger) -> None:
    name, body = "n" * 33_000, "b" * 500_000
    await ledger.record_receipts([refusal("event-1", field=name, body=body)])
    kept = await ledger.receipt("event-1")
    assert kept
    assert kept.field
    assert kept.body
    assert len(kept.field) <= 250
    assert f"33,000 characters, SHA-256 {sha256(name.encode()).hexdigest()}" in kept.field
    assert f"500,000 characters, SHA-256 {sha256(body.encode()).hexdigest()}" in kept.body
