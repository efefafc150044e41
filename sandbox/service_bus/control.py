"""The control API: what tests and operators of the sandbox see and do, over HTTP."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.service_bus.access import Role
from sandbox.service_bus.amqp.message import body_text
from sandbox.service_bus.broker import Broker, HostedQueue
from sandbox.service_bus.faults import ActiveFault, Fault, Incident, Scope
from sandbox.service_bus.holds import Operation
from sandbox.service_bus.queue import Message, Queue, State

if TYPE_CHECKING:
    from collections.abc import Callable

_ALL = 2**62
_DAY = 86_400


def control_application(broker: Broker) -> Starlette:
    """The control API of a broker."""
    control = _Control(broker)
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("/health", "GET", control.health),
        ("/queues", "GET", control.queues),
        ("/queues/{name}/messages", "GET", control.messages),
        ("/queues/{name}/holds", "GET", control.holds),
        ("/queues/{name}/hold", "POST", control.hold),
        ("/queues/{name}/release", "POST", control.release),
        ("/queues/{name}/purge", "POST", control.purge),
        ("/faults", "GET", control.faults),
        ("/faults", "POST", control.fault),
        ("/faults", "DELETE", control.clear_faults),
        ("/reset", "POST", control.reset),
    ]
    return Starlette(routes=[Route(path, call, methods=[verb]) for path, verb, call in routes])


class _Control:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def queues(self, _: Request) -> Response:
        hosted = self._broker.queues.values()
        return JSONResponse({host.queue.name: _summary(host.queue) for host in hosted})

    async def messages(self, request: Request) -> Response:
        dead_letters = request.query_params.get("deadletter", "").lower() == "true"
        found = self._queue(request).queue.peek(0, _ALL, dead_letters=dead_letters)
        return JSONResponse([_describe(message) for message in found])

    async def holds(self, request: Request) -> Response:
        return JSONResponse(self._queue(request).waiting())

    async def hold(self, request: Request) -> Response:
        hosted = self._queue(request)
        operation, body = await _operation(request), await request.json()
        hosted.holds.hold(operation, str(body.get("containing", "")).encode())
        return JSONResponse(hosted.waiting())

    async def release(self, request: Request) -> Response:
        hosted = self._queue(request)
        hosted.holds.release(await _operation(request))
        self._broker.request_turn()
        return JSONResponse(hosted.waiting())

    async def purge(self, request: Request) -> Response:
        hosted = self._queue(request)
        hosted.queue.purge()
        self._broker.request_turn()
        return JSONResponse(_summary(hosted.queue))

    async def faults(self, _: Request) -> Response:
        return JSONResponse([_describe_fault(one) for one in self._broker.faults.active])

    async def fault(self, request: Request) -> Response:
        what, scope, seconds = await _fault(request)
        if scope.queue is not None and scope.queue not in self._broker.queues:
            raise HTTPException(404, f"there is no queue '{scope.queue}'")
        if isinstance(what, Incident):
            self._broker.befall(what, scope)
        else:
            self._broker.begin(ActiveFault(what, scope, seconds))
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Response:
        self._broker.clear_faults()
        return await self.faults(request)

    async def reset(self, _: Request) -> Response:
        self._broker.clear_faults()
        for hosted in self._broker.queues.values():
            hosted.queue.purge()
        self._broker.request_turn()
        return JSONResponse({})

    def _queue(self, request: Request) -> HostedQueue:
        name = request.path_params["name"]
        hosted = self._broker.queues.get(name.lower())
        if hosted is None:
            raise HTTPException(404, f"there is no queue '{name}'")
        return hosted


async def _operation(request: Request) -> Operation:
    try:
        return Operation((await request.json())["operation"])
    except (ValueError, KeyError, TypeError) as error:
        expected = " or ".join(Operation)
        raise HTTPException(400, f"operation: expected {expected}") from error


async def _fault(request: Request) -> tuple[Fault | Incident, Scope, float]:
    try:
        body = await request.json()
        name, queue, role = body["fault"], body.get("queue"), body.get("role")
        known: dict[str, Fault | Incident] = {str(one): one for one in (*Fault, *Incident)}
        what = known[name]
        scope = Scope(queue and queue.lower(), Role(role.capitalize()) if role else None)
        seconds = float(body.get("seconds", 0))
        if (what in {Fault.SLOWNESS, Fault.CLOCK}) != bool(seconds) or abs(seconds) > _DAY:
            raise ValueError("seconds")  # noqa: TRY301 - all complaints are one
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HTTPException(
            400,
            f"expected fault ({', '.join((*Fault, *Incident))}), and as they are wanted queue, "
            "role (sender or receiver), and seconds of slowness or clock",
        ) from error
    return what, scope, seconds


def _describe_fault(active: ActiveFault) -> dict[str, Any]:
    return {
        "fault": active.fault,
        "queue": active.scope.queue,
        "role": active.scope.role and active.scope.role.lower(),
        "seconds": active.seconds or None,
    }


def _summary(queue: Queue) -> dict[str, Any]:
    states: Counter[State] = Counter()
    dead_lettered = locked = 0
    for message in queue:
        locked += message.lock_token is not None
        if message.dead_letter is not None:
            dead_lettered += 1
        else:
            states[message.state] += 1
    return {
        "active": states[State.ACTIVE],
        "scheduled": states[State.SCHEDULED],
        "deferred": states[State.DEFERRED],
        "deadLettered": dead_lettered,
        "locked": locked,
        "totals": {
            "sent": queue.totals.sent,
            "duplicates": queue.totals.duplicates,
            "completed": queue.totals.completed,
            "abandoned": queue.totals.abandoned,
            "expiredLocks": queue.totals.expired_locks,
        },
    }


def _describe(message: Message) -> dict[str, Any]:
    why = asdict(message.dead_letter) if message.dead_letter else {}
    message_id = message.parcel.message_id
    return {
        "sequenceNumber": message.sequence_number,
        "state": message.state.name.lower(),
        "messageId": None if message_id is None else str(message_id),
        "deliveryCount": message.delivery_count,
        "body": body_text(message.parcel),
        "deadLetterReason": why.get("reason"),
        "deadLetterErrorDescription": why.get("description"),
        "enqueuedAt": _time(message.enqueued_at),
        "scheduledFor": _time(message.due_at),
        "expiresAt": _time(message.expires_at),
        "lockedUntil": _time(message.locked_until if message.lock_token else None),
    }


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, ValueError):  # a time to live as long as AMQP can say
        return datetime.max.replace(tzinfo=UTC).isoformat()
