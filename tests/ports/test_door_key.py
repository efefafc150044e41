"""The key of the HR addresses: the same in memory and in tables."""

import asyncio

from tests.support.ports.kept import Kept, Opening


async def test_all_that_open_the_ledger_have_one_key(opening: Opening) -> None:
    async with opening() as first, opening() as second:
        keys = await asyncio.gather(*(one.door_key.key() for one in (first, second) for _ in "ab"))
    async with opening() as later:
        keys.append(await later.door_key.key())
    (key,) = set(keys)
    assert len(key) == 32


async def test_the_key_stays(tables: Kept) -> None:
    assert await tables.door_key.key() == await tables.door_key.key()
