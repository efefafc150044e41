"""An alarm as a test: told once, in the audit, and not again for a while."""

import json
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from shared.contracts.api.alarms import ALARMS
from shared.domain.errors import InvalidMessage, NotPossible
from shared.domain.person.partitions import MESSAGES
from shared.ports.world import World
from shared.use_cases.try_alarm import EVERY, try_alarm
from tests.support.enrolments import NOW
from tests.support.processes import meanwhiles, process
from tests.support.stage import Stage, a_stage


async def tried(stage: Stage, alarm: str | None, after: timedelta = timedelta()) -> list[str]:
    """Whose alarms are told as tests when somebody asks."""
    with capture_logs() as lines:
        await try_alarm(alarm, stage.world, NOW + after, actor="ada", reason="the rehearsal")
    return [line["alarm"] for line in lines if line["event"] == "alarm-test"]


@pytest.mark.parametrize("name", [one.name for one in ALARMS])
async def test_every_alarm_can_be_named(stage: Stage, name: str) -> None:
    assert await tried(stage, name) == [name]


async def test_without_a_name_it_is_the_test_s_own(stage: Stage) -> None:
    assert await tried(stage, None) == ["alarm-test"]


async def test_the_audit_says_who_asked_and_what_for(stage: Stage) -> None:
    await tried(stage, "worker-silent")
    (record,) = await stage.world.audit.records(MESSAGES, 0, 9)
    said = json.loads(record.content)
    assert (said["actor"], said["at"]) == ("ada", NOW.isoformat())
    assert said["changes"] == [
        {"action": "test-alarm", "key": "worker-silent", "reason": "the rehearsal"}
    ]


async def test_another_may_be_asked_for_after_a_quarter_of_an_hour(stage: Stage) -> None:
    """Whoever asks, and whatever else operators did meanwhile: each test wakes people."""
    await tried(stage, None)
    for number in range(20):
        await stage.world.audit.append({"changes": [{"action": str(number)}]}, actor="b", now=NOW)
    with pytest.raises(NotPossible, match="again from"):
        await tried(stage, "worker-silent", EVERY - timedelta(seconds=1))
    assert await tried(stage, None, EVERY) == ["alarm-test"]


async def test_an_alarm_that_there_is_not_is_refused_and_nothing_told(stage: Stage) -> None:
    with pytest.raises(InvalidMessage) as refused:
        await tried(stage, "worker-noisy")
    assert refused.value.field == "alarm"
    assert await stage.world.audit.records(MESSAGES, 0, 9) == []


async def test_of_two_who_ask_at_once_one_is_served_wherever_they_meet() -> None:
    """Whoever is second at the audit sees the first, at whatever point they are."""
    for meanwhile in meanwhiles():
        stage, served = a_stage(), list[str]()

        async def asks(world: World, actor: str, served: list[str] = served) -> None:
            with suppress(NotPossible):
                await try_alarm(None, world, NOW, actor=actor, reason="the rehearsal")
                served.append(actor)

        meanwhile.act = partial(asks, stage.another(), "bob")
        with capture_logs() as lines:
            await asks(process(stage, meanwhile), "ada")
        assert len(served) == 1
        assert [line["event"] for line in lines].count("alarm-test") == 1
        assert len(await stage.world.audit.records(MESSAGES, 0, 9)) == 1
