"""A SCIM client of the use case: it sends what connectors send, and holds what is answered."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.contracts.api.scim_answers import ScimAnswer
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import NotAuthenticated, NotAuthorised
from shared.hr.registry import HR_KINDS
from shared.ports.senders import Senders
from shared.ports.world import World
from shared.use_cases.onboarding.admit_sender import Token
from shared.use_cases.onboarding.scim.refusals import refused
from shared.use_cases.onboarding.scim.serve import ScimRequest, serve_scim
from tests.support.enrolments import NOW
from tests.support.scim_tester import Answer

SECRET = "a-secret-of-some-length"
FORMER = "the-secret-before-that"
_SERVICE = "/scim/v2"
_SOURCE = source_model(HR_KINDS)


def scim_source(name: str, **more: Any) -> Source:
    """A source of SCIM that shows one of two secrets."""
    secret = {"secret": "SCIM", "secondSecret": "SCIM_OLD", "form": "bearer"}
    proof = {"authentication": "secret", "secret": secret}
    fields = {"name": name, "kind": "scim", **proof, **more}
    return _SOURCE.model_validate_json(json.dumps(fields))


SENDERS = Senders(
    sources={
        one.name: one
        for one in (
            scim_source("entra", match="userPrincipalName"),
            scim_source("okta"),
        )
    },
    secrets={"scim": SECRET.encode(), "scim_old": FORMER.encode()},
)


@dataclass
class ScimClient:
    """A client of one source; `now` is the time at which it asks."""

    world: World
    source: str = "entra"
    senders: Senders = SENDERS
    token: str | None = SECRET
    now: datetime = NOW
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The service's address."""
        return f"https://app.test/api/hr/{self.source}{_SERVICE}"

    @property
    def _shown(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token is not None else {}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> ScimAnswer:
        """Send a request; a body that is no bytes is written as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        address = urlsplit(path)
        request = ScimRequest(
            source=self.source,
            method=method,
            path=address.path,
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            headers=self._shown | {name.replace("_", "-"): one for name, one in headers.items()},
            body=content,
            token=Token(scheme="bearer", text=self.token) if self.token is not None else None,
            base=self.base,
        )
        try:
            return await serve_scim(request, self.senders, self.world, self.now)
        except (NotAuthenticated, NotAuthorised) as error:
            return refused(error)

    async def done(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that is to be carried out; the answer's body."""
        answer = await self.ask(method, path, body, **headers)
        assert answer.status < 300, answer
        return answer.body

    def service(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The same for the compliance tester, which waits for its answers."""
        told = {name.replace("-", "_"): headers[name] for name in headers if name.startswith("if-")}
        below = path.partition(_SERVICE)[2]
        answer = asyncio.run(self.ask(method, below, body, **told))
        content = b"" if answer.body is None else _json(answer.body)
        media = {"Content-Type": "application/scim+json"}
        return Answer(answer.status, {**answer.headers, **media}, content)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
