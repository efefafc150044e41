"""Plans in the tables: a page is as much as a row can hold."""

from shared.adapters.tables.tables import Tables
from tests.support.ports.plans import PLAN, everybody_in, planned_people


async def test_people_with_long_reasons_take_more_pages(tables: Tables) -> None:
    people = list(planned_people(1000, "\N{GRINNING FACE}" * 100))
    await tables.plans.keep(PLAN, people)
    pages = await everybody_in(tables.plans, PLAN.fingerprint)
    assert len(pages) == 4
    assert [person for page in pages for person in page] == people
