"""Provision hires: new hires whom a worker has put into the group are brought ahead of the cycle.

Where Entra Cloud Sync carries AD to Entra nobody can start a cycle, but single people may be asked
for by their DN, which the worker's answer has. It lasts only as long as the batch: nothing stores
it. Whoever is not brought waits for the ordinary cycle, as everybody did before.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cloud_sync import Provisioned
from shared.domain.signals import HiresProvisioned, plain_text
from shared.ports.world import World
from shared.use_cases.recording import nobody, save_people
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import is_stopped

AT_ONCE = 5
"""People of one batch: Graph allows 5 requests in 10 s, and more hires at once are no single ones.
"synchronizationJob: provisionOnDemand", Microsoft Graph v1.0, read on 30 Nov 2026."""
PATIENCE_SECONDS = 20.0
"""For all of them together: a batch is to end in half its lock."""
_ACTOR = "cloud sync"


async def provision_hires(
    names: Mapping[str, str], people: Mapping[str, Enrolment], world: World, now: datetime
) -> None:
    """Asks for those who are applied and not in Entra yet, and notes what became of each.

    Nothing that goes wrong here is raised but a conflict over the ledger: all of it may be done
    again, and none of it has to be.

    Args:
        names: The DN of each new hire, by their key in the ledger.
        people: Their enrolments, the worker's answer included.
        world: Where to.
        now: The time, in UTC.

    Raises:
        LedgerConflict: others kept changing the same rows.
    """
    hires = [key for key in names if _is_to_come(people.get(key))]
    if not hires or not world.provisions_on_demand or await is_stopped(world):
        return
    answers, problem = await _ask({key: names[key] for key in hires[:AT_ONCE]}, world)

    def note(key: str, current: Enrolment | None) -> Enrolment | None:
        return _noted(current, answers[key], now) if current else None

    await save_people(world, answers, note, actor=_ACTOR, now=now, queue=nobody)
    brought = sum(one.is_there for one in answers.values())
    failed = len(answers) - brought
    wrong = next((one.code for one in answers.values() if not one.is_there), None)
    emit(
        [
            HiresProvisioned(
                provisioned=brought,
                failed=failed,
                left=len(hires) - len(answers),
                problem=plain_text(problem or wrong or "") or None,
            )
        ]
    )


def _is_to_come(person: Enrolment | None) -> bool:
    """Tells whether somebody was put into the AD group, and neither came nor was asked for yet."""
    if person is None or not person.is_provisional or person.state is not State.APPLIED:
        return False
    return all(step.reason is not Reason.PROVISIONED_ON_DEMAND for step in person.steps)


async def _ask(names: Mapping[str, str], world: World) -> tuple[dict[str, Provisioned], str]:
    """Asks one after the other, until one cannot be asked; returns the answers, and why no more."""
    answers: dict[str, Provisioned] = {}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for key, name in names.items():
                answers[key] = await world.cloud_sync.provision(name)
    except DirectoryUnavailable as error:
        return answers, str(error)
    except TimeoutError:
        return answers, f"no answer within {PATIENCE_SECONDS:.0f} s"
    return answers, ""


def _noted(current: Enrolment, answer: Provisioned, now: datetime) -> Enrolment:
    if not current.is_provisional:
        # They have come meanwhile, and Entra has the word.
        return current
    if answer.is_there:
        return current.noted(Reason.PROVISIONED_ON_DEMAND, now)
    return current.noted(Reason.NOT_PROVISIONED_ON_DEMAND, now, detail=answer.code)
