"""Describe the reset forecast: who can reset a password today, and who on a day ahead."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

from shared.contracts.api.forecast_views import (
    ForecastOn,
    ForecastPage,
    ForecastPeople,
    ForecastPerson,
    ForecastTally,
    LosingMethods,
    ResetForecastView,
)
from shared.contracts.api.words import ForecastBy
from shared.domain.errors import InvalidMessage
from shared.domain.person.methods import Ability, ResetRules
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.domain.plan.reset_forecast import (
    Change,
    Tallies,
    Tally,
    foretell,
    groups_by_method,
    groups_by_wave,
    helpdesk_calls,
)
from shared.domain.rollout.resets import ResetOutcome
from shared.ports.world import World
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.views.list_people import filter_of
from shared.use_cases.views.part_of_people import part_of_people

MONTH = timedelta(days=30)
"""As long as Entra keeps its audit log."""
_MOST_MIXES = 20

type Group = Callable[[EnrolmentSummary], Iterable[str]]


async def describe_reset_forecast(
    asked: ForecastOn, world: World, now: datetime
) -> ResetForecastView:
    """Foretells everybody in scope, or those of them whose methods are asked for, in numbers.

    Raises:
        InvalidMessage: the day is over.
        DirectoryUnavailable: Graph could not be asked for departments or for resets.
    """
    on = asked.on
    _check(on, now)
    rules = (await policy_in_force(world)).resets
    meant = filter_of(asked, rules)
    group = await _grouping(asked.group_by, world)
    tallies, able = Tallies(), 0
    async for page in world.ledger.summaries():
        for person in page:
            if not person.state.is_in_scope:
                continue
            forecast = foretell(person, rules, on)
            able += forecast.today is Ability.CAN
            if meant.means(person.held, rules, now.date()):
                tallies.count(person, forecast, group(person), rules, on)
    resets = await world.directory.resets(now - MONTH)
    succeeded = sum(one.outcome is ResetOutcome.SUCCEEDED for one in resets)
    whole = tallies.whole
    return ResetForecastView(
        today=now.date(),
        on=on,
        group_by=asked.group_by,
        whole=_tally("", whole),
        groups=_by_loss(tallies.groups),
        losing=tuple(
            LosingMethods(methods=tuple(sorted(held.names)), people=count)
            for held, count in tallies.losing_with.most_common(_MOST_MIXES)
        ),
        saved_by_one_more=tallies.gained_by_one_more,
        resets_in_thirty_days=succeeded,
        # By the rate of everybody who can, since the resets are everybody's.
        calls_in_thirty_days=helpdesk_calls(whole.changes[Change.LOSES], succeeded, able),
        method=asked.method,
        only_method=asked.only_method,
    )


async def list_forecast_people(asked: ForecastPage, world: World, now: datetime) -> ForecastPeople:
    """Lists those who are asked for of a part of the people in scope, each foretold.

    Raises:
        InvalidMessage: the day is over.
    """
    _check(asked.on, now)
    rules = (await policy_in_force(world)).resets
    meant = filter_of(asked, rules)

    def is_meant(person: EnrolmentSummary) -> bool:
        return person.state.is_in_scope and meant.means(person.held, rules, now.date())

    part = await part_of_people(asked.after, world.ledger, is_meant)
    people = tuple(_foretold(one, rules, asked.on) for one in part.people)
    return ForecastPeople(people=people, next=part.next)


def _foretold(person: NamedSummary, rules: ResetRules, on: date) -> ForecastPerson:
    user, summary = person.user, person.summary
    forecast = foretell(summary, rules, on)
    return ForecastPerson(
        object_id=summary.key,
        user_principal_name=user.user_principal_name,
        employee_id=user.employee_id,
        wave=summary.wave,
        methods=tuple(sorted(summary.held.names)) if summary.held else (),
        today=forecast.today,
        then=forecast.then,
        change=forecast.change,
        ended=tuple(sorted(rules.ended(summary.held, on))) if summary.held else (),
    )


def _check(on: date, now: datetime) -> None:
    if on < now.date():
        raise InvalidMessage("on", f"write {now.date()}, which is today, or a later day")


async def _grouping(group_by: ForecastBy, world: World) -> Group:
    match group_by:
        case ForecastBy.METHOD:
            return groups_by_method
        case ForecastBy.WAVE:
            return groups_by_wave
        case ForecastBy.DEPARTMENT:
            departments = {
                person.object_id: person.department or ""
                async for page in world.directory.everybody()
                for person in page
            }
            return lambda person: (departments.get(person.key, ""),)


def _by_loss(groups: Mapping[str, Tally]) -> tuple[ForecastTally, ...]:
    shown = (_tally(name, tally) for name, tally in groups.items())
    return tuple(sorted(shown, key=lambda one: (-one.lose, -one.people, one.group)))


def _tally(group: str, tally: Tally) -> ForecastTally:
    return ForecastTally(
        group=group,
        people=tally.people,
        can_today=tally.can_today,
        can_then=tally.can_then,
        not_known_then=tally.not_known_then,
        lose=tally.changes[Change.LOSES],
        gain=tally.changes[Change.GAINS],
    )
