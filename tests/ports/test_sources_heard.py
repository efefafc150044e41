"""When each HR source was last heard of: the same in memory and in tables."""

from datetime import timedelta

from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW

LATER = NOW + timedelta(hours=1)


async def test_of_each_source_the_newest_word_is_kept(tables: Kept) -> None:
    heard = tables.sources_heard
    assert await heard.heard() == {}
    await heard.hear("workday", NOW)
    await heard.hear("scim-1", NOW)
    await heard.hear("workday", LATER)
    assert await heard.heard() == {"workday": LATER, "scim-1": NOW}
