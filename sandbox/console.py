"""What a person at a running sandbox can do: inject, look, reset a password, sign in to AD."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Self

import httpx
import ldap3

from sandbox import supervisor
from sandbox.clock import Clock
from sandbox.layout import Layout
from sandbox.parts import clock_file

_POLL_SECONDS = 0.5
_SYNC_SECONDS = 60.0
_HEARD_SECONDS = 15.0
"""Many times as long as a worker is silent; one that is silent on purpose is then judged so."""


METHODS = ["mobilePhone", "email"]
"""What a person registers who registers by hand."""


class Console:
    """The operator's API, the people's SSPR page and the domain's sign-in, of one sandbox."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._clock = Clock(clock_file(layout))
        keys = json.loads((layout.state / "functions" / "host-keys.json").read_text())
        self.key: str = keys["functionKeys"]["default"]
        self._master = {"x-functions-key": keys["masterKey"]}
        self.app = httpx.Client(
            base_url=f"{layout.functions_url}/api",
            headers={"x-functions-key": self.key},
            timeout=60,
        )
        self.tenant = httpx.Client(base_url=layout.tenant_url, timeout=60)
        self.connect = httpx.Client(base_url=layout.connect_url, timeout=60)
        self.bus = httpx.Client(base_url=layout.bus_url, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in (self.app, self.tenant, self.connect, self.bus):
            client.close()

    def inject(self, events: Sequence[Any]) -> list[str]:
        """Send events to the webhook; answers with their keys."""
        answer = self.app.post("/onboarding-events", json=list(events)).raise_for_status()
        keys: list[str] = answer.json()["keys"]
        return keys

    def event(self, key: str) -> dict[str, Any] | None:
        """What became of an event; None while it has not been dealt with."""
        answer = self.app.get(f"/events/{key}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        value: dict[str, Any] = answer.raise_for_status().json()
        return value

    def person(self, key: str) -> dict[str, Any] | None:
        """The person whom an event concerned, as they are now."""
        people = (self.event(key) or {}).get("people") or [None]
        found: dict[str, Any] | None = people[0]
        return found

    def user(self, identity: str) -> dict[str, Any] | None:
        """A person's way by object id, UPN or employee id; None of whom nothing has asked for."""
        answer = self.app.get(f"/users/{identity}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        people = answer.raise_for_status().json()["people"] or [None]
        found: dict[str, Any] | None = people[0]
        return found

    def status(self) -> dict[str, Any]:
        """The totals."""
        value: dict[str, Any] = self.app.get("/status").raise_for_status().json()
        return value

    def moved(self) -> timedelta:
        """How far the time of app and tenant is ahead of the machine's."""
        return self._clock.offset()

    def now(self) -> datetime:
        """The time as the app and the tenant have it."""
        return self._clock.now()

    def move_clock(self, by: timedelta, *, prepare: Callable[[], object] | None = None) -> None:
        """Let time pass for every part in one step, while nobody judges.

        The app's timers are held; the worker, who cannot have been silent in a time that nobody
        lived through, is heard of again; then the timers go on.

        Args:
            by: How far.
            prepare: Run once no timer runs and before the clock moves: a fault that is meant for
                the timers of the new time is put in place here, where it cannot meet one of the
                old time.

        Raises:
            httpx.HTTPStatusError: a timer's function does not end, so nothing was moved.
        """
        with self.timers_held():
            if prepare:
                prepare()
            self._clock.move_to(self.moved() + by)
            if "hybrid_worker" in supervisor.running(self.layout):
                with suppress(TimeoutError):
                    wait_for(self._hears_the_worker(), _HEARD_SECONDS, "the worker")

    @contextmanager
    def timers_held(self) -> Iterator[None]:
        """Let no timer of the app run, once those that run have ended; what is owed runs after."""
        self._hold_timers(held=True)
        try:
            yield
        finally:
            self._hold_timers(held=False)

    def _hold_timers(self, *, held: bool) -> None:
        # Nobody judges while the app is down, and another host than ours has no such switch.
        with suppress(httpx.ConnectError):
            answer = self.tenant.post(
                f"{self.layout.functions_url}/admin/sandbox/timers",
                json={"held": held},
                headers=self._master,
                timeout=90,
            )
            if answer.status_code != httpx.codes.NOT_FOUND:
                answer.raise_for_status()

    def _hears_the_worker(self) -> Callable[[], bool | None]:
        """A look at whether the app has heard of the worker from now on, in the sandbox's time."""
        since = self._clock.now()

        def look() -> bool | None:
            with suppress(httpx.ConnectError):
                answer = self.app.get("/rollout")
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return True  # no rollout, nobody who judges
                workers = answer.raise_for_status().json()["workers"]
                return any(datetime.fromisoformat(one["seenAt"]) >= since for one in workers)
            return True

        return look

    def reset_password(self, upn: str, password: str) -> httpx.Response:
        """What the person sees who has forgotten their password."""
        body = {"userPrincipalName": upn, "newPassword": password}
        return self.tenant.post("/sspr/reset", json=body)

    def register(self, upn: str) -> None:
        """The person registers two ways to prove who they are."""
        body = {"userPrincipalName": upn, "methods": METHODS}
        self.tenant.post("/sspr/register", json=body).raise_for_status()

    def sync(self) -> None:
        """Run a delta sync cycle to its end, after the one that may be running.

        Raises:
            TimeoutError: none could be had, as on a staging server.
        """
        wait_for(self._synced, _SYNC_SECONDS, "a delta sync cycle")

    def _synced(self) -> bool | None:
        answer = self.connect.post("/sync")
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        answer.raise_for_status()
        return True

    def signs_in(self, upn: str, password: str) -> bool:
        """Whether AD takes the password: a simple bind over LDAPS with the certificate verified."""
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED,
            ca_certs_file=str(self.layout.authority),
            valid_names=["dc1.corp.contoso.test"],
        )
        server = ldap3.Server(
            self.layout.dc_address, port=636, use_ssl=True, tls=tls, get_info=ldap3.NONE
        )
        connection = ldap3.Connection(server, upn, password)
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()


def wait_for[T](look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Look until something is there.

    Raises:
        TimeoutError: it was not there in time; the text says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"waited {seconds:.0f} s in vain for {what}")
