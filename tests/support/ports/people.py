"""People for the tests of the ledger, put there and counted again."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from shared.domain.person.enrolment import Cause, CauseKind, Claim, Enrolment, State, Step
from shared.domain.person.partitions import PROVISIONAL, partition_of
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.ports.ledger import Ledger, Totals

NOW = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)


def object_id(number: int) -> str:
    return str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))


def enrolment(key: str, **changes: object) -> Enrolment:
    known = {"object_id": key} if partition_of(key) != PROVISIONAL else {"employee_id": key}
    first = Enrolment(
        key=key,
        user=UserRef(**known),
        state=State.REQUESTED,
        reason=Reason.ONBOARDED,
        cause=Cause(CauseKind.EVENT, "event-1", "hr"),
        since=NOW,
        event_time=NOW,
        steps=(Step(NOW, State.REQUESTED, Reason.ONBOARDED, "event-1"),),
    )
    return replace(first, **changes)  # type: ignore[arg-type]  # of any field


def wave(name: str) -> Claim:
    return Claim(Cause(CauseKind.WAVE, name, "rollout"))


async def put(ledger: Ledger, *people: Enrolment) -> None:
    wanted = {person.key: person for person in people}
    await ledger.amend(wanted, lambda key, _: wanted[key], actor="test", now=NOW)


async def everybody(ledger: Ledger) -> list[Enrolment]:
    return list(await ledger.in_state(frozenset(State)))


def recounted(people: Iterable[Enrolment], refused: int = 0) -> Totals:
    people = list(people)
    summaries = [EnrolmentSummary.of(person) for person in people]
    return Totals(
        Counter(person.state for person in people),
        Counter((person.state, person.reason) for person in people),
        Counter(person.flag for person in people if person.flag),
        refused,
        Counter((one.wave, one.state, one.flag is not None) for one in summaries if one.wave),
    )
