"""The loop: take commands, carry them out, move the delta sync on, tell, report, and let go.

Questions about people write nothing: they wait until the commands of their turn are dealt with, and
one is answered in each turn. A question is let go when its answer is sent; the journal keeps none.

One thread does it all in turns; nothing in a turn waits for a cycle. A command is let go once what
it owes is in the journal and its first answer is sent: no lock has to outlive a cycle, and a worker
that dies goes on from its journal.
"""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol
from uuid import uuid4

import structlog

from hybrid_worker.active_directory.trouble import explained
from hybrid_worker.endings.watch import Endings
from hybrid_worker.heartbeat import Heartbeat
from hybrid_worker.host_watch import Watch
from hybrid_worker.isolation import failures_of
from hybrid_worker.journal import Journal
from hybrid_worker.open_questions import Answerer, OpenQuestions
from hybrid_worker.queues import Delivery, QueuesUnavailable, body_of
from hybrid_worker.results import messages
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.directory_stop import SCHEMA as STOP_SCHEMA
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.worker_report import SyncHindrance
from shared.domain.errors import DirectoryUnavailable, InvalidMessage

_log = structlog.get_logger(__name__)

_TRIES = 4
"""Deliveries before it, after which a command that fails on its own is set aside."""
_LONGEST_WAIT = 1.0
_SHORTEST_WAIT = 0.1
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_PRUNE_EVERY = timedelta(hours=6)


class CommandQueues(Protocol):
    """Commands in, results out; every call may raise `QueuesUnavailable`."""

    def receive(self, most: int, wait: float) -> Sequence[Delivery]:
        """Takes up to `most` messages, waiting `wait` seconds for the first."""

    def prove(self) -> None:
        """Asks something through the receiving link, so that a dead one is found out."""

    def peek(self, after: int) -> Sequence[Delivery]:
        """Looks at messages behind that sequence number without taking them."""

    def complete(self, delivery: Delivery) -> None:
        """Takes the command off the queue: it is dealt with."""

    def abandon(self, delivery: Delivery) -> None:
        """Gives the command back."""

    def dead_letter(self, delivery: Delivery, reason: str, description: str) -> None:
        """Sets the command aside."""

    def send(self, messages: Sequence[tuple[str, bytes]]) -> Collection[str]:
        """Sends results and reports; returns the ids of those that no message can hold."""

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the local clock is ahead of theirs; None if that is little, or unknown."""

    def close(self) -> None:
        """Closes everything; the next use opens it again."""


class WatchedDirectory(Protocol):
    """Active Directory, as far as the loop itself asks it."""

    @property
    def domains(self) -> Sequence[str]:
        """Whose people can be put into the group; empty while it is not known."""

    def check(self) -> None:
        """Checks that AD answers, and that the group is what it has to be."""


class Handler(Protocol):
    """The use case."""

    def recover(self) -> None:
        """Settles what was left unclear."""

    def __call__(self, commands: Sequence[DirectoryCommand]) -> None:
        """Carries commands out and records their answers."""


class Sync(Protocol):
    """The delta sync, moved on in steps."""

    @property
    def is_running(self) -> bool:
        """Whether a cycle is awaited."""

    def due(self) -> datetime | None:
        """Returns when there is something to do next, or None if there is nothing."""

    def step(self) -> None:
        """Does what is due."""

    def standing(self) -> SyncReport:
        """Returns how the sync stands of those who wait."""

    def newest(self) -> SyncReport:
        """Returns how the newest sync ended."""

    def hindrance(self) -> SyncHindrance | None:
        """Returns what is in the way of the next sync, and since when."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much to take at once, and how long to wait for what."""

    batch: int
    explain_after: timedelta
    stop_within: timedelta


@dataclass(frozen=True, slots=True)
class _Held:
    """A command that is not let go yet."""

    delivery: Delivery
    key: str


@dataclass(slots=True)
class _Pause:
    """Growing pauses while something stays away."""

    until: datetime
    seconds: float = _FIRST_PAUSE

    def begin(self, now: datetime) -> float:
        """Begins a pause twice as long as the last, up to a minute; returns its seconds."""
        seconds, self.seconds = self.seconds, min(2 * self.seconds, _LONGEST_PAUSE)
        self.until = now + timedelta(seconds=seconds)
        return seconds

    def forget(self) -> None:
        """Makes the next pause a short one again: what was away is back."""
        self.seconds = _FIRST_PAUSE


