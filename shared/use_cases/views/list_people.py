"""List people: who is in scope or in a state, and holds certain methods, a part at a time."""

from datetime import datetime

from shared.contracts.api.method_request import MethodsAsked
from shared.contracts.api.people_views import ListedPerson, ListPeople, PeoplePage
from shared.domain.person.enrolment import State
from shared.domain.person.method_filter import MethodFilter, named_methods
from shared.domain.person.methods import ResetRules
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.ports.world import World
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.views.describe_people import method_views
from shared.use_cases.views.part_of_people import part_of_people


async def list_people(asked: ListPeople, world: World, now: datetime) -> PeoplePage:
    """Lists those who are asked for of a part of everybody who is remembered.

    Whoever is not in Entra yet is in no list.
    """
    rules = (await policy_in_force(world)).resets
    meant = filter_of(asked, rules)
    state = State(asked.state) if asked.state else None

    def is_meant(person: EnrolmentSummary) -> bool:
        return _is_in(person, state) and meant.means(person.held, rules, now.date())

    part = await part_of_people(asked.after, world.ledger, is_meant)
    return PeoplePage(people=tuple(_view(one, rules, now) for one in part.people), next=part.next)


def filter_of(asked: MethodsAsked, rules: ResetRules) -> MethodFilter:
    """Returns the filter that a query's words for methods mean."""
    return MethodFilter(any_of=_names(asked.method, rules), only=_names(asked.only_method, rules))


def _names(words: str | None, rules: ResetRules) -> frozenset[str]:
    return named_methods(words.split(","), rules) if words else frozenset()


def _is_in(person: EnrolmentSummary, state: State | None) -> bool:
    return person.state.is_in_scope if state is None else person.state is state


def _view(person: NamedSummary, rules: ResetRules, now: datetime) -> ListedPerson:
    user, summary = person.user, person.summary
    return ListedPerson(
        key=summary.key,
        user_principal_name=user.user_principal_name,
        employee_id=user.employee_id,
        state=summary.state,
        reason=summary.reason,
        flag=summary.flag,
        since=summary.since,
        wave=summary.wave,
        held=None if summary.held is None else method_views(summary.held, rules, now),
    )
