"""The second act: a rollout to 2,000 people that stops by itself, is mended, and completes."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console as Screen

from sandbox.company import Company, build_company
from sandbox.console import METHODS, Console, wait_for
from sandbox.demo.people import PASSWORD, Crowd, belongs_in
from sandbox.demo.proof import Proof, StageFailed
from sandbox.demo.typed import Typed
from sandbox.observed import members_in_ad, members_in_entra
from sandbox.rollouts import Rollouts

HALF_A_DAY = timedelta(hours=12)
_NEXT_LOOK = timedelta(minutes=2)
"""Longer than the gates are left alone."""
PATIENCE = 300.0
WAVES = ("pilot", "early", "a quarter", "everyone")
FAILING, LAST = WAVES[2], WAVES[3]
_RIGHTS_LOST = 33004
"""The event of a writeback whose account lacks its rights."""
_WRITTEN = ("applied", "visible", "effective", "registered", "resettable", "lost")
_SEEN = ("effective", "registered", "resettable")


def roll_out(console: Console, screen: Screen) -> Iterator[Proof]:
    """A pilot ring, 5 %, 25 % and everybody; the third wave meets a failing writeback."""
    stage = _Stage(console, screen)
    # Where half a day passes in seconds, so does what Graph allows in one.
    console.tenant.post("/sandbox/quotas", json={"factor": 20}).raise_for_status()
    screen.rule(f"a rollout to {console.layout.company_size:,} people: what would it do?")
    yield from stage.plan_and_apply()
    screen.rule("the clock widens it; people register, forget their passwords and reset them")
    stage.widen_until(FAILING)
    screen.rule("wave three: writeback loses its rights in AD")
    yield from stage.fail()
    yield from stage.roll_back()
    screen.rule("the rights are back; the operator resumes")
    yield from stage.complete()


class _Stage:
    """One sandbox, its operator and its people."""

    def __init__(self, console: Console, screen: Screen) -> None:
        self._console = console
        self._screen = screen
        self._company = build_company(console.layout.company_size)
        self._rollouts = Rollouts(console)
        self._crowd = Crowd(console, self._company)
        self._typed = Typed(console, screen)

    def plan_and_apply(self) -> Iterator[Proof]:
        """The operator writes the document, looks at the plan, and does it."""
        document = rollout_document(self._console, self._company)
        file = self._console.layout.state / "rollout.yaml"
        file.write_text(json.dumps(document, indent=2))
        before = self._console.status()["people"]
        self._typed.sspr("lint", str(file))
        self._typed.sspr("plan", str(file))
        plan = self._rollouts.plan(document)
        yield Proof("a plan writes nothing", self._console.status()["people"] == before)
        yield Proof("and finds nothing unsafe in it", plan["unsafe"] == [])
        self._typed.sspr("apply", "--plan", plan["fingerprint"], "--yes")

    def widen_until(self, wave: str) -> None:
        """Half a day after the other, until all of that wave are in."""
        self._live_until(
            lambda view: view["wave"] == wave and _is_in(view), f"everybody of {wave} to be in"
        )
        self._typed.sspr("status")

    def fail(self) -> Iterator[Proof]:
        """Resets fail in AD; the gate sees it, and the rollout stops by itself."""
        self._conditions(writebackFailure=_RIGHTS_LOST)
        view = self._live_until(
            lambda view: view["phase"] in {"paused", "completed"}, "the rollout to pause by itself"
        )
        pause = view["pause"] or {"reason": "", "detail": ""}
        failed = pause["reason"] == "gate-failed" and "writebackFailures" in pause["detail"]
        yield Proof("the rollout paused by itself: the writeback gate failed", failed)
        self._typed.sspr("gates", "-n", "1")

    def roll_back(self) -> Iterator[Proof]:
        """The operator takes wave three out, and nobody else."""
        before = self._members()
        inside = self._states(_wave(self._rollouts.view(), FAILING))
        self._typed.sspr("rollback", FAILING, "--reason", "writeback has no rights", "--yes")
        self._wait(
            lambda: "withdrawing" not in self._console.status()["states"], "everybody to be out"
        )
        after = self._members()
        exact = len(before) - len(after) == inside and after < before
        yield Proof(f"the rollback took out the {inside} people of wave three, exactly", exact)

    def complete(self) -> Iterator[Proof]:
        """Mended and resumed, it goes on to the end; wanted equals seen."""
        self._conditions(writebackFailure=None)
        self._typed.sspr("resume", "--reason", "the rights are back")
        self._live_until(lambda view: view["phase"] == "completed", "the rollout to complete")
        self._typed.sspr("status")
        wanted = [one for one in self._company.people if belongs_in(one)]
        upns = {one.user_principal_name for one in wanted}
        accounts = {one.sam_account_name for one in wanted if one.in_ad}
        everybody = [one.user_principal_name for one in self._company.people]
        seen = members_in_entra(self._console, everybody)
        in_ad = set(members_in_ad(self._console.layout))
        yield Proof(f"Entra has the {len(upns)} people wanted, and nobody else", seen == upns)
        yield Proof(f"AD has the {len(accounts)} synced ones of them", in_ad == accounts)
        lucky = min(one.user_principal_name for one in wanted if one.in_ad)
        self._console.register(lucky)
        reset = self._console.reset_password(lucky, PASSWORD)
        signs_in = reset.is_success and self._console.signs_in(lucky, PASSWORD)
        # The forecast that follows goes by what the ledger has read of the report.
        self._wait(lambda: self._is_resettable(lucky), f"the report's row of {lucky} to be read")
        yield Proof("one of the last wave resets a password and signs in to AD", signs_in)
        self._wait(lambda: self._is_read(lucky), "the report to tell of that registration")
        yield Proof("the audit's chain is whole", self._typed.ends_well("audit", "verify"))

    def _is_read(self, upn: str) -> bool:
        """Whether the ledger has what the person registered last, and what all did before that."""
        person = self._console.user(upn) or {}
        return set(person.get("methods") or ()) == set(METHODS)

    def _live_until(self, reached: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Let time pass whenever nobody is on the way: nothing real is hurried past a deadline."""
        deadline = time.monotonic() + PATIENCE
        wave = ""
        while time.monotonic() < deadline:
            view = self._rollouts.view()
            if reached(view):
                return view
            if view["phase"] == "paused":
                pause = view["pause"]
                raise StageFailed(f"waited for {what}, but it paused: {pause['detail']}")
            if view["phase"] in {"soaking", "planned"} and _is_settled(view):
                ended = self._crowd.live_half_a_day()
                self._pass_half_a_day()
                wave = self._tell(view, ended, wave)
            time.sleep(0.5)
        view = self._rollouts.view()
        raise StageFailed(
            f"waited {PATIENCE:.0f} s in vain for {what}; it is {view['phase']} in {view['wave']}"
        )

    def _pass_half_a_day(self) -> None:
        """Jump, and have the gates looked at once more when what the jump brought was read."""
        self._console.move_clock(HALF_A_DAY)
        jumped = self._console.now()
        self._wait(lambda: self._is_judged(jumped), "a look at the gates after half a day")
        self._console.move_clock(_NEXT_LOOK)

    def _is_judged(self, since: datetime) -> bool:
        """Whether the gates have been looked at since, or need not be."""
        newest = self._rollouts.evaluations()[:1]
        judged = any(datetime.fromisoformat(one["at"]) >= since for one in newest)
        return judged or self._rollouts.view()["phase"] != "soaking"

    def _tell(self, view: dict[str, Any], ended: dict[str, int], before: str) -> str:
        if view["wave"] and view["wave"] != before:
            wave = _wave(view, view["wave"])
            self._screen.print(f"  wave [bold]{wave['name']}[/]: {wave['people']} people are in")
        resets = ", ".join(f"{code} {count}" for code, count in ended.items())
        self._screen.print(f"    half a day passes; resets: {resets or 'none'}")
        return str(view["wave"])

    def _is_resettable(self, upn: str) -> bool:
        person = self._console.user(upn)
        return person is not None and person["state"] == "resettable"

    def _wait(self, look: Callable[[], Any], what: str) -> None:
        wait_for(lambda: look() or None, PATIENCE, what)

    def _members(self) -> set[str]:
        people = [one.user_principal_name for one in self._company.people]
        self._console.sync()
        return members_in_entra(self._console, people)

    @staticmethod
    def _states(wave: dict[str, Any]) -> int:
        return sum(wave["states"].get(state, 0) for state in _WRITTEN)

    def _conditions(self, **conditions: Any) -> None:
        self._console.connect.post("/conditions", json=conditions).raise_for_status()


