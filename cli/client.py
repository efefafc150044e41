"""The operator API, call by call: its JSON as it is."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from cli.exits import Failure, Status

if TYPE_CHECKING:
    from cli.connection import Connection

MOST_EVENTS = 1_000
"""Events that the webhook takes in one request."""


class OperatorApi:
    """The operator API; every call raises `Failure` where the app gives no usable answer."""

    def __init__(self, connection: "Connection") -> None:
        self._at = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._at.close()

    def send(self, events: Sequence[Any]) -> list[str]:
        """Hand in at most `MOST_EVENTS` events: all are taken or none; the keys to follow them by.

        Repeating it is safe: an event that the app gets twice is known by its id.

        Raises:
            RefusedInput: the app found something wrong with one of them.
        """
        return list(self._at.post("onboarding-events", json=list(events))["keys"])

    def user(self, identity: str) -> dict[str, Any] | None:
        """`{"people": […], "outlook": […]}`; None where nobody is known by that name."""
        return self._at.get(f"users/{_name(identity)}")

    def event(self, key: str) -> dict[str, Any] | None:
        """What became of the event; None where no such event has been dealt with."""
        return self._at.get(f"events/{_part(key)}")

    def status(self) -> dict[str, Any]:
        """The totals, whoever needs a look, and what was refused."""
        return _there(self._at.get("status"), "the app has no status; is SSPR_URL the app's /api?")

    def health(self) -> dict[str, Any]:
        """Whether everything that the app depends on can be reached, looked at now."""
        found = self._at.get("health/report")
        return _there(found, "the app has no health report; it is older than this sspr")

    def by_hand(
        self, verb: str, identity: str, reason: str, until: str | None = None
    ) -> dict[str, Any]:
        """Include, exclude or release somebody; saying so twice says no more than once."""
        body = {"reason": reason} | ({"until": until} if until else {})
        return self._at.post(f"people/{_name(identity)}/{verb}", json=body)

    def rollout(self) -> dict[str, Any] | None:
        """The rollout as it stands; None before the first was applied."""
        return self._at.get("rollout")

    def document(self, version: int | None) -> str | None:
        """That version of the document as it was written, or the one in force; None without it."""
        asked = {} if version is None else {"version": version}
        return self._at.get_text("rollout/document", **asked)

    def gates(self, limit: int) -> dict[str, Any]:
        """The newest looks at the gates, newest first."""
        return _there(self._at.get("rollout/gates", limit=limit), "the app has no gates")

    def control(self, verb: str, **said: Any) -> dict[str, Any]:
        """Pause, resume, promote, abort or restart; never made twice, for twice may be once more.

        Raises:
            Unanswered: it may have been done or not.
        """
        return self._at.post(f"rollout/{verb}", repeatable=False, json=said)

    def plan_scope(self, document: str) -> dict[str, Any]:
        """Ask for a plan; the operation that draws it up. Repeating it draws the same one up.

        Raises:
            RefusedInput: the document is wrong, with its findings.
        """
        yaml = {"content-type": "application/yaml"}
        return self._at.post("rollout/plans", content=document.encode(), headers=yaml)

    def plan(self, fingerprint: str) -> dict[str, Any]:
        """A plan that was made."""
        found = self._at.get(f"rollout/plans/{_part(fingerprint)}")
        return _there(found, f"no plan is kept as {fingerprint}; sspr plan FILE draws one up")

    def plan_people(self, fingerprint: str) -> Iterator[dict[str, Any]]:
        """Everybody whom the plan concerns, read page by page."""
        page: int | None = 0
        while page is not None:
            found = self._at.get(f"rollout/plans/{_part(fingerprint)}/people", page=page)
            people = _there(found, f"no plan is kept as {fingerprint}")
            yield from people["people"]
            page = people["nextPage"]

    def apply(self, fingerprint: str, *, force: bool, reason: str) -> dict[str, Any]:
        """Ask for a plan to be applied; once it is, applying it again changes nothing."""
        body = {"plan": fingerprint, "force": force, "reason": reason}
        return self._at.post("rollout/apply", json=body)

    def roll_back(self, wave: str, reason: str, plan: str | None = None) -> dict[str, Any]:
        """Ask what rolling a wave back would do; with that plan's fingerprint, ask for it."""
        body = {"wave": wave, "reason": reason} | ({"plan": plan} if plan else {})
        return self._at.post("rollout/rollback", json=body)

    def operation(self, key: str) -> dict[str, Any]:
        """How an operation stands."""
        return _there(self._at.get(f"operations/{_part(key)}"), f"no operation is known by {key}")

    def audit_ends(self) -> list[dict[str, Any]]:
        """Where the audit's chain ends in each partition."""
        found = _there(self._at.get("audit"), "the app has no audit")
        return list(found["partitions"])

    def audit_records(self, partition: str, through: int) -> Iterator[dict[str, Any]]:
        """A partition's records through that number, oldest first, read page by page."""
        after = 0
        while after < through:
            found = self._at.get(f"audit/{_part(partition)}", after=after)
            records = _there(found, f"the audit has no partition {partition}")["records"]
            for record in records:
                if record["number"] <= through:
                    yield record
            if not records or records[-1]["number"] <= after:
                return
            after = records[-1]["number"]


def _there[T](found: T | None, otherwise: str) -> T:
    if found is None:
        raise Failure(Status.NOT_FOUND, otherwise)
    return found


def _name(identity: str) -> str:
    return quote(identity, safe="@")


def _part(text: str) -> str:
    return quote(text, safe="")
