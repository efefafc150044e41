"""Record results: what the hybrid worker made of its commands."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from shared.contracts.directory_result import DirectoryResult, SyncReport, SyncState
from shared.contracts.queues import DIRECTORY_RESULTS
from shared.domain.answers import Answer, note_delta_sync, record
from shared.domain.enrolment import Enrolment
from shared.ports import World
from shared.use_cases.announce import announce
from shared.use_cases.message import Message, read_all


async def record_results(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Take a batch of results; whoever still awaits a write after it is announced again.

    Raises:
        LedgerConflict: the whole batch is to be delivered again.
    """
    results, refused = read_all(
        messages, DIRECTORY_RESULTS, lambda one: DirectoryResult.read(one.body), now
    )
    if refused:
        await world.ledger.record_receipts(refused)
    answers: dict[str, list[tuple[Answer, SyncReport]]] = defaultdict(list)
    for result in sorted(results, key=lambda one: one.answered_at):
        for member in result.members:
            answer = member.answer(result.command_key, result.action)
            answers[member.key].append((answer, result.sync))

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        for answer, sync in answers[key]:
            if current is None:
                return None
            current = _synced(record(current, answer, world.policy, now), sync, now)
        return current

    workers = {result.worker for result in results}
    actor = f"worker {workers.pop()}" if len(workers) == 1 else "workers"
    recorded = await world.ledger.amend(answers, decide, actor=actor, now=now)
    await announce([e for e in recorded.values() if e.flag is None], world.outbox)


def _synced(current: Enrolment, sync: SyncReport, now: datetime) -> Enrolment:
    if sync.state not in {SyncState.SUCCEEDED, SyncState.FAILED}:
        return current
    detail = ": ".join(part for part in (sync.problem, sync.detail) if part)
    succeeded = sync.state is SyncState.SUCCEEDED
    return note_delta_sync(current, succeeded=succeeded, detail=detail, now=now)
