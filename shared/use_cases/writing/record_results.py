"""Record results: what the hybrid worker made of its commands, and what it says of itself."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.contracts.messages.contract import EARLIEST, by_our_clock
from shared.contracts.messages.directory_answer import SCHEMA as ANSWER_SCHEMA
from shared.contracts.messages.directory_answer import DirectoryAnswer
from shared.contracts.messages.directory_result import DirectoryResult, SyncReport, SyncState
from shared.contracts.messages.ending_report import EndingReport
from shared.contracts.messages.host_report import HostReport
from shared.contracts.messages.queues import DIRECTORY_RESULTS
from shared.contracts.messages.worker_report import SCHEMA as REPORT_SCHEMA
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.noticing import has_new_problem
from shared.domain.person.answers import Standing, standing_of, take_answer
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.sync_mode import SyncMode
from shared.domain.person.write_results import note_delta_sync
from shared.domain.person.writes import WriteResult
from shared.domain.rollout.connect_host import HostSight, HourOfWritebacks
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.signals import AnswersIgnored, DeltaSyncProblem, WorkerReported
from shared.ports.world import World
from shared.use_cases.check_people import record_answers
from shared.use_cases.message import Message, read_all
from shared.use_cases.recording import keep_refusals, save_people, whoever_is_not_flagged
from shared.use_cases.signalling import emit
from shared.use_cases.writing.provision_hires import provision_hires

_LEFT_TO_SCHEDULER = "left-to-scheduler"
_TAKEN = frozenset({Standing.NEWS, Standing.REPEATED})
_SUSPICIOUS = frozenset({Standing.UNASKED, Standing.CONTRADICTS})


async def record_results(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Records a batch of results; whoever still awaits a write after it is announced again.

    Raises:
        LedgerConflict: all of them are to be taken again.
    """
    taken, refused = read_all(messages, DIRECTORY_RESULTS, _read, now)
    await keep_refusals(refused, world)
    await _sight([one for one in taken if isinstance(one, WorkerReport)], world, now)
    await _record([one for one in taken if isinstance(one, DirectoryResult)], world, now)
    await record_answers([one for one in taken if isinstance(one, DirectoryAnswer)], world, now)


def _read(message: Message) -> DirectoryResult | WorkerReport | DirectoryAnswer:
    # By its name alone: what is wrong with a message is said by the contract it claims to keep.
    if f'"{REPORT_SCHEMA}"'.encode() in message.body:
        return WorkerReport.read(message.body)
    if f'"{ANSWER_SCHEMA}"'.encode() in message.body:
        return DirectoryAnswer.read(message.body)
    return DirectoryResult.read(message.body)


async def _sight(reports: Sequence[WorkerReport], world: World, now: datetime) -> None:
    if not reports:
        return
    newest = {
        one.worker: one
        for one in sorted(reports, key=lambda one: by_our_clock(one.reported_at, now))
    }
    before = {one.worker: one for one in await world.workers.sights()}
    sights = [_sighted(one, before.get(one.worker), now) for one in newest.values()]
    await world.workers.sighted(sights)
    emit(_reported(one) for one in reports)
    emit(
        DeltaSyncProblem(
            worker=one.worker,
            state=newest[one.worker].sync.state,
            problem=_problem(newest[one.worker]),
        )
        for one in sights
        if has_new_problem(before.get(one.worker), one)
    )


def _problem(report: WorkerReport) -> str | None:
    return report.sync.problem or (report.hindrance.problem if report.hindrance else None)


def _reported(report: WorkerReport) -> WorkerReported:
    return WorkerReported(
        worker=report.worker,
        directory_answers=report.directory_answers,
        sync=report.sync.state,
        set_aside=report.set_aside,
        clock_ahead=report.clock_ahead,
    )


def _sighted(report: WorkerReport, before: WorkerSight | None, now: datetime) -> WorkerSight:
    sync, hindrance, mode = report.sync, report.hindrance, _sync_mode(report)
    ended = sync.state in {SyncState.SUCCEEDED, SyncState.FAILED}
    # That somebody else syncs is no problem.
    told = (sync.problem, sync.detail) if mode in {None, SyncMode.CONNECT} else ()
    return WorkerSight(
        worker=report.worker,
        seen_at=now,
        directory_answers=report.directory_answers,
        directory_problem=_joined(report.directory_problem, report.directory_detail) or None,
        domains=report.domains,
        sync_succeeded=sync.state is SyncState.SUCCEEDED if ended else None,
        # How long ago by the worker's clock; when that was by this side's.
        sync_ended_at=_when(sync.ended_at, report, now),
        problem=_joined(*told),
        hindrance=_joined(hindrance.problem, hindrance.detail) if hindrance else "",
        hindered_since=_when(hindrance.since, report, now) if hindrance else None,
        clock_ahead=report.clock_ahead,
        sync_mode=mode,
        scope_group_sid=report.scope_group_sid,
        version=report.version,
        version_since=_version_since(report.version, before, now),
        host=_host(report.host, report, now) if report.host else None,
        endings=tuple(map(_ending, report.endings or ())),
    )


