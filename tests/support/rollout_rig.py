"""A rollout under test: documents, waves and clocks, on top of the sandbox's rig."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import httpx

from sandbox.company import Employee
from sandbox.rollouts import Rollouts
from shared.domain.rollout.gates.registry import GATES
from tests.support.rig import People, Rig, until

SOAK = timedelta(hours=1)
LOOKS_AT_SSPR = timedelta(minutes=5)
"""How often the app looks whom SSPR is on for."""
LOOKS_WITHIN = 240.0
_IN = {"requested", "applied", "visible", "effective", "registered", "resettable", "lost"}


def ring(name: str, *people: Employee, **more: Any) -> dict[str, Any]:
    """A wave of these people, with a soak of an hour."""
    ids = [person.object_id for person in people]
    return {"name": name, "people": ids, "soak": "PT1H", **more}


@dataclass
class RolloutRig:
    """One running sandbox and the rollout in it."""

    rig: Rig
    people: People
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.rollouts = Rollouts(self.rig.console)

    def make_ready(self) -> None:
        """Every part up and well, nothing stopped, and nothing that the clock would move."""
        self.rig.start()
        if self.rig.stop_reason():
            # Of a test that failed: it must not cost those that follow.
            self.rig.says("start", "the next test begins").raise_for_status()
        answer = self.rig.console.app.get("/rollout")
        if answer.is_success and answer.json()["phase"] not in {"aborted", "completed"}:
            self.rollouts.control("abort", "the next test begins")

    def cloud(self) -> Employee:
        """A cloud-only person whom no test and no wave has touched."""
        return self._untouched(self.people.cloud)

    def synced(self) -> Employee:
        """A synced person whom no test and no wave has touched."""
        return self._untouched(self.people.synced)

    def document(self, *waves: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A rollout of these waves with the one gate that everybody is visible in time."""
        return {
            "schema": "sspr-rollout/rollout/1",
            "name": f"rollout {next(self._numbers)}",
            "scope": {"group": self.rig.layout.scope_group_id, "topology": "nested"},
            "waves": list(waves),
            "gates": gates(visible={"threshold": 1.0}),
            "evaluateEvery": "PT1M",
            "safety": {"removals": {"share": 1.0}},
            **changes,
        }

    def start(self, *waves: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Plan such a rollout and apply it; answers with the plan."""
        return self.rollouts.start(self.document(*waves, **changes))

    def soaks_in(self, wave: str) -> dict[str, Any]:
        """Wait until all of a wave have been asked for, and Entra shows them."""
        view = self.rollouts.reaches("soaking", wave)
        until(lambda: not self._on_the_way(wave), f"everybody of {wave} to be visible")
        return view

    def passes(self, time: timedelta) -> None:
        """Let time pass."""
        self.rig.console.move_clock(time)

    @contextmanager
    def passes_and_holds(
        self, time: timedelta, method: str, path: str, when: str
    ) -> Iterator[Callable[[], int]]:
        """Let time pass, and hold what is asked of Graph in the new time.

        Held before that, a timer of the old time would wait for Graph, and time for the timer.
        """
        with ExitStack() as held:
            hold = self.rig.held_graph(method, path, when)
            waiting: list[Callable[[], int]] = []
            self.rig.console.move_clock(
                time, prepare=lambda: waiting.append(held.enter_context(hold))
            )
            yield waiting[0]

    def now(self) -> datetime:
        """The time as the app has it."""
        return datetime.now(UTC) + self.rig.console.moved()

    def is_in(self, *people: Employee) -> None:
        """Wait until Entra shows all of them as members."""
        for person in people:
            self.rig.reaches(person.object_id, "visible", "effective", "registered", "resettable")
            assert "SSPR-Scope" in self.rig.groups(person)

    def is_out(self, *people: Employee) -> None:
        """Wait until none of them is in any more, or about to be."""
        for person in people:
            until(partial(self._is_gone, person), f"{person.user_principal_name} to be out")
        self.rig.console.sync()
        assert [self.rig.groups(person) for person in people] == [[] for _ in people]

    def state(self, person: Employee) -> str | None:
        """Where a person is now; None for somebody nobody has heard of."""
        return self.rig.state(person.object_id)

    def refused(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """What the app answers to something that it does not take."""
        answer = self.rig.console.app.post(path, json=body)
        assert answer.is_client_error, answer.text
        return answer

    def changes_by_hand(self, person: Employee, *, present: bool) -> None:
        """An administrator changes the AD group behind everybody's back."""
        self.rig.change_ad_group(person, present=present)
        self.rig.console.sync()

    def selects(self, choice: dict[str, str]) -> None:
        """An administrator selects whom SSPR is on for."""
        self.rig.console.tenant.post("/sspr/properties", json=choice).raise_for_status()

    def selects_and_sees(self, choice: dict[str, str], finding: str) -> dict[str, Any]:
        """The same; answers with what the app knows of it at its next look.

        Args:
            choice: As the admin center has it.
            finding: What the app is to find.
        """
        self.selects(choice)
        self.looks_at_sspr_again()
        seen: dict[str, Any] = self.rig.console.status()["sspr"]
        assert seen["finding"] == finding, seen
        return seen

    def looks_at_sspr_again(self) -> None:
        """Let so much time pass that it is looked again, and wait until it was."""

        def read_until() -> str:
            read: str = self.rig.console.status()["sspr"]["logReadUntil"]
            return read

        before: list[str] = []
        # Read once no timer runs: a look that had read the log before now is none of after it.
        self.rig.console.move_clock(LOOKS_AT_SSPR, prepare=lambda: before.append(read_until()))
        # A tick does all else that is due after a step in time before it looks.
        until(lambda: [read_until()] != before, "another look at the audit log", LOOKS_WITHIN)

    @contextmanager
    def failing_writeback(self) -> Iterator[None]:
        """Every reset of a synced person fails in AD."""
        self.rig.set_conditions(writebackFailure=33004)
        try:
            yield
        finally:
            self.rig.set_conditions(writebackFailure=None)

    def try_resets(self, people: Sequence[Employee]) -> list[str]:
        """These people, all registered, reset their passwords; how each ended."""
        names = [person.user_principal_name for person in people]
        tenant = self.rig.console.tenant
        body: dict[str, Any] = {"userPrincipalNames": names}
        tenant.post("/sandbox/registrations", json=body).raise_for_status()
        answer = tenant.post("/sandbox/resets", json={**body, "newPassword": "Found-Again-2!"})
        return [one["code"] for one in answer.raise_for_status().json()]

    def _untouched(self, deal: Callable[[], Employee]) -> Employee:
        return next(one for one in iter(deal, None) if self.state(one) is None)

    def _is_gone(self, person: Employee) -> bool:
        return self.state(person) not in {*_IN, "withdrawing"}

    def _on_the_way(self, wave: str) -> int:
        found = next(one for one in self.rollouts.view()["waves"] if one["name"] == wave)
        return int(sum(found["states"].get(state, 0) for state in ("requested", "applied")))


def gates(**wanted: dict[str, Any]) -> dict[str, Any]:
    """These gates and none of those that a document has by default."""
    return {kind: wanted.get(kind) for kind in GATES}
