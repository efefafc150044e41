"""The third act: Microsoft's SMS and voice end, and the forecast made before is held against it."""

import csv
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console as Screen

from sandbox.console import Console, wait_for
from sandbox.demo.people import PASSWORD
from sandbox.demo.proof import Proof
from sandbox.demo.typed import Typed

_THE_END = datetime(2027, 2, 1, tzinfo=UTC)
_PATIENCE = 240.0
_KEEP = 25
"""People who keep the ability, and try it: a reset that succeeds is written to AD."""
_INSUFFICIENT = "SSPR_0014"


def outlive_sms(console: Console, screen: Screen) -> Iterator[Proof]:
    """Forecast, let the day come, and have people try."""
    then = max(_THE_END, console.now() + timedelta(days=1))
    typed = Typed(console, screen)
    file = console.layout.state / "people.csv"
    screen.rule(f"who can still reset a password on {then.date()}?")
    # A reading of the report is saved portion by portion; held, it has been saved to its end.
    with console.timers_held():
        typed.sspr("forecast", "--on", str(then.date()), "--people", str(file))
    losing, keeping = _foretold(file)
    screen.rule(f"{then.date()} comes, and people forget their passwords")
    console.move_clock(then + timedelta(hours=1) - console.now())
    refused = _codes(console, losing)
    yield Proof(
        f"each of the {len(losing)} people foretold to lose it is refused a reset",
        refused == dict.fromkeys(losing, _INSUFFICIENT),
    )
    some = Random(7).sample(sorted(keeping), min(_KEEP, len(keeping)))
    yield Proof(
        f"{len(some)} of the {len(keeping)} foretold to keep it reset their passwords",
        _codes(console, some) == dict.fromkeys(some, "ok"),
    )
    agrees = _agrees(console, then.date(), losing, keeping)
    yield Proof("the ledger has both, person by person, as they were foretold", agrees)
    typed.sspr("status")


def _foretold(file: Path) -> tuple[set[str], set[str]]:
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    by_change = {
        change: {one["userPrincipalName"] for one in rows if one["change"] == change}
        for change in ("loses", "keeps")
    }
    return by_change["loses"], by_change["keeps"]


def _codes(console: Console, upns: Collection[str]) -> dict[str, str]:
    """How the reset of each of these people ended."""
    body = {"userPrincipalNames": sorted(upns), "newPassword": PASSWORD}
    answer = console.tenant.post("/sandbox/resets", json=body, timeout=_PATIENCE)
    ended: list[dict[str, Any]] = answer.raise_for_status().json()
    return {one["userPrincipalName"]: one["code"] for one in ended}


def _agrees(console: Console, day: date, losing: set[str], keeping: set[str]) -> bool:
    """Wait until the ledger has as many lost as were foretold; then look at each."""

    def is_there() -> bool | None:
        return True if console.status()["states"].get("lost", 0) >= len(losing) else None

    wait_for(is_there, _PATIENCE, "the ledger to tell who is lost")
    with console.timers_held():
        states = _abilities(console, day)
    able = {upn for upn, today in states.items() if today == "can"}
    return able == keeping and losing <= states.keys()


def _abilities(console: Console, day: date) -> dict[str, str]:
    """What each person in scope can do today, by name."""
    asked: dict[str, str] | None = {"on": str(day)}
    states: dict[str, str] = {}
    while asked:
        found = console.app.get("/forecast/people", params=asked).raise_for_status().json()
        states |= {one["userPrincipalName"]: one["today"] for one in found["people"]}
        asked = {**asked, "after": found["next"]} if found["next"] else None
    return states
