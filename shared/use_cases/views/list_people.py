"""List people: who is in scope or in a state, and holds certain methods, a part at a time."""

from collections.abc import Mapping
from datetime import datetime

from shared.contracts.api.method_request import MethodsAsked
from shared.contracts.api.people_views import ListedPerson, ListPeople, PeoplePage
from shared.domain.person.enrolment import State
from shared.domain.person.method_filter import MethodFilter, named_methods
from shared.domain.person.methods import ResetRules
from shared.domain.person.partitions import BUCKETS
from shared.domain.person.summary import EnrolmentSummary
from shared.ports.world import World
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.views.describe_people import method_views


async def list_people(asked: ListPeople, world: World, now: datetime) -> PeoplePage:
    """Lists those who are asked for of a sixteenth of everybody who is remembered.

    Whoever is not in Entra yet is in no list.
    """
    rules = (await policy_in_force(world)).resets
    meant = filter_of(asked, rules)
    state = State(asked.state) if asked.state else None
    people: list[ListedPerson] = []
    async for summaries in world.ledger.summaries([BUCKETS[asked.page]]):
        found = {
            one.key: one
            for one in summaries
            if _is_in(one, state) and meant.means(one.held, rules, now.date())
        }
        people += await _listed(found, rules, world, now)
    return PeoplePage(people=tuple(people), next_page=next_bucket(asked.page))


def filter_of(asked: MethodsAsked, rules: ResetRules) -> MethodFilter:
    """Returns the filter that a query's words for methods mean."""
    return MethodFilter(any_of=_names(asked.method, rules), only=_names(asked.only_method, rules))


def next_bucket(page: int) -> int | None:
    """Returns the page that follows where a page is a sixteenth of everybody; None: the last."""
    return page + 1 if page + 1 < len(BUCKETS) else None


def _names(words: str | None, rules: ResetRules) -> frozenset[str]:
    return named_methods(words.split(","), rules) if words else frozenset()


def _is_in(person: EnrolmentSummary, state: State | None) -> bool:
    return person.state.is_in_scope if state is None else person.state is state


async def _listed(
    people: Mapping[str, EnrolmentSummary], rules: ResetRules, world: World, now: datetime
) -> list[ListedPerson]:
    known = await world.ledger.load(people.keys())
    return [
        ListedPerson(
            key=key,
            user_principal_name=known[key].user.user_principal_name,
            employee_id=known[key].user.employee_id,
            state=person.state,
            reason=person.reason,
            flag=person.flag,
            since=person.since,
            wave=person.wave,
            held=None if person.held is None else method_views(person.held, rules, now),
        )
        for key, person in people.items()
        if key in known
    ]
