"""What is kept of one person, put together from the places that were looked through."""

from collections.abc import Callable, Iterable

from shared.contracts.api.personal_data_views import (
    ElsewhereView,
    KeptRecordView,
    PersonDataPage,
)
from shared.contracts.api.view import View


class PersonData(View):
    """All that the app told, in one."""

    known_by: tuple[str, ...]
    places: int
    """So many were looked through."""
    records: tuple[KeptRecordView, ...]
    cut_off: tuple[str, ...]
    """Places that have more than was told."""
    elsewhere: tuple[ElsewhereView, ...]
    """Where this product cannot look."""


def gathered(pages: Iterable[PersonDataPage], tell: Callable[[str], None]) -> PersonData:
    """Puts the pages together; tells each place once it was looked through."""
    names: set[str] = set()
    records: list[KeptRecordView] = []
    cut_off: list[str] = []
    elsewhere: list[ElsewhereView] = []
    places = 0
    for page in pages:
        tell(page.place)
        places += 1
        names.update(page.known_by)
        records += page.records
        elsewhere += page.elsewhere
        if page.more:
            cut_off.append(page.place)
    return PersonData(
        known_by=tuple(sorted(names)),
        places=places,
        records=tuple(records),
        cut_off=tuple(cut_off),
        elsewhere=tuple(elsewhere),
    )
