"""Faults on demand: answers that are wrong, late, held back or never given."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

from sandbox.tenant.wire import GraphRequest, GraphResponse

Action = Literal["status", "hold", "delay", "drop"]
When = Literal["before", "after"]


class Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Fault:
    """One thing to go wrong, `times` times."""

    method: str
    path: re.Pattern[str]
    action: Action
    when: When
    times: int
    status: int
    retry_after: float | None
    seconds: float
    body: Any
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
        when: When = _one_of("when", get_args(When), body.get("when", "before"))
        try:
            path = re.compile(match.get("path", ""))
        except re.error as error:
            raise ValueError(f"match.path: not a regular expression: {error}") from error
        return cls(
            method=str(match.get("method", "")).upper(),
            path=path,
            action=action,
            when=when,
            times=int(body.get("times", 1)),
            status=int(body.get("status", 503)),
            retry_after=body.get("retryAfter"),
            seconds=float(body.get("seconds", 1.0)),
            body=body.get("body"),
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

    async def interfere(self, request: GraphRequest, when: When) -> GraphResponse | None:
        """Do what the first fault that applies says; a response replaces the real one.

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


def _answer(fault: Fault) -> GraphResponse:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    code = {429: "TooManyRequests", 503: "ServiceUnavailable"}.get(fault.status, "UnknownError")
    error = {"error": {"code": code, "message": "A fault that the sandbox was asked for."}}
    return GraphResponse(fault.status, error if fault.body is None else fault.body, headers)
