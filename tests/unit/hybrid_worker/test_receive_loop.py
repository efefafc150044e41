"""One message that cannot be digested costs none of its neighbours, and never the worker."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from azure.servicebus.amqp import AmqpMessageBodyType
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer
from hybrid_worker.active_directory.written import Written
from hybrid_worker.collaborators import Sync
from hybrid_worker.delta_sync.coalescer import LeftAlone
from hybrid_worker.endings.watch import EndingsWatch
from hybrid_worker.handle_commands import HandleCommands
from hybrid_worker.heartbeat import Heartbeat
from hybrid_worker.host_watch import NoWatch
from hybrid_worker.journal import Journal
from hybrid_worker.receive_loop import Pace, ReceiveLoop
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_result import DirectoryResult, SyncReport, SyncState
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.worker_report import SCHEMA, WorkerReport
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.delta_sync import Clerk

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POISON = "poison"
BARS = "0001"
FAR = datetime(2199, 1, 1, tzinfo=UTC)


@dataclass(eq=False)
class Letter:
    """A message that is locked for the worker, with what the loop looks at."""

    content: Any
    sequence_number: int = 1
    delivery_count: int = 0
    enqueued_time_utc: datetime | None = NOW
    """By the broker's clock."""
    body_type: AmqpMessageBodyType = AmqpMessageBodyType.DATA

    @property
    def body(self) -> Iterable[bytes]:
        if isinstance(self.content, Exception):
            raise self.content
        return iter([self.content])


@dataclass
class Broker:
    """Two queues in memory; `stop` is set once everything that waited has been dealt with."""

    stop: Event
    waiting: list[Any] = field(default_factory=list)
    done: list[Any] = field(default_factory=list)
    dead: list[tuple[Any, str, str]] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    turns: int = 1
    """Looks at an empty queue, after which to stop."""
    largest: int = 1_000_000
    ahead: timedelta | None = None

    def receive(self, most: int, wait: float) -> Sequence[Any]:
        assert wait > 0
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        self.turns -= not taken
        if self.turns <= 0:
            self.stop.set()
        return taken

    def peek(self, after: int) -> Sequence[Any]:
        return [one for one in self.waiting if one.sequence_number > after][:3]

    def prove(self) -> None:
        """Nothing to prove."""

    @property
    def clock_ahead(self) -> timedelta | None:
        """What the clock is said to be off by."""
        return self.ahead

    def complete(self, delivery: Any) -> None:
        self.done.append(delivery)

    def abandon(self, delivery: Any) -> None:
        delivery.delivery_count += 1
        self.waiting.append(delivery)

    def dead_letter(self, delivery: Any, reason: str, description: str) -> None:
        # As the SDK does, which encodes it.
        self.dead.append((delivery, reason, description.encode().decode()))

    def send(self, messages: Sequence[tuple[str, bytes]]) -> Collection[str]:
        assert all(len(name) <= 128 for name, _ in messages)
        self.sent += [(name, body) for name, body in messages if len(body) <= self.largest]
        return [name for name, body in messages if len(body) > self.largest]

    def close(self) -> None:
        """Nothing to close."""

    def answers(self) -> dict[str, DirectoryResult]:
        """What was answered, by command key."""
        bodies = [body for _, body in self.sent if b"directory-result/1" in body]
        return {one.command_key: one for one in map(DirectoryResult.read, bodies)}

    def questions_answered(self) -> list[str]:
        """The keys of the questions that were answered, in their order."""
        bodies = [body for _, body in self.sent if b"directory-answer/1" in body]
        return [DirectoryAnswer.read(body).question_key for body in bodies]

    def reports(self) -> list[WorkerReport]:
        """The signs of life, in order."""
        return [WorkerReport.read(body) for _, body in self.sent if SCHEMA.encode() in body]


