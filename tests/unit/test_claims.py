"""What is claimed of Microsoft was read not long ago: it changes under us."""

import re
from datetime import UTC, date, datetime, timedelta

from shared.domain.doctor.checks.registry import CHECKS
from shared.domain.person import documented_methods, preflight_words
from tests.support.repository import ROOT

LONGEST = timedelta(days=180)
_READ = re.compile(r"<!-- read: (\d{4}-\d{2}-\d{2}) -->")


def test_claims_about_microsoft_were_read_within_half_a_year() -> None:
    """Fails by the calendar, on purpose: read the pages again, mend what changed, move the day."""
    today = datetime.now(UTC).date()
    pages = {page: _READ.findall(page.read_text()) for page in (ROOT / "docs").rglob("*.md")}
    marked = {
        f"{page.name}: {day}": date.fromisoformat(day)
        for page, days in pages.items()
        for day in days
    }
    assert marked, "no page says when it was read"
    checks = {f"check {name}": kind.read_on for name, kind in CHECKS.items()}
    tables = {one.__name__: one.READ_ON for one in (documented_methods, preflight_words)}
    read = {**marked, **checks, **tables}
    outdated = {place: day for place, day in read.items() if today - day > LONGEST}
    assert outdated == {}