def _ending(one: EndingReport) -> Ending:
    # A certificate's end is a time of its own, by nobody's clock.
    return Ending(
        what=one.what, of=one.of, ends_at=one.ends_at, why=one.why or "", detail=one.detail or ""
    )


def _host(host: HostReport, report: WorkerReport, now: datetime) -> HostSight:
    """Returns what was told of the host."""
    return HostSight(
        looked_at=_when(host.looked_at, report, now) or now,
        problem=_joined(host.problem, host.detail),
        version=host.version,
        staging=host.staging,
        scheduler_enabled=host.scheduler_enabled,
        scheduler_suspended=host.scheduler_suspended,
        writeback_enabled=host.writeback_enabled,
        service=host.service,
        events_since=_when(host.events_since, report, now),
        events_problem=host.events_problem or "",
        heartbeat_at=_when(host.heartbeat_at, report, now),
        started_at=_when(host.started_at, report, now),
        stopped_at=_when(host.stopped_at, report, now),
        events=tuple((one.event_id, one.count) for one in host.events),
        hours=tuple(
            HourOfWritebacks(
                begins_at=_when(one.begins_at, report, now) or now,
                succeeded=one.succeeded,
                failed=one.failed,
            )
            for one in host.hours
        ),
    )


def _version_since(
    version: str | None, before: WorkerSight | None, now: datetime
) -> datetime | None:
    if version is None:
        return None
    return before.version_since if before and before.version == version else now


def _sync_mode(report: WorkerReport) -> SyncMode | None:
    """Returns what the worker says, or what an older one means that starts no cycles."""
    if report.sync_mode is None and report.sync.problem == _LEFT_TO_SCHEDULER:
        return SyncMode.NONE
    return report.sync_mode


def _joined(*parts: str | None) -> str:
    return ": ".join(part for part in parts if part)


def _when(moment: datetime | None, report: WorkerReport, now: datetime) -> datetime | None:
    """Returns by our clock what a worker tells by its own."""
    if moment is None:
        return None
    return by_our_clock(max(now - (report.reported_at - moment), EARLIEST), now)


async def _record(results: Sequence[DirectoryResult], world: World, now: datetime) -> None:
    if not results:
        return
    answers: dict[str, list[tuple[WriteResult, SyncReport]]] = defaultdict(list)
    for result in sorted(results, key=lambda one: by_our_clock(one.answered_at, now)):
        for member in result.members:
            answer = member.answer(result.command_key, result.action)
            answers[member.key].append((answer, result.sync))
    standings: dict[str, list[Standing]] = {}

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        standings[key] = []
        for answer, sync in answers[key]:
            standing = standing_of(current, answer) if current else Standing.UNASKED
            standings[key].append(standing)
            if current and standing in _TAKEN:
                current = _synced(take_answer(current, answer, world.tenant_rules, now), sync, now)
            elif current:
                current = take_answer(current, answer, world.tenant_rules, now)
        return current

    workers = {result.worker for result in results}
    actor = f"worker {workers.pop()}" if len(workers) == 1 else "workers"
    saved = await save_people(
        world, answers, decide, actor=actor, now=now, queue=whoever_is_not_flagged
    )
    ignored = Counter(
        one for standing in standings.values() for one in standing if one in _SUSPICIOUS
    )
    emit(AnswersIgnored(why=why, answers=count) for why, count in sorted(ignored.items()))
    await provision_hires(_names_of_hires(results, standings), saved, world, now)


def _names_of_hires(
    results: Sequence[DirectoryResult], standings: Mapping[str, Sequence[Standing]]
) -> dict[str, str]:
    """Returns the DNs that were told of people, where somebody had asked for the answer."""
    return {
        member.key: member.distinguished_name
        for result in results
        for member in result.members
        if member.distinguished_name and not _TAKEN.isdisjoint(standings.get(member.key, ()))
    }


def _synced(current: Enrolment, sync: SyncReport, now: datetime) -> Enrolment:
    if sync.state not in {SyncState.SUCCEEDED, SyncState.FAILED}:
        return current
    detail = _joined(sync.problem, sync.detail)
    succeeded = sync.state is SyncState.SUCCEEDED
    return note_delta_sync(current, succeeded=succeeded, detail=detail, now=now)
