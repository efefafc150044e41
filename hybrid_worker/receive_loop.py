"""The loop: take commands, carry them out, move the delta sync on, tell, report, and let go.

Questions about people write nothing: they wait until the commands of their turn are dealt with, and
one is answered in each turn. A question is let go when its answer is sent; the journal keeps none.

One thread does it all in turns; nothing in a turn waits for a cycle. A command is let go once what
it owes is in the journal and its first answer is sent: no lock has to outlive a cycle, and a worker
that dies goes on from its journal.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import structlog

from hybrid_worker.active_directory.trouble import explained
from hybrid_worker.collaborators import CommandQueues, Handler, Sync, WatchedDirectory
from hybrid_worker.endings.watch import Endings
from hybrid_worker.growing_pause import GrowingPause
from hybrid_worker.heartbeat import Heartbeat
from hybrid_worker.host_watch import Watch
from hybrid_worker.isolation import failures_of
from hybrid_worker.journal import Journal
from hybrid_worker.open_questions import Answerer, OpenQuestions
from hybrid_worker.queues import Delivery, QueuesUnavailable, body_of, taken_at
from hybrid_worker.results import messages
from hybrid_worker.stops import Stops, stop_in
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_result import SyncState
from shared.domain.errors import DirectoryUnavailable, InvalidMessage

_log = structlog.get_logger(__name__)

_TRIES = 4
"""Deliveries before it, after which a command that fails on its own is set aside."""
_LONGEST_WAIT = 1.0
_SHORTEST_WAIT = 0.1
_PRUNE_EVERY = timedelta(hours=6)


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
        self._stops = Stops(queues, journal, clock, turned)
        self._questions = OpenQuestions(queues, answer, journal, clock)
        self._explained: dict[str, str] = {}
        # AD has not been heard of yet; nothing is taken before it has.
        self._directory_is_away = True
        self._trouble: DirectoryUnavailable | None = DirectoryUnavailable("not asked yet")
        self._directory_pause = GrowingPause(clock())
        self._queues_pause = GrowingPause(clock())
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
        self._stops.look_ahead()
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

    def _read(self, delivery: Delivery) -> DirectoryCommand | None:
        # Whatever a message makes the reading fail with, it is the one message's.
        try:
            body = body_of(delivery)
            stop = stop_in(body)
            question = DirectoryQuestion.found_in(body) if stop is None else None
            if stop is None and question is None:
                command = DirectoryCommand.read(body)
                return command.by_the_queue(taken_at(delivery, self._clock()))
        except Exception as error:  # noqa: BLE001
            self._set_aside(delivery, f"sequence number {delivery.sequence_number}", error)
            return None
        if question:
            self._questions.add(delivery, question)
        elif stop:
            self._stops.note(stop, delivery)
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


def _content(delivery: Delivery) -> bytes:
    """Returns the bytes of a message that could not be read, as far as there are any."""
    try:
        return body_of(delivery)
    except Exception:  # noqa: BLE001  # it may be what made the reading fail
        return b""
