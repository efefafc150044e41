"""Check health: a look at everything that the app depends on, all at once and none for long."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from shared.contracts.api.ending_views import EndingView
from shared.contracts.api.health_views import CheckView, HealthView, HealthWord
from shared.contracts.api.sspr_views import SsprView
from shared.contracts.messages.version import running_version
from shared.domain.errors import ServiceUnavailable
from shared.domain.health import Health, Look, NotReached, Trouble, judge
from shared.ports.dependency import Check, Dependency
from shared.ports.world import World
from shared.use_cases.views.describe_dead_letters import count_dead_letters
from shared.use_cases.views.describe_endings import describe_endings
from shared.use_cases.views.describe_sspr import describe_sspr

SECONDS = 15.0
"""That one look may take; the checks' own libraries would wait for minutes."""
_FRESH = 60.0
"""Seconds for which a word holds: asking for it costs nobody but the first anything."""


async def check_health(dependencies: Sequence[Dependency], now: datetime) -> HealthView:
    """Checks each dependency by itself, so that a silent one makes nothing else late."""
    checks = [check for one in dependencies for check in one.checks()]
    findings = await asyncio.gather(*(_look(check) for check in checks))
    return HealthView(
        health=judge(findings),
        at=now,
        version=running_version(),
        checks=tuple(CheckView.model_validate(finding) for finding in findings),
    )


async def report_health(
    dependencies: Sequence[Dependency], world: World, now: datetime
) -> HealthView:
    """Checks health; beside it dead letters are counted, what ends soon and SSPR itself told of."""
    seen, counted, endings, sspr = await asyncio.gather(
        check_health(dependencies, now),
        count_dead_letters(world),
        _endings(world, now),
        _sspr(world),
    )
    beside = {"dead_letters": counted.queues, "endings": endings, "sspr": sspr}
    return seen.model_copy(update=beside)


async def _sspr(world: World) -> SsprView | None:
    try:
        async with asyncio.timeout(SECONDS):
            return await describe_sspr(world)
    except (ServiceUnavailable, TimeoutError):
        # The check of the tables says what is the matter with them.
        return None


class HealthWords:
    """The word for whoever asks; anybody on the internet may, and as often as they like."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._newest: tuple[float, Health] | None = None

    async def word(self, dependencies: Sequence[Dependency], now: datetime) -> HealthWord:
        """Returns the newest word, or a new one if that has grown old.

        Only one look goes on at a time.
        """
        async with self._turn:
            passed = asyncio.get_running_loop().time()
            if self._newest is None or passed - self._newest[0] > _FRESH:
                word = (await check_health(dependencies, now)).health
                self._newest = passed, Health(word)
            return HealthWord(word=self._newest[1])


async def _endings(world: World, now: datetime) -> tuple[EndingView, ...]:
    """Returns what ends soon; nothing where the ledger is away, which its own check tells."""
    try:
        async with asyncio.timeout(SECONDS):
            return await describe_endings(world, now)
    except Exception:  # noqa: BLE001  # whatever it is, it must not hide the checks
        return ()


async def _look(check: Check) -> Look:
    loop = asyncio.get_running_loop()
    began = loop.time()
    trouble, detail = await _trouble(check)
    return Look(
        kind=check.kind,
        name=check.name,
        purpose=check.purpose,
        milliseconds=round((loop.time() - began) * 1000),
        trouble=trouble,
        detail=detail,
    )


async def _trouble(check: Check) -> tuple[Trouble | None, str]:
    try:
        async with asyncio.timeout(SECONDS):
            await check.look()
    except NotReached as error:
        return error.trouble, error.detail
    except TimeoutError:
        return Trouble.SILENT, f"no answer within {SECONDS:g} s"
    except Exception as error:  # noqa: BLE001  # one that nobody foresaw must not hide the others
        # Its text may hold an address or a name.
        return Trouble.FAILED, type(error).__name__
    return None, ""
