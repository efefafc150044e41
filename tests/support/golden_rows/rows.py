"""Rows as they are stored, read and put there by the SDK alone."""

from datetime import datetime
from typing import Any

from azure.data.tables import TableServiceClient, UpdateMode

from shared.adapters.tables.tables import NAMES
from tests.support.repository import ROOT

FOLDER = ROOT / "tests/integration/ledger/golden"
"""Where the files of the rows lie."""

type Rows = dict[str, list[dict[str, Any]]]


def stored_rows(account: str) -> Rows:
    """Read every row of every table, as JSON has it; times are told from texts."""
    with TableServiceClient.from_connection_string(account) as service:
        there = {table.name for table in service.list_tables()}
        rows = {
            name: [
                {key: _told(value) for key, value in sorted(entity.items())}
                for entity in service.get_table_client(name).list_entities()
            ]
            for name in NAMES
            if name in there
        }
    return {name: found for name, found in rows.items() if found}


def store_rows(account: str, rows: Rows) -> None:
    """Put the rows there by the SDK alone."""
    with TableServiceClient.from_connection_string(account) as service:
        for name, found in rows.items():
            table = service.create_table(name)
            for row in found:
                entity = {key: _untold(value) for key, value in row.items()}
                table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _told(value: Any) -> Any:
    return {"time": value.isoformat()} if isinstance(value, datetime) else value


def _untold(value: Any) -> Any:
    return datetime.fromisoformat(value["time"]) if isinstance(value, dict) else value
