"""The first act: three people onboarded, each one's way shown live, proved by a sign-in to AD."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Console as Screen
from rich.live import Live
from rich.table import Table

from sandbox.console import Console, wait_for
from sandbox.demo.proof import Proof

EVENTS = {
    "Ada Lovelace, synced from AD": {"userPrincipalName": "ada@contoso.test"},
    "Grace Hopper, cloud-only": {"userPrincipalName": "grace@contoso.test"},
    "Alan Turing, hired today, in AD only": {"employeeId": "100003", "reason": "new hire"},
}
NEW_HIRE = "alan@contoso.test"
NEW_PASSWORD = "Forgotten-No-More-1!"
PATIENCE = 120.0
_EFFECTIVE = {"effective", "registered", "resettable"}


def onboard_three(console: Console, screen: Screen) -> Iterator[Proof]:
    """A cloud user, a synced one, and a new hire whom Entra has never heard of."""
    screen.rule("before")
    before = console.reset_password("ada@contoso.test", NEW_PASSWORD)
    yield Proof("Ada could not reset her password before: out of scope", before.is_client_error)
    screen.print(f"  Ada forgets her password: {before.json()['code']}")

    screen.rule("three onboarding events go in")
    keys = dict(zip(EVENTS, console.inject(list(EVENTS.values())), strict=True))
    ways = _follow(console, keys, screen)
    for name, person in ways.items():
        arrived = person is not None and person["state"] in _EFFECTIVE
        yield Proof(f"{name}: the report shows SSPR enabled", arrived)
    _print_ways(ways, screen)

    screen.rule("Alan registers, forgets his password, resets it and signs in to the domain")
    console.register(NEW_HIRE)
    reset = console.reset_password(NEW_HIRE, NEW_PASSWORD)
    yield Proof("SSPR reset the new hire's password", reset.is_success)
    yield Proof("AD takes the new password", console.signs_in(NEW_HIRE, NEW_PASSWORD))
    yield Proof("AD refuses another one", not console.signs_in(NEW_HIRE, "Another-One-1!"))
    able = _wait_until_resettable(console, keys)
    yield Proof("the ledger shows him as able to reset", able)


def _follow(
    console: Console, keys: dict[str, str], screen: Screen
) -> dict[str, dict[str, Any] | None]:
    ways: dict[str, dict[str, Any] | None] = {}
    deadline = time.monotonic() + PATIENCE
    with Live(console=screen, auto_refresh=False) as live:
        while time.monotonic() < deadline:
            ways = {name: console.person(key) for name, key in keys.items()}
            live.update(_progress(ways), refresh=True)
            if all(person and person["state"] in _EFFECTIVE for person in ways.values()):
                break
            time.sleep(0.3)
    screen.print()
    return ways


def _progress(ways: dict[str, dict[str, Any] | None]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading, width in (("who", 12), ("state", 10), ("after", 6)):
        table.add_column(heading, no_wrap=True, min_width=width)
    table.add_column("what happened last", no_wrap=True, overflow="ellipsis")
    for name, person in ways.items():
        who = name.partition(",")[0]
        if person is None:
            table.add_row(who, "…", "", "on the queue")
            continue
        last = person["steps"][-1]
        table.add_row(who, person["state"], f"{_elapsed(person, last):.1f} s", last["text"])
    return table


def _print_ways(ways: dict[str, dict[str, Any] | None], screen: Screen) -> None:
    for name, person in ways.items():
        table = Table(title=name, title_justify="left", box=None, pad_edge=False)
        for heading in ("after", "state", "what happened"):
            table.add_column(heading)
        for step in person["steps"] if person else []:
            table.add_row(f"{_elapsed(person, step):.1f} s", step["state"], step["text"])
        screen.print(table)


def _elapsed(person: dict[str, Any] | None, step: dict[str, Any]) -> float:
    first = (person or {})["steps"][0]["at"]
    return (datetime.fromisoformat(step["at"]) - datetime.fromisoformat(first)).total_seconds()


def _wait_until_resettable(console: Console, keys: dict[str, str]) -> bool:
    key = list(keys.values())[-1]

    def resettable() -> bool:
        person = console.person(key)
        return person is not None and person["state"] == "resettable"

    try:
        return wait_for(resettable, PATIENCE, "the registration report")
    except TimeoutError:
        return False
