"""The operator API over HTTP: its JSON as it is, its errors in words for the operator."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self
from urllib.parse import quote

import httpx

from cli.exits import Failure, Status
from cli.settings import Settings

MOST_EVENTS = 1_000
"""Events that the webhook takes in one request."""
_PAUSES = (0.2, 0.8)
"""Seconds before the second and the third attempt."""
_WORTH_A_RETRY = frozenset({429, 502, 503, 504})
_TIMEOUT = 30.0
_ADVICE = {
    401: "it does not take the key; set SSPR_KEY to a function key or host key of this app",
    403: "it is stopped, or its access restrictions do not let this machine in",
    404: "it has no such address; SSPR_URL should end in the app's /api",
}


class RefusedEvent(Failure):
    """The app takes none of the events sent together, because of one of them.

    Attributes:
        field: where the trouble is; `[3].employeeId` in the fourth of a list.
        reason: what is wrong there.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(Status.NOT_FOUND, f"the app refused {field}: {reason}")
        self.field = field
        self.reason = reason


class OperatorApi:
    """The operator API; every call raises `Failure` where the app gives no usable answer.

    A call that got no answer is made again: reading changes nothing, and an event that the app
    gets twice is known by its id.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = str(settings.url).rstrip("/")
        self._http = httpx.Client(
            headers={"x-functions-key": settings.key.get_secret_value()}, timeout=_TIMEOUT
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, events: Sequence[Any]) -> list[str]:
        """Hand in at most `MOST_EVENTS` events: all are taken or none; the keys to follow them by.

        Raises:
            RefusedEvent: the app found something wrong with one of them.
        """
        answer = self._ask("POST", "onboarding-events", json=list(events))
        body = _object(answer)
        if answer.status_code == httpx.codes.BAD_REQUEST and "error" in body:
            raise RefusedEvent(body["error"]["field"], body["error"]["reason"])
        if answer.status_code != httpx.codes.ACCEPTED or "keys" not in body:
            raise self._unusable(answer)
        return list(body["keys"])

    def user(self, identity: str) -> dict[str, Any] | None:
        """`{"people": […]}`; None where nobody is known by that name."""
        return self._read(f"users/{quote(identity, safe='@')}")

    def event(self, key: str) -> dict[str, Any] | None:
        """What became of the event; None where no such event has been dealt with."""
        return self._read(f"events/{quote(key, safe='')}")

    def status(self) -> dict[str, Any]:
        """The totals, whoever needs a look, and what was refused."""
        found = self._read("status")
        if found is None:
            raise Failure(Status.UNREACHABLE, f"{self._url} has no status; is it the app?")
        return found

    def _read(self, path: str) -> dict[str, Any] | None:
        answer = self._ask("GET", path)
        body = _object(answer)
        if answer.status_code == httpx.codes.NOT_FOUND and "error" in body:
            return None
        if answer.status_code != httpx.codes.OK or not body:
            raise self._unusable(answer)
        return body

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        url = f"{self._url}/{path}"
        for pause in _PAUSES:
            with suppress(httpx.TransportError):
                answer = self._http.request(method, url, **content)
                if answer.status_code not in _WORTH_A_RETRY:
                    return answer
            time.sleep(pause)
        try:
            return self._http.request(method, url, **content)
        except httpx.TransportError as error:
            problem = f"{type(error).__name__}: {error}"
            text = f"{self._url} cannot be reached ({problem}); is the app up and SSPR_URL right?"
            raise Failure(Status.UNREACHABLE, text) from None

    def _unusable(self, answer: httpx.Response) -> Failure:
        code = answer.status_code
        advice = _ADVICE.get(code, "see the app's logs")
        if answer.has_redirect_location:
            advice = f"it moved to {answer.headers['location']}; set SSPR_URL accordingly"
        elif answer.is_success:
            advice = "but not with the operator API's JSON; is SSPR_URL the app's /api?"
        return Failure(Status.UNREACHABLE, f"{self._url} answered {code}: {advice}")


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
