"""Describe the forecast: what would become of somebody in Entra who is not remembered, and why."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.contracts.api.people_views import ForecastView
from shared.contracts.api.wave_words import selection_text
from shared.domain.person.people import Candidate, Person
from shared.domain.plan.forecast import Forecast, ForecastPlace, look_ahead
from shared.domain.rollout.document import Wave
from shared.domain.rollout.state import Phase, Rollout
from shared.ports.world import World
from shared.use_cases.known_memberships import known_memberships
from shared.use_cases.policy_in_force import policy_in_force

_DIGITS = 4
"""Of a position, for people to read."""


async def describe_forecast(
    people: Sequence[Person], world: World, now: datetime
) -> tuple[ForecastView, ...]:
    """Tells what would become of each of these people.

    Raises:
        DirectoryUnavailable: Graph could not be asked for their groups, or did not say them.
    """
    if not people:
        return ()
    stored, policy, memberships = await asyncio.gather(
        world.rollouts.current(),
        policy_in_force(world),
        known_memberships([person.object_id for person in people], world.directory),
    )
    rollout = stored.rollout if stored else None
    candidates = [Candidate(one, memberships[one.object_id]) for one in people]
    return tuple(
        forecast_view(one.person, look_ahead(one, rollout, policy, now), rollout)
        for one in candidates
    )


def forecast_view(person: Person, forecast: Forecast, rollout: Rollout | None) -> ForecastView:
    """Returns the forecast as operators see it."""
    refusal, place = forecast.refusal, forecast.place
    wave = place.wave if place else None
    return ForecastView(
        object_id=person.object_id,
        user_principal_name=person.ref.user_principal_name,
        employee_id=person.ref.employee_id,
        department=person.department,
        domain=person.domain,
        refusal=refusal,
        refusal_text=refusal.text if refusal else None,
        member=forecast.is_member,
        position=round(place.position, _DIGITS) if place else None,
        wave=wave.name if wave else None,
        begun=wave is not None and place is not None and place.begun,
        new_hire=place is not None and place.is_new_hire,
        text=" ".join(_sentences(forecast, rollout)),
    )


def _sentences(forecast: Forecast, rollout: Rollout | None) -> Iterator[str]:
    if forecast.is_member:
        yield "Somebody else put this person into the scope group."
    if forecast.refusal:
        yield f"Not eligible: {forecast.refusal.text}"
    elif rollout is None or forecast.place is None:
        yield "There is no rollout."
    elif rollout.phase is Phase.ABORTED:
        yield "The rollout was aborted; it puts nobody in any more."
    else:
        yield _wanted(forecast.place, rollout)


def _wanted(place: ForecastPlace, rollout: Rollout) -> str:
    asks = "asks for them at the next look"
    onward = asks if rollout.widens else f"waits: the rollout is {rollout.phase}"
    if place.is_new_hire:
        return f"The rule for new hires means this person and {onward}."
    if not place.is_sure:
        return _unsure(place)
    wave = place.wave
    if wave is None:
        return "No wave of the rollout means this person."
    if wave.name in rollout.rolled_back:
        return f"Wave {_named(wave)} means this person, and was rolled back."
    if not place.begun:
        return f"Wave {_named(wave)} would put this person in; it has not begun."
    return f"Wave {_named(wave)} means this person; it has begun and {onward}."


def _unsure(place: ForecastPlace) -> str:
    sure = f"{_named(place.latest)} does at the latest" if place.latest else "it may be none"
    return (
        f"Which wave means this person depends on everybody else; {sure}. "
        "`sspr plan` of the current document shows it."
    )


def _named(wave: Wave) -> str:
    return f"{wave.name} ({selection_text(wave.selection)})"
