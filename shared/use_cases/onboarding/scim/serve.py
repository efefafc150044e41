"""Answer one request to a SCIM service provider: who asks, what for, and what comes of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from shared.contracts.api.scim_answers import (
    Json,
    ScimAnswer,
    ScimProblem,
    ScimRefusal,
    list_answer,
)
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.contracts.messages.cloud_event_modes import attributes_of_headers
from shared.contracts.messages.contract import LARGEST_BODY, check_size
from shared.contracts.messages.onboarding_event import decode
from shared.domain.errors import InvalidMessage, NotAuthorised, SsprRolloutError
from shared.hr import scim
from shared.hr.request import HrRequest
from shared.hr.scim_service import discovery
from shared.hr.scim_service.patch import patched
from shared.hr.scim_service.projection import projected
from shared.ports.scim_users import ScimUser
from shared.ports.senders import Senders
from shared.ports.world import World
from shared.use_cases.onboarding.admit_sender import Token, admit_sender
from shared.use_cases.onboarding.hear_source import hear_source
from shared.use_cases.onboarding.scim.bulk import carry_out_all
from shared.use_cases.onboarding.scim.refusals import refused
from shared.use_cases.onboarding.scim.users import (
    Directory,
    change_user,
    create_user,
    delete_user,
    find_user,
    find_users,
    replacing,
    version_of,
)

_TOKENS = frozenset({Authentication.SECRET, Authentication.ENTRA})
"""A signature of a request without a body would be good for all of them."""
_SEARCH = ".search"
_USUAL_COUNT = 100
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_NOT_HERE = ScimRefusal(ScimProblem.NOT_FOUND, "there is nothing at this address")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimRequest:
    """A request as it came."""

    source: str
    method: str
    path: str
    """Below the service's address."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes
    token: Token | None
    base: str
    """The service's address, without a slash at its end."""


async def serve_scim(
    request: ScimRequest, senders: Senders, world: World, now: datetime
) -> ScimAnswer:
    """Answers the request, refusals of what is asked included.

    Raises:
        NotProved, NotAuthorised: nobody is let in by what was shown.
        SsprRolloutError: what is not the client's fault, and does not pass.
    """
    source = await _admitted(request, senders, now)
    # A connector that only asks is at work: it does so at each of its cycles.
    await hear_source(source.name, world, now)
    try:
        directory = Directory(
            source=source,
            users=world.scim_users,
            outbox=world.outbox,
            door_key=world.door_key,
            base=request.base,
            now=now,
        )
        return await _Asked(directory, request).answer()
    except SsprRolloutError as error:
        return refused(error)


async def _admitted(request: ScimRequest, senders: Senders, now: datetime) -> Source:
    """Returns the source; whoever proves nothing is not told whether there is one."""
    source = senders.sources.get(request.source)
    if source and (source.kind != scim.KIND.name or source.authentication not in _TOKENS):
        source = None
    shown = HrRequest(body=request.body, headers=request.headers, method=request.method)
    return await admit_sender(source, shown, request.token, senders, now)