def rollout_document(console: Console, company: Company) -> dict[str, Any]:
    """A pilot ring from every department, then shares balanced across them."""
    pilot: dict[str, str] = {}
    for person in company.people_synced:
        if belongs_in(person):
            pilot.setdefault(f"{person.department} {person.site}", person.object_id)
    return {
        "schema": "sspr-rollout/rollout/1",
        "name": "contoso",
        "scope": {"group": console.layout.scope_group_id, "topology": "nested"},
        "exclude": {"groups": [console.layout.excluded_group_id]},
        "balance": "department",
        "waves": [
            {"name": WAVES[0], "people": sorted(pilot.values()), "soak": "P1D"},
            {"name": WAVES[1], "percent": 5, "soak": "P1D"},
            {"name": WAVES[2], "percent": 25, "soak": "P2D"},
            {"name": WAVES[3], "percent": 100, "soak": "P1D"},
        ],
        "gates": {
            "visible": {"threshold": 0.98},
            "registered": {"threshold": 0.1, "window": "P7D"},
            "writebackFailures": {"threshold": 0.2, "minimumSample": 5, "window": "P1D"},
        },
        "evaluateEvery": "PT1M",
    }


def _wave(view: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in view["waves"] if one["name"] == name)
    return found


def _is_settled(view: dict[str, Any]) -> bool:
    """Whether nobody of the current wave is on the way."""
    if view["wave"] is None:
        return True
    states = _wave(view, view["wave"])["states"]
    return not any(states.get(state) for state in ("requested", "applied", "visible"))


def _is_in(view: dict[str, Any]) -> bool:
    wave = _wave(view, view["wave"])
    return any(wave["states"].get(state) for state in _SEEN) and _is_settled(view)
