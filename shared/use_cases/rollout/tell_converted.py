"""Tell of people who were converted: the rollout pauses once, and each is remembered so."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import batched

from shared.domain.person.conversion import converted as remember_converted
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.rollout.state import PauseReason
from shared.domain.signals import PeopleConverted
from shared.ports.rollouts import StoredRollout
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people
from shared.use_cases.rollout.carry_out import ACTOR, CHUNK
from shared.use_cases.rollout.halt import halt
from shared.use_cases.signalling import emit


async def tell_converted(
    converted: Mapping[str, SourceOfAuthority], stored: StoredRollout, world: World, now: datetime
) -> None:
    """Pauses a rollout that puts people in, says how many there are, and remembers it of each.

    Whoever was told of meanwhile is not told of again: an operator may have gone on since.

    Raises:
        LedgerConflict: somebody else has changed the rollout or one of them; it is told again.
    """
    news = await _not_told(converted, world)
    if not news:
        return
    ways = Counter(news.values())
    to_cloud, back = ways[SourceOfAuthority.CLOUD], ways[SourceOfAuthority.ON_PREMISES]
    detail = f"to the cloud: {to_cloud:,}; to on-premises: {back:,}"
    await halt(stored, PauseReason.PEOPLE_CONVERTED, detail, world, now)
    emit([PeopleConverted(to_cloud=to_cloud, to_on_premises=back)])

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        return remember_converted(current, news[key], now) if current else None

    for keys in batched(news, CHUNK, strict=False):
        await save_people(world, keys, decide, actor=ACTOR, now=now, queue=nobody)


async def _not_told(
    converted: Mapping[str, SourceOfAuthority], world: World
) -> Mapping[str, SourceOfAuthority]:
    """Returns those of whom nobody has said so since they were looked at."""
    news: dict[str, SourceOfAuthority] = {}
    for keys in batched(converted, CHUNK, strict=False):
        known = await world.ledger.load(keys)
        news |= {key: converted[key] for key, one in known.items() if one.account != converted[key]}
    return news