@dataclass
class Domain:
    """A domain in which everybody with a number for employee id is."""

    members_now: set[UUID] = field(default_factory=set)
    away: int = 0
    domains: tuple[str, ...] = ("corp.contoso.test",)

    def check(self) -> None:
        """It is there, and has the group."""

    def find_people(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        if self.away:
            self.away -= 1
            raise DirectoryUnavailable("away")
        if any(pointer.value == POISON for pointer in pointers):
            raise RuntimeError("nobody foresaw this")
        return {pointer: (_account(pointer.value),) for pointer in pointers}

    def answer(self, question: DirectoryQuestion) -> DirectoryAnswer:
        """Looks at people, whom it finds nothing about."""
        self.find_people(
            [Pointer(AccountKind.EMPLOYEE_ID, one.employee_id or "") for one in question.people]
        )
        people = tuple(PersonFindings(key=one.key) for one in question.people)
        return DirectoryAnswer(
            question_key=question.question_key, people=people, worker="w", answered_at=NOW
        )

    def members(self) -> AbstractSet[UUID]:
        return set(self.members_now)

    def write(self, adds: Collection[UUID], removes: Collection[UUID]) -> Written:
        self.members_now = (self.members_now | set(adds)) - set(removes)
        return Written()


def _account(number: str) -> Account:
    guid = UUID(int=int.from_bytes(number.encode()) % 2**128)
    return Account(guid=guid, sid=f"S-1-5-21-{number}", employee_id=number)


@dataclass
class Ticking:
    """A clock on which a minute goes by at every look, so that no pause is waited for."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def command(key: str, employee_id: str = BARS, **changes: Any) -> bytes:
    known: dict[str, Any] = {
        "command_key": key,
        "action": ScopeAction.ADD,
        "members": (CommandMember(key=f"employee:{employee_id}", employee_id=employee_id),),
        "cause": "c",
        "actor": "a",
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=1),
    }
    return DirectoryCommand(**(known | changes)).text()


def work(
    file: Path,
    letters: Sequence[Letter],
    domain: Domain | None = None,
    *,
    sync: Sync | None = None,
    batch: int = 50,
    at: datetime = NOW,
    **broker_is: Any,
) -> Broker:
    """Has the worker work until the queue is empty, and stop; `at` is what its clock shows."""
    stop, clock, domain = Event(), Ticking(at), domain or Domain()
    broker = Broker(stop, list(letters), **broker_is)
    triggers_sync, sync = sync is not None, sync or LeftAlone()
    with Journal(file, NOW) as journal:
        handle = HandleCommands(
            domain.find_people, domain, journal, sync, clock, triggers_sync=triggers_sync
        )
        ReceiveLoop(
            broker,
            directory=domain,
            handle=handle,
            answer=domain.answer,
            journal=journal,
            sync=sync,
            heartbeat=Heartbeat("w", timedelta(minutes=1), lambda: journal.kept_aside),
            watch=NoWatch(),
            endings=EndingsWatch((), lambda: (), Clerk(), clock=clock),
            pace=Pace(batch, timedelta(minutes=5), timedelta(0)),
            worker="w",
            clock=clock,
            stop=stop,
            turned=lambda: None,
        ).run()
    return broker


UNDIGESTIBLE: list[Any] = [
    b"",
    b"\xff\xfe",
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b'{"issuedAt": 1e999}',
    b"9" * 5000,
    json.dumps({"\ud800": 1}).encode(),
    json.dumps({"x" * 33_000: 1}).encode(),
    command("a").replace(b'"a"', b'"' + b"a" * 200 + b'"', 1),
    command("a").replace(b"2026-03-02", b"9999-12-31"),
    command("a").replace(b"2026-03-02", b"0001-01-01"),
    ValueError("the body cannot be had"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
]


@pytest.mark.parametrize("content", UNDIGESTIBLE, ids=range(len(UNDIGESTIBLE)))
def test_what_cannot_be_read_is_set_aside_by_name_and_its_neighbours_are_done(
    tmp_path: Path, content: Any
) -> None:
    letters = [Letter(command("one", "1")), Letter(content, 7), Letter(command("two", "2"))]
    broker = work(tmp_path / "journal", letters)
    assert set(broker.answers()) == {"one", "two"}
    assert [letter.sequence_number for letter, _, _ in broker.dead] == [7]
    assert broker.reports()[-1].set_aside == 1
    with Journal(tmp_path / "journal", NOW) as journal:
        assert journal.kept_aside == 1


def test_an_answer_that_no_message_can_hold_is_set_aside_and_its_neighbours_are_told(
    tmp_path: Path,
) -> None:
    long = command("long", members=[CommandMember(key="k" * 200, employee_id="1")])
    letters = [Letter(command("one", "2")), Letter(long), Letter(command("two", "3"))]
    broker = work(tmp_path / "journal", letters, largest=500)
    assert set(broker.answers()) == {"one", "two"}
    assert broker.reports()[-1].set_aside == 1
    assert len(broker.done) == 3


def test_an_amqp_value_is_set_aside(tmp_path: Path) -> None:
    value = Letter(b"text", body_type=AmqpMessageBodyType.VALUE)
    broker = work(tmp_path / "journal", [value, Letter(command("one"))])
    assert [reason for _, reason, _ in broker.dead] == ["InvalidMessage"]
    assert set(broker.answers()) == {"one"}


def test_a_command_that_breaks_its_batch_is_set_aside_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    letters = [Letter(command(f"c{number}", str(number))) for number in range(9)]
    letters.insert(4, Letter(command("bad", POISON)))
    domain = Domain()
    broker = work(tmp_path / "journal", letters, domain)
    assert set(broker.answers()) == {f"c{number}" for number in range(9)}
    assert len(domain.members_now) == 9
    assert [(letter, reason) for letter, reason, _ in broker.dead] == [(letters[4], "NotDone")]


def test_where_nothing_succeeds_commands_come_again_before_they_are_set_aside(
    tmp_path: Path,
) -> None:
    letters = [Letter(command(f"bad{number}", POISON)) for number in range(2)]
    broker = work(tmp_path / "journal", letters)
    assert [letter.delivery_count for letter, _, _ in broker.dead] == [4, 4]


@dataclass
class Endless:
    """A delta sync that is never over, and says after a few looks what keeps it back."""

    is_running: bool = True
    steps: int = 0

    def due(self) -> None:
        """Nothing is due."""

    def step(self) -> None:
        self.steps += 1

    def standing(self) -> SyncReport:
        problem = "busy" if self.steps > 3 else None
        return SyncReport(state=SyncState.PENDING, problem=problem)

    def newest(self) -> SyncReport:
        return SyncReport(state=SyncState.NOT_NEEDED)

    def hindrance(self) -> None:
        """Nothing is said to be in the way."""


def test_a_command_is_let_go_when_its_debt_is_in_the_journal_and_its_answer_is_sent(
    tmp_path: Path,
) -> None:
    """Given a sync that never ends, when commands come, then no lock has to outlive it."""
    letters = [Letter(command(f"c{number}", str(number))) for number in range(120)]
    broker = work(tmp_path / "journal", letters, sync=Endless())
    assert len(broker.done) == 120
    assert broker.answers()["c0"].sync.state is SyncState.PENDING
    with Journal(tmp_path / "journal", NOW) as journal:
        assert len(journal.owed()) == 120


def test_what_keeps_a_sync_back_is_said_once_when_it_has_been_owed_for_long(
    tmp_path: Path,
) -> None:
    broker = work(tmp_path / "journal", [Letter(command("one"))], sync=Endless(), turns=30)
    told = [body for name, body in broker.sent if name.startswith("one")]
    assert [DirectoryResult.read(body).sync.problem for body in told] == [None, "busy"]


def test_a_clock_that_is_off_is_in_the_report(tmp_path: Path) -> None:
    broker = work(tmp_path / "journal", [], ahead=timedelta(seconds=-70.4))
    assert [one.clock_ahead for one in broker.reports()] == [-70]


def test_a_directory_that_is_away_costs_no_command(tmp_path: Path) -> None:
    broker = work(tmp_path / "journal", [Letter(command("one"))], Domain(away=6))
    assert broker.dead == []
    assert set(broker.answers()) == {"one"}


@pytest.mark.parametrize("taken_at", [NOW, None], ids=["told", "not told"])
def test_a_command_of_the_future_bars_nobody(tmp_path: Path, taken_at: datetime | None) -> None:
    """Whether or not the broker says when it took a message."""
    ahead = datetime(2200, 1, 1, tzinfo=UTC)
    poison = command("future", issued_at=ahead, expires_at=ahead)
    work(tmp_path / "journal", in_order(poison, taken_at=taken_at))
    remove = command(
        "remove", action=ScopeAction.REMOVE, issued_at=NOW + timedelta(hours=6), expires_at=ahead
    )
    broker = work(tmp_path / "journal", in_order(remove, taken_at=taken_at))
    (member,) = broker.answers()["remove"].members
    assert member.outcome is not WriteOutcome.REFUSED


def test_a_command_that_never_expires_is_too_old_after_a_week(tmp_path: Path) -> None:
    old = command(
        "old", issued_at=NOW - timedelta(days=8), expires_at=datetime(2200, 1, 1, tzinfo=UTC)
    )
    broker = work(tmp_path / "journal", [Letter(old)])
    (member,) = broker.answers()["old"].members
    assert (member.outcome, member.reason) == (WriteOutcome.REFUSED, Reason.COMMAND_EXPIRED)


def stopped(at: datetime) -> bytes:
    return DirectoryStop(stopped_at=at).text()


def in_order(*bodies: bytes, taken_at: datetime | None = NOW) -> list[Letter]:
    return [
        Letter(body, number, enqueued_time_utc=taken_at)
        for number, body in enumerate(bodies, start=1)
    ]


@settings(max_examples=100, deadline=None)
@given(
    issued=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    stops=st.lists(st.integers(0, 9), max_size=3),
    batch=st.integers(1, 4),
    data=st.data(),
)
def test_wherever_a_stop_stands_on_the_queue_nothing_of_before_is_carried_out(
    tmp_path_factory: pytest.TempPathFactory,
    issued: list[int],
    stops: list[int],
    batch: int,
    data: st.DataObject,
) -> None:
    commands = [
        command(f"c{number}", str(number), issued_at=NOW + timedelta(seconds=second))
        for number, second in enumerate(issued)
    ]
    bodies = data.draw(
        st.permutations([*commands, *(stopped(NOW + timedelta(seconds=one)) for one in stops)])
    )
    domain = Domain()
    file = tmp_path_factory.mktemp("stop") / "journal"
    broker = work(file, in_order(*bodies), domain, batch=batch)
    void = {f"c{n}" for n, second in enumerate(issued) if stops and second <= max(stops)}
    answers = {key: one.members[0] for key, one in broker.answers().items()}
    assert answers.keys() == {f"c{number}" for number in range(len(issued))}
    assert {key for key, one in answers.items() if one.outcome is WriteOutcome.REFUSED} == void
    assert {answers[key].reason for key in void} <= {Reason.WRITING_STOPPED}
    assert len(domain.members_now) == len(issued) - len(void)
    assert (len(broker.done), broker.dead) == (len(bodies), [])


def test_a_stop_is_remembered_by_the_worker_that_starts_after_it(tmp_path: Path) -> None:
    work(tmp_path / "journal", in_order(stopped(NOW)))
    late = command("late", issued_at=NOW - timedelta(hours=1))
    fresh = command("fresh", "2", issued_at=NOW + timedelta(seconds=1))
    domain = Domain()
    broker = work(tmp_path / "journal", in_order(late, fresh), domain)
    assert broker.answers()["late"].members[0].reason is Reason.WRITING_STOPPED
    assert domain.members_now == {_account("2").guid}


def test_a_stop_of_the_future_voids_nothing_that_comes_after_it(tmp_path: Path) -> None:
    work(tmp_path / "journal", in_order(stopped(datetime(2200, 1, 1, tzinfo=UTC))))
    domain = Domain()
    later = NOW + timedelta(minutes=9)
    letters = in_order(command("next", issued_at=later), taken_at=later)
    broker = work(tmp_path / "journal", letters, domain)
    assert broker.answers()["next"].members[0].outcome is WriteOutcome.DONE


MINUTE = timedelta(minutes=1)
CLOCKS = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE)
"""How far a clock is ahead."""


@settings(max_examples=100, deadline=None)
@given(
    workers=CLOCKS,
    apps=CLOCKS,
    said=st.lists(st.sampled_from(["command", "stop"]), min_size=1, max_size=8),
    apart=st.integers(1, 3_600),
    restarts=st.sets(st.integers(1, 7)),
)
def test_a_stop_voids_what_was_sent_before_it_and_no_more_whatever_any_clock_shows(
    *,
    tmp_path_factory: pytest.TempPathFactory,
    workers: timedelta,
    apps: timedelta,
    said: list[str],
    apart: int,
    restarts: set[int],
) -> None:
    """Given a worker's clock and an app's that are off by days from each other and the broker's."""
    true = [NOW + number * apart * timedelta(seconds=1) for number in range(len(said))]
    letters = [
        Letter(
            stopped(at + apps)
            if word == "stop"
            else command(f"c{n}", str(n), issued_at=at + apps, expires_at=FAR),
            n,
            enqueued_time_utc=at + timedelta(milliseconds=20),
        )
        for n, (word, at) in enumerate(zip(said, true, strict=True), start=1)
    ]
    file = tmp_path_factory.mktemp("clocks") / "journal"
    answers: dict[str, DirectoryResult] = {}
    cuts = sorted({0, len(said), *(one for one in restarts if one < len(said))})
    for begin, end in pairwise(cuts):
        answers |= work(file, letters[begin:end], at=NOW + workers).answers()
    reasons = {key: one.members[0].reason for key, one in answers.items()}
    for n, word in enumerate(said, start=1):
        if word == "command":
            # A worker that took it before the stop was sent has carried it out.
            (until,) = [cut for cut in cuts if cut >= n][:1]
            is_void = "stop" in said[n:until]
            assert (reasons[f"c{n}"] is Reason.WRITING_STOPPED) is is_void, n


KNOWN = json.loads(command("good"))
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
    | st.recursive(st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
BYTES = (
    st.binary(max_size=500)
    | ODD.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda name, value: json.dumps(KNOWN | {name: value}).encode(),
        st.sampled_from(sorted(KNOWN)) | st.text(max_size=300),
        ODD,
    )
    | st.builds(
        lambda name, value: json.dumps(
            KNOWN | {"members": [KNOWN["members"][0] | {name: value}]}
        ).encode(),
        st.sampled_from(["key", "sourceAnchor", "sid", "userPrincipalName", "employeeId"]),
        ODD,
    )
)


@settings(max_examples=100, deadline=None)
@given(st.lists(BYTES, min_size=1, max_size=4))
def test_any_bytes_beside_a_good_command_leave_it_done_and_are_traced(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    letters = [Letter(body, number) for number, body in enumerate(bodies)]
    neighbour = Letter(command("neighbour", "2"), 99)
    file = tmp_path_factory.mktemp("bytes") / "journal"
    broker = work(file, [*letters, neighbour])
    assert "neighbour" in broker.answers()
    dead = [letter for letter, _, _ in broker.dead]
    for letter in letters:
        readable = letter not in dead
        assert not readable or DirectoryCommand.read(letter.content).command_key in broker.answers()
    # And the worker starts on what it wrote.
    assert work(file, [Letter(command("next", "3"))]).dead == []


def question(key: str, employee_id: str = "1", *, minutes: int = 600) -> bytes:
    """A question about one person; the loop's clock is at most hours ahead."""
    asked = DirectoryQuestion(
        question_key=key,
        people=(CommandMember(key="p", employee_id=employee_id),),
        asked_at=NOW,
        expires_at=NOW + timedelta(minutes=minutes),
    )
    return asked.text()


def test_questions_are_answered_behind_the_commands_and_let_go(tmp_path: Path) -> None:
    letters = [
        *(Letter(question("q1"), 1), Letter(question("q2"), 2)),
        *(Letter(command("one", "1"), 3), Letter(command("two", "2"), 4)),
    ]
    broker = work(tmp_path / "journal", letters, turns=4)
    order = [name for name, _ in broker.sent if not name.startswith("report:")]
    assert [name.partition(":")[0] for name in order[-2:]] == ["answer", "answer"]
    assert broker.questions_answered() == ["q1", "q2"]
    assert set(broker.answers()) == {"one", "two"}
    assert {one.sequence_number for one in broker.done} == {1, 2, 3, 4}


def test_a_question_that_is_over_is_dropped_without_an_answer(tmp_path: Path) -> None:
    letter = Letter(question("late", minutes=-1))
    broker = work(tmp_path / "journal", [letter], turns=3)
    assert broker.questions_answered() == []
    assert broker.done == [letter]


def test_a_question_that_nobody_foresaw_is_set_aside_and_costs_no_other(tmp_path: Path) -> None:
    letters = [Letter(question("bad", POISON), 1), Letter(question("good"), 2)]
    broker = work(tmp_path / "journal", letters, turns=4)
    assert broker.questions_answered() == ["good"]
    assert [(one.sequence_number, why) for one, why, _ in broker.dead] == [(1, "NotDone")]
    assert broker.reports()[-1].set_aside in {None, 1}


def test_while_ad_is_away_a_question_comes_again(tmp_path: Path) -> None:
    letter = Letter(question("patient"))
    broker = work(tmp_path / "journal", [letter], Domain(away=1), turns=40)
    assert broker.questions_answered() == ["patient"]
    assert letter.delivery_count == 1


def test_questions_that_wait_are_given_back_at_the_end(tmp_path: Path) -> None:
    letters = [Letter(question(f"q{number}"), number) for number in range(1, 6)]
    broker = work(tmp_path / "journal", letters, turns=1)
    answered = len(broker.questions_answered())
    given_back = [one for one in broker.waiting if one.delivery_count == 1]
    assert answered + len(given_back) == 5
    assert given_back
