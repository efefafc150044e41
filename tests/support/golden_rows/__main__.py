"""Writes the golden files that are missing, and leaves those that are there."""

import asyncio
import json
import tempfile
from pathlib import Path

from sandbox.testing.azurite_process import azurite
from shared.adapters.tables.tables import Tables
from tests.support.golden_rows import FOLDER, GOLDEN, Golden, stored_rows


async def _write(account: str, golden: Golden) -> None:
    async with Tables.from_connection_string(account) as tables:
        await golden.write(tables)


def _add_missing() -> None:
    for name, golden in GOLDEN.items():
        file = FOLDER / f"{name}.json"
        if file.exists():
            continue
        with tempfile.TemporaryDirectory() as state, azurite(Path(state)) as account:
            asyncio.run(_write(account, golden))
            text = json.dumps(stored_rows(account), indent=1, ensure_ascii=False)
        file.write_text(text + "\n")


if __name__ == "__main__":
    _add_missing()
