"""Faults on demand: answers that are wrong, late, held back or never given."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from sandbox.tenant.errors import NAMED
from sandbox.tenant.odata import link
from sandbox.tenant.wire import GraphRequest, GraphResponse

Action = Literal["status", "error", "hold", "delay", "drop", "repeat-link", "omit-ids"]
When = Literal["before", "after"]


class Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Fault:
    """One thing to go wrong, `times` times."""

    method: str
    path: re.Pattern[str]
    query: str
    """What the query string has in it; empty: whatever it has."""
    action: Action
    when: When
    times: int
    status: int
    retry_after: float | None
    retry_after_date: bool
    """Whether Retry-After is written as a date, so many seconds ahead."""
    seconds: float
    body: Any
    error: str = ""
    """Of the action `error`: which refusal, by its name in `errors.NAMED`."""
    held: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Self:
        """Read a fault off the wire.

        Raises:
            ValueError: the field it names is missing or not what it should be.
        """
        match = body.get("match", {})
        action: Action = _one_of("action", get_args(Action), body.get("action"))
        changes_answer = action in {"repeat-link", "omit-ids"}
        usual = "after" if changes_answer else "before"
        when: When = _one_of("when", get_args(When), body.get("when", usual))
        if changes_answer and when == "before":
            raise ValueError(f"when: {action} changes an answer, after it was made")
        named = str(body.get("error", ""))
        if action == "error":
            _one_of("error", tuple(NAMED), named)
        try:
            path = re.compile(match.get("path", ""))
        except re.error as error:
            raise ValueError(f"match.path: not a regular expression: {error}") from error
        return cls(
            method=str(match.get("method", "")).upper(),
            path=path,
            query=str(match.get("query", "")),
            action=action,
            when=when,
            times=int(body.get("times", 1)),
            status=int(body.get("status", 503)),
            retry_after=body.get("retryAfter"),
            retry_after_date=bool(body.get("retryAfterDate", False)),
            seconds=float(body.get("seconds", 1.0)),
            body=body.get("body"),
            error=named,
        )

    def described(self) -> dict[str, Any]:
        """The fault as `GET /sandbox/faults` lists it."""
        return {
            "match": {"method": self.method, "path": self.path.pattern},
            "action": self.action,
            "when": self.when,
            "timesLeft": self.times,
            "held": self.held,
        }

    def applies(self, request: GraphRequest, when: When) -> bool:
        """Whether this request, at this moment, is meant."""
        return (
            self.times > 0
            and self.when == when
            and self.method in {"", request.method}
            and self.path.search(request.path) is not None
            and self.query in urlencode(request.query)
        )


class Faults:
    """The faults that are set, in the order in which they are tried."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    @property
    def held(self) -> int:
        """How many requests are being held back now."""
        return sum(fault.held for fault in self._faults)

    def add(self, fault: Fault) -> None:
        """Set one more."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget all, and let go of whatever is held."""
        for fault in self._faults:
            fault.released.set()
        self._faults.clear()

    def described(self) -> list[dict[str, Any]]:
        """What is set, used up or not."""
        return [fault.described() for fault in self._faults]

    async def interfere(
        self, request: GraphRequest, when: When, made: GraphResponse | None = None
    ) -> GraphResponse | None:
        """Do what the first fault that applies says; a response replaces the one that was made.

        Raises:
            Dropped: the connection is to be closed.
        """
        fault = next((each for each in self._faults if each.applies(request, when)), None)
        if fault is None:
            return None
        fault.times -= 1
        match fault.action:
            case "drop":
                raise Dropped
            case "status":
                return _answer(fault)
            case "error":
                error = NAMED[fault.error]()
                return GraphResponse(error.status, error.body(time.time()), _retry_after(fault))
            case "repeat-link":
                return _changed(made, lambda body: _leading_back(body, request))
            case "omit-ids":
                return _changed(made, _without_ids)
            case "delay":
                await asyncio.sleep(fault.seconds)
            case "hold":
                await _hold(fault)
        return None


def _one_of(name: str, choices: tuple[str, ...], value: Any) -> Any:
    if value not in choices:
        raise ValueError(f"{name}: not one of {', '.join(choices)}: {value!r}")
    return value


async def _hold(fault: Fault) -> None:
    fault.held += 1
    try:
        await fault.released.wait()
    finally:
        fault.held -= 1


def _changed(
    made: GraphResponse | None, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> GraphResponse | None:
    """The answer that was made, changed, where it is a list; otherwise as it is."""
    if made is None or not isinstance(made.body, dict) or "value" not in made.body:
        return made
    return replace(made, body=change(made.body))


def _leading_back(body: dict[str, Any], request: GraphRequest) -> dict[str, Any]:
    return {**body, "@odata.nextLink": link(request, {})}


def _without_ids(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{name: row[name] for name in row if name != "id"} for row in body["value"]]
    return {**body, "value": rows}


def _answer(fault: Fault) -> GraphResponse:
    code = {429: "TooManyRequests", 503: "ServiceUnavailable"}.get(fault.status, "UnknownError")
    error = {"error": {"code": code, "message": "A fault that the sandbox was asked for."}}
    body = error if fault.body is None else fault.body
    return GraphResponse(fault.status, body, _retry_after(fault))


def _retry_after(fault: Fault) -> dict[str, str]:
    if fault.retry_after is None:
        return {}
    if fault.retry_after_date:
        return {"Retry-After": formatdate(time.time() + fault.retry_after, usegmt=True)}
    return {"Retry-After": str(fault.retry_after)}
