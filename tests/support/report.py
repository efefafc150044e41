"""The registration report, read at once."""

from collections.abc import Mapping
from contextlib import aclosing

from shared.domain.person.people import Registration
from shared.ports.directory import Directory


async def report_of(directory: Directory, place: str | None = None) -> Mapping[str, Registration]:
    """The whole report by object id, or what comes from that place on."""
    rows: dict[str, Registration] = {}
    async with aclosing(directory.registrations(place)) as pages:
        async for page in pages:
            rows |= page.rows
    return rows