def _refuse_cloud_events(headers: Mapping[str, str]) -> None:
    # In binary mode they say what happened; whoever passes over them takes a leaving for a joining.
    if said := attributes_of_headers(headers):
        name = f"ce-{next(iter(said))}"
        raise ScimRefusal(
            ScimProblem.INVALID_VALUE,
            f"{name}: a CloudEvent is no SCIM request",
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request of somebody who has been let in."""

    directory: Directory
    request: ScimRequest

    async def answer(self) -> ScimAnswer:
        request = self.request
        check_size(len(request.body))
        _refuse_cloud_events(request.headers)
        kind, _, rest = request.path.strip("/").partition("/")
        match kind.lower():
            case "users":
                return await self._users(unquote(rest))
            case "bulk" if not rest:
                _allow(request.method, "POST")
                return await carry_out_all(self._body(), self._single)
            case "groups":
                return _groups(request.method, rest)
            case "me":
                raise ScimRefusal(ScimProblem.NOT_IMPLEMENTED, "nobody here is a user themselves")
            case ".search" if not rest:
                return await self._search()
        return self._described(kind.lower(), unquote(rest))

    async def _users(self, user_id: str) -> ScimAnswer:
        method = self.request.method
        if user_id == _SEARCH:
            return await self._search()
        if "/" in user_id:
            raise _NOT_HERE
        if not user_id:
            _allow(method, "GET", "POST")
            if method == "GET":
                return await self._listed(self.request.query)
        else:
            _allow(method, "GET", "PUT", "PATCH", "DELETE")
        if method == "GET":
            return await self._read(user_id)
        body = None if method == "DELETE" else self._body()
        answer = await self._write(method, user_id, body, self.request.headers.get("if-match"))
        if answer.body is None:
            return answer
        shown = self._projected(answer.body, self.request.query)
        return ScimAnswer(status=answer.status, body=shown, headers=answer.headers)

    async def _single(self, method: str, path: str, data: Any, version: str | None) -> ScimAnswer:
        """Carries out one operation of a bulk request."""
        kind, _, user_id = path.strip("/").partition("/")
        if kind.lower() == "groups":
            return _groups(method, user_id)
        if kind.lower() != "users" or "/" in user_id:
            raise _NOT_HERE
        _allow(method, *(("PUT", "PATCH", "DELETE") if user_id else ("POST",)))
        return await self._write(method, unquote(user_id), data, version)

    async def _write(
        self, method: str, user_id: str, body: Any, if_match: str | None
    ) -> ScimAnswer:
        directory = self.directory
        match method:
            case "POST":
                return self._answered(await create_user(directory, body), 201)
            case "DELETE":
                await delete_user(directory, user_id, if_match=if_match)
                return ScimAnswer(status=204)
            case "PUT":
                change = replacing(body)
            case _:

                def change(user: Mapping[str, Any]) -> Json:
                    return patched(user, body)

        changed = await change_user(directory, user_id, change, method=method, if_match=if_match)
        return self._answered(changed, 200)

    async def _read(self, user_id: str) -> ScimAnswer:
        user = await find_user(self.directory, user_id)
        if self.request.headers.get("if-none-match", "").strip() == version_of(user):
            return ScimAnswer(status=304, headers={"ETag": version_of(user)})
        answer = self._answered(user, 200)
        shown = self._projected(answer.body or {}, self.request.query)
        return ScimAnswer(status=200, body=shown, headers=answer.headers)

    async def _search(self) -> ScimAnswer:
        _allow(self.request.method, "POST")
        body = self._body()
        if not isinstance(body, Mapping):
            raise ScimRefusal(ScimProblem.INVALID_SYNTAX, "(body): write an object")
        return await self._listed(
            {
                str(name): ",".join(map(str, value)) if isinstance(value, list) else str(value)
                for name, value in body.items()
            }
        )

    async def _listed(self, query: Mapping[str, str]) -> ScimAnswer:
        start = max(1, _number(query, "startIndex", 1))
        count = max(0, _number(query, "count", _USUAL_COUNT))
        condition = _parameter(query, "filter")
        users, total = await find_users(self.directory, condition, start=start, count=count)
        shown = [self._projected(self.directory.written(user), query) for user in users]
        return ScimAnswer(status=200, body=list_answer(shown, total=total, start=start))

    def _described(self, kind: str, name: str) -> ScimAnswer:
        base = self.directory.base
        if kind == "serviceproviderconfig" and not name:
            self._allow_reading()
            config = discovery.service_provider_config(base, LARGEST_BODY)
            return ScimAnswer(status=200, body=config)
        known = {"schemas": discovery.schemas, "resourcetypes": discovery.resource_types}
        if kind not in known:
            raise _NOT_HERE
        self._allow_reading()
        resources = known[kind](base)
        if not name:
            return ScimAnswer(status=200, body=list_answer(resources, total=len(resources)))
        for resource in resources:
            if resource["id"].lower() == name.lower():
                return ScimAnswer(status=200, body=resource)
        raise _NOT_HERE

    def _allow_reading(self) -> None:
        _allow(self.request.method, "GET")
        if _parameter(self.request.query, "filter") is not None:
            # RFC 7644, section 4.
            raise NotAuthorised("filter: what describes the service is not filtered")

    def _body(self) -> Any:
        try:
            return decode(self.request.body)
        except InvalidMessage as error:
            raise ScimRefusal(ScimProblem.INVALID_SYNTAX, str(error)) from None

    def _answered(self, user: ScimUser, status: int) -> ScimAnswer:
        headers = {"ETag": version_of(user), "Location": self.directory.location(user)}
        return ScimAnswer(status=status, body=self.directory.written(user), headers=headers)

    def _projected(self, resource: Json, query: Mapping[str, str]) -> Json:
        only, without = (
            (_parameter(query, name) or "").split(",")
            for name in ("attributes", "excludedAttributes")
        )
        return projected(resource, only, without)


def _groups(method: str, rest: str) -> ScimAnswer:
    """Nobody's groups are kept: there are none to be seen, and none can be written."""
    if method != "GET":
        raise ScimRefusal(ScimProblem.NOT_IMPLEMENTED, "groups are not provisioned here")
    if rest:
        raise _NOT_HERE
    return ScimAnswer(status=200, body=list_answer([], total=0))


def _allow(method: str, *methods: str) -> None:
    if method not in methods:
        raise ScimRefusal(ScimProblem.NOT_ALLOWED, f"send {_either(methods)}")


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _parameter(query: Mapping[str, str], name: str) -> str | None:
    found = next((value for key, value in query.items() if key.lower() == name.lower()), None)
    return found or None


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = _parameter(query, name)
    if text is None:
        return otherwise
    if _NUMBER.fullmatch(text) is None:
        raise ScimRefusal(ScimProblem.INVALID_VALUE, f"{name}: write a whole number")
    return int(text)
