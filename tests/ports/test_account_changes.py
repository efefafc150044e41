"""Conversions as Entra tells of them: from now on, each once, and from a place on."""

from datetime import UTC, datetime, timedelta

from shared.domain.person.people import Identifier, IdentifierKind
from tests.support.ports.entra import Entra

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
VERA, WILMA = "vera@contoso.test", "wilma@contoso.test"


async def test_nobody_is_told_of_at_first_and_then_whoever_was_converted(entra: Entra) -> None:
    (vera, wilma) = entra.sync(VERA, WILMA)
    begun = await entra.changes.changed(None)
    assert (begun.object_ids, begun.is_whole, begun.is_last) == (frozenset(), True, True)
    quiet = await entra.changes.changed(begun.place)
    assert quiet.object_ids == frozenset()
    entra.convert(VERA)
    told = await entra.changes.changed(quiet.place)
    assert told.object_ids == {vera}
    assert (told.is_whole, told.is_last) == (True, True)
    assert (await entra.changes.changed(told.place)).object_ids == frozenset()
    # From an older place on it is told again.
    entra.convert(WILMA)
    assert (await entra.changes.changed(begun.place)).object_ids == {vera, wilma}
    asked = Identifier(IdentifierKind.OBJECT_ID, vera)
    (person,) = (await entra.directory.find_people([asked]))[asked]
    assert not person.synced


async def test_a_place_that_is_forgotten_begins_anew_and_says_so(entra: Entra) -> None:
    begun = await entra.changes.changed(None)
    entra.sync(VERA)
    entra.forget_places()
    anew = await entra.changes.changed(begun.place)
    assert (anew.object_ids, anew.is_whole, anew.is_last) == (frozenset(), False, True)
    entra.convert(VERA)
    assert len((await entra.changes.changed(anew.place)).object_ids) == 1


async def test_the_audit_log_tells_of_conversions_since_a_time(entra: Entra) -> None:
    (vera, _) = entra.sync(VERA, WILMA)
    assert await entra.changes.converted(LONG_AGO) == frozenset()
    entra.convert(VERA)
    assert await entra.changes.converted(LONG_AGO) == {vera}
    assert await entra.changes.converted(datetime.now(UTC) + timedelta(hours=1)) == frozenset()