class ReceiveLoop:
    """See the module."""

    def __init__(
        self,
        queues: CommandQueues,
        *,
        directory: WatchedDirectory,
        handle: Handler,
        answer: Answerer,
        journal: Journal,
        sync: Sync,
        heartbeat: Heartbeat,
        watch: Watch,
        endings: Endings,
        pace: Pace,
        worker: str,
        clock: Callable[[], datetime],
        stop: Event,
        turned: Callable[[], None],
    ) -> None:
        self._queues = queues
        self._directory = directory
        self._handle = handle
        self._journal = journal
        self._sync = sync
        self._heartbeat = heartbeat
        self._watch = watch
        self._endings = endings
        self._pace = pace
        self._worker = worker
        self._clock = clock
        self._stop = stop
        self._turned = turned
        self._held: list[_Held] = []
        self._questions = OpenQuestions(queues, answer, journal, clock)
        self._explained: dict[str, str] = {}
        self._looked_to = 0
        # AD has not been heard of yet; nothing is taken before it has.
        self._directory_is_away = True
        self._trouble: DirectoryUnavailable | None = DirectoryUnavailable("not asked yet")
        self._directory_pause = _Pause(clock())
        self._queues_pause = _Pause(clock())
        self._prune_at = clock()

    def run(self) -> None:
        """Works until told to stop, then finishes what is at hand and gives the rest back.

        Raises:
            ConfigurationError: AD does not have what the settings name.
        """
        while not self._stop.is_set():
            self._guarded(self._turn)
        deadline = self._clock() + self._pace.stop_within
        while self._sync.is_running and self._clock() < deadline:
            self._guarded(self._finish)
            time.sleep(_SHORTEST_WAIT)
        self._guarded(self._release)
        self._queues.close()

    def _guarded(self, work: Callable[[], None]) -> None:
        self._turned()
        try:
            work()
            self._queues_pause.forget()
        except QueuesUnavailable as error:
            # What was held comes again and is answered from the journal.
            _log.warning("queues-unavailable", error=str(error), held=len(self._held))
            self._held.clear()
            self._questions.forget()
            self._queues.close()
            self._sync.step()
            self._stop.wait(self._queues_pause.begin(self._clock()))

    def _turn(self) -> None:
        self._ask_directory()
        self._report()
        # While AD is away nothing is taken: each delivery would count against the command.
        if self._directory_is_away:
            self._stop.wait(_SHORTEST_WAIT)
        else:
            self._take()
        self._finish()
        self._answer_next()
        self._prune()

    def _finish(self) -> None:
        self._tell()
        self._let_go()
        self._sync.step()
        self._note_overdue()
        self._tell()

    def _ask_directory(self) -> None:
        """Asks AD while it is away, and before each report, however long no command came."""
        now = self._clock()
        away = self._directory_is_away
        if not (now >= self._directory_pause.until if away else self._heartbeat.is_due(now)):
            return
        try:
            self._directory.check()
            self._handle.recover()
        except DirectoryUnavailable as error:
            self._note_directory_away(error)
            return
        self._directory_is_away = False
        self._trouble = None
        if away:
            _log.info("directory-answers")

    def _report(self) -> None:
        self._watch.step()
        self._endings.step(directory_answers=not self._directory_is_away)
        report = self._heartbeat.report(
            self._clock(),
            self._sync.newest(),
            self._sync.hindrance(),
            self._trouble,
            domains=self._directory.domains,
            clock_ahead=self._queues.clock_ahead,
            host=self._watch.newest(),
            endings=self._endings.newest(),
        )
        if report:
            # No sign of life from a worker that would not hear a command.
            self._queues.prove()
            # Every report is news: none is to be dropped as a duplicate.
            self._queues.send([(f"report:{uuid4()}", report.text())])
            self._heartbeat.sent(report)

    def _note_directory_away(self, error: DirectoryUnavailable) -> None:
        self._directory_is_away = True
        self._trouble = error
        seconds = self._directory_pause.begin(self._clock())
        problem, passes = explained(error)
        _log.warning(
            "directory-unavailable",
            kind=type(error).__name__,
            problem=problem,
            passes=passes,
            error=str(error),
            seconds=seconds,
        )

    def _take(self) -> None:
        deliveries = self._queues.receive(self._pace.batch, self._wait())
        read = [(delivery, self._read(delivery)) for delivery in deliveries]
        taken = [(delivery, command) for delivery, command in read if command]
        if not taken:
            return
        self._look_ahead()
        try:
            failures = failures_of(self._handle, [command for _, command in taken])
        except DirectoryUnavailable as error:
            self._note_directory_away(error)
            for delivery, _ in taken:
                self._queues.abandon(delivery)
            return
        self._held += [
            _Held(delivery, command.command_key)
            for place, (delivery, command) in enumerate(taken)
            if place not in failures
        ]
        if len(failures) < len(taken):
            self._directory_pause.forget()
        for place, failure in failures.items():
            # Where nothing else succeeds it may not be the command's fault: it comes again first.
            alone = len(failures) == len(taken)
            self._fail(*taken[place], failure, at_once=not alone)

    def _fail(
        self, delivery: Delivery, command: DirectoryCommand, error: Exception, *, at_once: bool
    ) -> None:
        """Sets a command aside that cannot be carried out, or gives it back for a later try."""
        if at_once or (delivery.delivery_count or 0) >= _TRIES:
            self._set_aside(delivery, command.command_key, error)
            return
        _log.error("command-failed", command=command.command_key, error=type(error).__name__)
        self._queues.abandon(delivery)
        if not self._directory_is_away:
            self._directory_is_away = True
            self._trouble = DirectoryUnavailable(f"a command failed: {type(error).__name__}")
            self._directory_pause.begin(self._clock())

    def _answer_next(self) -> None:
        """Answers the oldest question, once the commands that came with it are dealt with."""
        if self._directory_is_away:
            return
        try:
            self._questions.answer_next()
        except DirectoryUnavailable as error:
            self._note_directory_away(error)

    def _wait(self) -> float:
        """Returns the seconds until the next look at anything but the queue."""
        if self._questions:
            return _SHORTEST_WAIT
        due = self._sync.due()
        if due is None:
            return _LONGEST_WAIT
        return min(max((due - self._clock()).total_seconds(), _SHORTEST_WAIT), _LONGEST_WAIT)

    def _look_ahead(self) -> None:
        """Finds a stop that is still behind other messages, before anything is carried out.

        Each message is looked at once; a stop that was found is taken off in its turn.
        """
        while ahead := self._queues.peek(self._looked_to):
            self._turned()
            for peeked in ahead:
                self._looked_to = max(self._looked_to, peeked.sequence_number or 0)
                stop = None
                # What is wrong with a message is told when it is taken.
                with suppress(Exception):
                    stop = _stop_in(body_of(peeked))
                if stop:
                    self._heed(stop)

    def _heed(self, stop: DirectoryStop) -> None:
        """Notes until when commands were issued that are void."""
        stopped_at = stop.by_our_clock(self._clock()).stopped_at
        known = self._journal.stopped_at()
        if known is None or known < stopped_at:
            self._journal.note_stop(stopped_at)
            _log.warning("stopped", stopped_at=stopped_at.isoformat())

    def _read(self, delivery: Delivery) -> DirectoryCommand | None:
        # Whatever a message makes the reading fail with, it is the one message's.
        try:
            body = body_of(delivery)
            stop = _stop_in(body)
            question = DirectoryQuestion.found_in(body) if stop is None else None
            if stop is None and question is None:
                return DirectoryCommand.read(body)
        except Exception as error:  # noqa: BLE001
            self._set_aside(delivery, f"sequence number {delivery.sequence_number}", error)
            return None
        if question:
            self._questions.add(delivery, question)
        elif stop:
            self._heed(stop)
            self._queues.complete(delivery)
        return None

    def _set_aside(self, delivery: Delivery, name: str, error: Exception) -> None:
        """Keeps a message that cannot be digested in the journal, and takes it off the queue."""
        invalid = isinstance(error, InvalidMessage)
        reason = str(error) if invalid else type(error).__name__
        self._journal.set_aside(name, reason, _content(delivery), self._clock())
        _log.error("command-set-aside", name=name, error=type(error).__name__)
        self._queues.dead_letter(delivery, "InvalidMessage" if invalid else "NotDone", reason)

    def _tell(self) -> None:
        untold = self._journal.untold()
        if not untold:
            return
        now = self._clock()
        answers = [one for recorded in untold for one in messages(recorded, self._worker, now)]
        too_large = self._queues.send(answers)
        for name, body in answers:
            if name in too_large:
                # Those behind it are not to wait for what can never be sent.
                self._journal.set_aside(name, "no message can hold the answer", body, now)
                _log.error("answer-set-aside", name=name, bytes=len(body))
        self._journal.told([recorded.key for recorded in untold])

    def _note_overdue(self) -> None:
        """Says once of each command what keeps its sync back, if it has been owed for long."""
        standing = self._sync.standing()
        problem = standing.problem
        if problem is None:
            self._explained.clear()
            return
        limit = self._clock() - self._pace.explain_after
        owed = [key for key, since in self._journal.owed().items() if since <= limit]
        late = [key for key in owed if self._explained.get(key) != problem]
        self._explained |= dict.fromkeys(late, problem)
        recorded = self._journal.recorded(late).values()
        pending = [r.key for r in recorded if r.owed_since and r.sync.state is SyncState.PENDING]
        self._journal.report(pending, standing)

    def _let_go(self) -> None:
        recorded = self._journal.recorded({held.key for held in self._held})
        kept = []
        for held in self._held:
            answer = recorded[held.key]
            if answer.told:
                self._queues.complete(held.delivery)
            else:
                kept.append(held)
        self._held = kept

    def _release(self) -> None:
        for held in self._held:
            self._queues.abandon(held.delivery)
        _log.info("released", commands=len(self._held), questions=len(self._questions))
        self._held.clear()
        self._questions.release()

    def _prune(self) -> None:
        now = self._clock()
        if now < self._prune_at:
            return
        self._prune_at = now + _PRUNE_EVERY
        self._journal.prune(now)


def _stop_in(body: bytes) -> DirectoryStop | None:
    """Returns the stop that a message is by its own word, or None if it says to be something else.

    Raises:
        InvalidMessage: it says to be a stop and is none.
    """
    if f'"{STOP_SCHEMA}"'.encode() not in body:
        return None
    return DirectoryStop.read(body)


def _content(delivery: Delivery) -> bytes:
    """Returns the bytes of a message that could not be read, as far as there are any."""
    try:
        return body_of(delivery)
    except Exception:  # noqa: BLE001  # it may be what made the reading fail
        return b""
