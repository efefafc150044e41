"""The operator API, call by call: what is asked, and the view that is answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, Unpack
from urllib.parse import quote

from cli.exits import Failure, Status
from cli.method_query import PeopleQuery, Place
from shared.contracts.api.alarm_views import AlarmTestView
from shared.contracts.api.audit_views import AuditEnds, AuditEndView, AuditPage, AuditRecordView
from shared.contracts.api.check_views import (
    CheckAsked,
    CheckedPeople,
    CheckedPerson,
    PeopleCheckView,
)
from shared.contracts.api.dead_letter_views import (
    DeadLetterCounts,
    DeadLetterPage,
    DeadLetterSummary,
    DeadLetterView,
    DealtWithView,
)
from shared.contracts.api.doctor_views import DoctorView
from shared.contracts.api.event_views import AcceptedEvents, EventView
from shared.contracts.api.forecast_views import (
    ForecastPeople,
    ForecastPerson,
    ResetForecastView,
)
from shared.contracts.api.health_views import HealthView
from shared.contracts.api.held_views import DecidedView, HeldEventPage, HeldEventView
from shared.contracts.api.operation_views import (
    AdoptOperation,
    ApplyOperation,
    EraseOperation,
    ForgetOperation,
    LeaveOperation,
    OperationView,
    PlanOperation,
    RecoverOperation,
    RollbackOperation,
)
from shared.contracts.api.people_parts import PartView
from shared.contracts.api.people_views import (
    KeptOutPage,
    ListedPerson,
    PeoplePage,
    PeopleView,
)
from shared.contracts.api.personal_data_views import PersonDataPage
from shared.contracts.api.plan_views import PlanPeople, PlanView
from shared.contracts.api.resend_views import ResendView
from shared.contracts.api.rollout_views import EvaluationsView, RolloutView
from shared.contracts.api.status_views import StatusView
from shared.contracts.api.view import View
from shared.contracts.api.writing_views import WritingView

if TYPE_CHECKING:
    from cli.connection import Connection


class OperatorApi:
    """The operator API; every call raises `Failure` where the app gives no usable answer."""

    def __init__(self, connection: "Connection") -> None:
        self._at = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._at.close()

    def send(self, events: Sequence[object]) -> AcceptedEvents:
        """Hands in at most `MOST_EVENTS` events, each by itself; returns their keys and refusals.

        Repeating it is safe: an event that the app gets twice is known by its id.

        Raises:
            RefusedInput: the app found something wrong with all of them.
        """
        return self._at.post("events", list(events), AcceptedEvents)

    def user(self, identity: str) -> PeopleView | None:
        """Returns everybody whom that name means; None where nobody is known by it."""
        return self._at.get(f"users/{_name(identity)}", PeopleView)

    def event(self, key: str) -> EventView | None:
        """Returns what became of the event; None where no such event has been dealt with."""
        return self._at.get(f"events/{_part(key)}", EventView)

    def status(self) -> StatusView:
        """Returns the totals, who needs attention, and what was refused."""
        found = self._at.get("status", StatusView)
        return _there(found, "the app has no status; is SSPR_URL the app's /api?")

    def health(self) -> HealthView:
        """Checks now whether everything that the app depends on can be reached."""
        found = self._at.get("health/report", HealthView)
        return _there(found, "the app has no health report; it is older than this sspr")

    def doctor(self, since: str | None, *, timeout: float) -> DoctorView:
        """Asks whether a reset would work; tells changes from then on, or since the last look."""
        asked = {"since": since} if since else {}
        found = self._at.get("doctor", DoctorView, patience=timeout, **asked)
        return _there(found, "the app has no doctor; it is older than this sspr")

    def dead_letter_counts(self) -> DeadLetterCounts:
        """Returns how many dead letters each queue has."""
        found = self._at.get("dead-letters", DeadLetterCounts)
        return _there(found, "the app tells no dead letters; it is older than this sspr")

    def dead_letters(self, queue: str) -> Iterator[DeadLetterSummary]:
        """Reads a queue's dead letters, oldest first, page by page."""
        after: int | None = 0
        while after is not None:
            found = self._at.get(f"dead-letters/{_part(queue)}", DeadLetterPage, after=after)
            page = _there(found, f"the app has no queue {queue}")
            yield from page.letters
            after = page.next

    def dead_letter(self, queue: str, number: int) -> DeadLetterView | None:
        """Returns a dead letter, whole; None where it is not there."""
        return self._at.get(f"dead-letters/{_part(queue)}/messages/{number}", DeadLetterView)

    def deal_with_dead_letters(
        self, verb: str, queue: str, numbers: Sequence[int], reason: str
    ) -> DealtWithView:
        """Resubmits or discards at most 100 dead letters of a queue.

        It is never sent twice: a second answer would not tell what the first has done.

        Raises:
            Unanswered: nobody knows how many of them were dealt with.
        """
        body = {"numbers": list(numbers), "reason": reason}
        path = f"dead-letters/{_part(queue)}/{verb}"
        return self._at.post(path, body, DealtWithView, repeatable=False)

    def held_events(self) -> Iterator[HeldEventView]:
        """Reads the events that a brake holds, page by page."""
        after: str | None = ""
        while after is not None:
            found = self._at.get("held-events", HeldEventPage, after=after)
            page = _there(found, "the app holds no events back; it is older than this sspr")
            yield from page.events
            after = page.next

    def decide_held_events(self, verb: str, keys: Sequence[str], reason: str) -> DecidedView:
        """Lets at most 100 held events through, or drops them."""
        body = {"keys": list(keys), "reason": reason}
        return self._at.post(f"held-events/{verb}", body, DecidedView, repeatable=False)

    def resend_refused(self, asked: Mapping[str, object]) -> ResendView:
        """Asks which refused messages would be sent again; with that fingerprint, sends them.

        Raises:
            Unanswered: they may have been sent or not; asking again tells.
        """
        return self._at.post("refused/resend", dict(asked), ResendView, repeatable=False)

    def override(
        self, verb: str, identity: str, reason: str, until: str | None = None, **said: bool
    ) -> PeopleView:
        """Includes, excludes or releases somebody; doing so twice does no more than once.

        `said` is what else the app takes with the verb, where it is true.
        """
        more = {name: True for name, is_so in said.items() if is_so}
        body = {"reason": reason} | ({"until": until} if until else {}) | more
        return self._at.post(f"people/{_name(identity)}/{verb}", body, PeopleView)

    def people(self, **asked: Unpack[PeopleQuery]) -> Iterator[ListedPerson]:
        """Reads everybody in scope, or whom the query asks for, part by part."""
        older = "the app lists no people; it is older than this sspr"
        for part in _parts(
            lambda place: self._at.get("people", PeoplePage, **asked, **place), older
        ):
            yield from part.people

    def export_person(
        self, identity: str, reason: str, *, timeout: float
    ) -> Iterator[PersonDataPage]:
        """Reads all that is kept of a person, place by place; the app's audit tells of each.

        Raises:
            Unanswered: a place took longer than that; nothing was changed.
        """
        page: int | None = 0
        while page is not None:
            body = {"reason": reason, "page": page}
            path = f"people/{_name(identity)}/export"
            found = self._at.post(path, body, PersonDataPage, patience=timeout)
            yield found
            page = found.next_page

    def erase_person(
        self, identity: str, reason: str, *, with_exclusion: bool, plan: str | None
    ) -> EraseOperation:
        """Asks what is kept of a person and would go; with that fingerprint, to erase it.

        Once they are erased, erasing them again changes nothing.
        """
        body: dict[str, object] = {"reason": reason, "withExclusion": with_exclusion}
        path = f"people/{_name(identity)}/erase"
        return self._at.post(path, body | ({"plan": plan} if plan else {}), EraseOperation)

    def excluded(self) -> Iterator[KeptOutPage]:
        """Reads everybody whom operators keep out, part by part."""
        older = "the app cannot list whom it keeps out; it is older than this sspr"
        return _parts(lambda place: self._at.get("excluded", KeptOutPage, **place), older)

    def rollout(self) -> RolloutView | None:
        """Returns the rollout as it stands; None before the first was applied."""
        return self._at.get("rollout", RolloutView)

    def writing(self) -> WritingView:
        """Tells whether everything that writes goes on."""
        found = self._at.get("writing", WritingView)
        return _there(found, "the app cannot be stopped this way; it is older than this sspr")

    def stop(self, reason: str) -> WritingView:
        """Stops everything that writes; saying it twice stops it no more than once."""
        return self._at.post("writing/stop", {"reason": reason}, WritingView)

    def try_alarm(self, alarm: str | None, reason: str) -> AlarmTestView:
        """Has an alarm come as a test; one whose answer was lost is not asked for again."""
        body = {"reason": reason} | ({"alarm": alarm} if alarm else {})
        return self._at.post("alarms/test", body, AlarmTestView, repeatable=False)

    def start(self, reason: str, group: str | None = None) -> WritingView:
        """Lets everything that writes go on.

        Raises:
            Unanswered: it may have been heard or not.
        """
        body = {"reason": reason} | ({"group": group} if group else {})
        return self._at.post("writing/start", body, WritingView, repeatable=False)

    def document(self, version: int | None) -> str | None:
        """Returns that version of the document as written, or the one in force; None without it."""
        asked = {} if version is None else {"version": version}
        return self._at.get_text("rollout/document", **asked)

    def gates(self, limit: int) -> EvaluationsView:
        """Returns the latest evaluations of the gates, newest first."""
        found = self._at.get("rollout/gates", EvaluationsView, limit=limit)
        return _there(found, "the app has no gates")

    def control(self, verb: str, reason: str, *, skip_soak: bool | None = None) -> RolloutView:
        """Pauses, resumes, promotes, aborts or restarts the rollout.

        It is never sent twice, for a second time may do it once more.
        Only a promotion may skip the soak.

        Raises:
            Unanswered: it may have been done or not.
        """
        body = {"reason": reason} | ({} if skip_soak is None else {"skipSoak": skip_soak})
        return self._at.post(f"rollout/{verb}", body, RolloutView, repeatable=False)

    def request_plan(self, document: str) -> PlanOperation:
        """Asks for a plan; asking twice plans the same.

        Raises:
            RefusedInput: the document is wrong, with its findings.
        """
        return self._at.post_yaml("rollout/plans", document, PlanOperation)

    def plan(self, fingerprint: str) -> PlanView:
        """Returns a plan that was made before."""
        found = self._at.get(f"rollout/plans/{_part(fingerprint)}", PlanView)
        return _there(found, f"no plan is kept as {fingerprint}; sspr plan FILE makes one")

    def plan_people(self, fingerprint: str) -> Iterator[PlanPeople]:
        """Reads everybody whom the plan concerns, page by page."""
        place = f"rollout/plans/{_part(fingerprint)}"
        page: int | None = 0
        while page is not None:
            found = self._at.get(f"{place}/people", PlanPeople, page=page)
            people = _there(found, f"no plan is kept as {fingerprint}")
            yield people
            page = people.next_page

    def apply(self, fingerprint: str, *, force: bool, reason: str) -> ApplyOperation:
        """Asks for a plan to be applied; once it is, applying it again changes nothing."""
        body = {"plan": fingerprint, "force": force, "reason": reason}
        return self._at.post("rollout/apply", body, ApplyOperation)

    def roll_back(self, wave: str, reason: str, plan: str | None = None) -> RollbackOperation:
        """Asks what rolling a wave back would do; with that plan's fingerprint, asks for it."""
        body = {"wave": wave, "reason": reason} | ({"plan": plan} if plan else {})
        return self._at.post("rollout/rollback", body, RollbackOperation)

    def recover(self, reason: str, plan: str | None = None) -> RecoverOperation:
        """Asks what an older ledger differs in from the world; with that fingerprint, to go on."""
        body = {"reason": reason} | ({"plan": plan} if plan else {})
        return self._at.post("ledger/recover", body, RecoverOperation)

    def forget(self, asked: Mapping[str, object]) -> ForgetOperation:
        """Asks what forgetting events would do; with that plan's fingerprint, asks for it.

        Once they are forgotten, forgetting them again changes nothing.
        """
        return self._at.post("events/forget", dict(asked), ForgetOperation)

    def adopt(self, asked: Mapping[str, object]) -> AdoptOperation:
        """Asks who would lose SSPR by a document's group; with that fingerprint, to fill it.

        Where no answer comes, the same fingerprint asks for the same once more.
        """
        return self._at.post("rollout/adopt", dict(asked), AdoptOperation)

    def leave(self, asked: Mapping[str, object]) -> LeaveOperation:
        """Asks for the next step of leaving for All; with its fingerprint, to take it."""
        return self._at.post("rollout/leave", dict(asked), LeaveOperation)

    def operation[R: View](self, asked: OperationView[R]) -> OperationView[R]:
        """Looks at an operation again."""
        found = self._at.get(f"operations/{_part(asked.key)}", type(asked))
        return _there(found, f"no operation is known by {asked.key}")

    def check_people(self, names: Sequence[str]) -> CheckAsked:
        """Has the worker look at these people; asking twice is two looks, and writes nothing."""
        return self._at.post("people-checks", {"people": list(names)}, CheckAsked)

    def check_plan(self, fingerprint: str) -> CheckAsked:
        """Has the worker look at everybody whom the plan would add."""
        return self._at.post(f"rollout/plans/{_part(fingerprint)}/check", {}, CheckAsked)

    def check(self, key: str) -> PeopleCheckView:
        """Returns how a check stands."""
        found = self._at.get(f"people-checks/{_part(key)}", PeopleCheckView)
        return _there(found, f"no check is known by {key}")

    def checked(self, key: str) -> Iterator[CheckedPerson]:
        """Reads what was found of everybody in a check, page by page."""
        page: int | None = 0
        while page is not None:
            found = self._at.get(f"people-checks/{_part(key)}/people", CheckedPeople, page=page)
            people = _there(found, f"no check is known by {key}")
            yield from people.people
            page = people.next_page

    def forecast(
        self, on: str, group_by: str, *, timeout: float, **methods: Unpack[PeopleQuery]
    ) -> ResetForecastView:
        """Foretells, in numbers, who can reset a password today and on that day.

        `methods` are the query's words for whom it asks, by what they have registered.

        The app reads everybody in scope for it, which takes minutes where these are a million.

        Raises:
            RefusedInput: the day is over, or is none.
        """
        found = self._at.get(
            "forecast", ResetForecastView, patience=timeout, on=on, groupBy=group_by, **methods
        )
        return _there(found, "the app has no forecast; it is older than this sspr")

    def forecast_people(self, on: str, **methods: Unpack[PeopleQuery]) -> Iterator[ForecastPerson]:
        """Reads everybody in scope whom the query means, each foretold, part by part."""
        older = "the app has no forecast; it is older than this sspr"

        def ask(place: Place) -> ForecastPeople | None:
            return self._at.get("forecast/people", ForecastPeople, on=on, **methods, **place)

        for part in _parts(ask, older):
            yield from part.people

    def audit_ends(self) -> Sequence[AuditEndView]:
        """Returns where the audit's chain ends in each partition."""
        return _there(self._at.get("audit", AuditEnds), "the app has no audit").partitions

    def audit_records(self, partition: str, through: int) -> Iterator[AuditRecordView]:
        """Reads a partition's records through that number, oldest first, page by page."""
        after = 0
        while after < through:
            found = self._at.get(f"audit/{_part(partition)}", AuditPage, after=after)
            records = _there(found, f"the audit has no partition {partition}").records
            for record in records:
                if record.number <= through:
                    yield record
            if not records or records[-1].number <= after:
                return
            after = records[-1].number


def _parts[P: PartView](ask: Callable[[Place], P | None], otherwise: str) -> Iterator[P]:
    """Reads everybody, part by part; an app that answers by the page lacks `next`."""
    place = Place()
    while True:
        part = _there(ask(place), otherwise)
        yield part
        if part.next is None:
            return
        place = Place(after=part.next)


def _there[T](found: T | None, otherwise: str) -> T:
    if found is None:
        raise Failure(Status.NOT_FOUND, otherwise)
    return found


def _name(identity: str) -> str:
    return quote(identity, safe="@")


def _part(text: str) -> str:
    return quote(text, safe="")
