"""The port `AuditMarks`, as one blob of the ledger's own storage account.

Copying tables back does not touch it, and the app's identity may write it: the Functions host needs
the same role for its own blobs (`infra/modules/roles.bicep`). Spoken without the SDK for blobs,
which is not among the dependencies, over the pipeline of those that are.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shared.adapters.blobs.place import BlobPlace
from shared.adapters.blobs.shared_key import sign
from shared.domain.audit import AuditEnd
from shared.domain.audit_mark import AuditMark
from shared.domain.errors import ServiceUnavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.rest import AsyncHttpResponse, HttpRequest

_CONTAINER = "sspr-rollout"
_BLOB = f"{_CONTAINER}/audit-mark.json"
_SCHEMA = "sspr-rollout/audit-mark/1"
_VERSION = "2021-12-02"
"""Of the REST API."""
_SCOPE = "https://storage.azure.com/.default"
_WAITS: Mapping[str, Any] = {"connection_timeout": 5, "read_timeout": 10}
"""Seconds."""


class BlobAuditMark:
    """Reads and writes the blob; an account that refuses blobs to this identity has no mark."""

    def __init__(
        self, place: BlobPlace, make_credential: "Callable[[], AsyncTokenCredential]"
    ) -> None:
        self._place = place
        self._make_credential = make_credential

    async def read(self) -> AuditMark | None:
        """Returns the newest mark; None where there is none, or none may be read.

        Raises:
            ServiceUnavailable: the account does not answer, or what it has is no mark.
        """
        response = await self._send("GET", _BLOB)
        if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            return None
        _check(response)
        return _mark_of(response.text())

    async def keep(self, mark: AuditMark) -> None:
        """Puts the mark in the place of the one before.

        Raises:
            ServiceUnavailable: the account does not answer.
        """
        response = await self._write(mark)
        if response.status_code == HTTPStatus.NOT_FOUND:
            await self._send("PUT", f"{_CONTAINER}?restype=container")
            response = await self._write(mark)
        if response.status_code != HTTPStatus.FORBIDDEN:
            _check(response)

    async def _write(self, mark: AuditMark) -> "AsyncHttpResponse":
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/json"}
        return await self._send("PUT", _BLOB, _text_of(mark), headers)

    async def _send(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> "AsyncHttpResponse":
        from azure.core import AsyncPipelineClient
        from azure.core.exceptions import AzureError
        from azure.core.pipeline.policies import AsyncRetryPolicy
        from azure.core.rest import HttpRequest

        address = f"{self._place.endpoint}/{path}"
        request = HttpRequest(method, address, content=body.encode())
        known = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
        length = {"Content-Length": str(len(body.encode()))}
        request.headers.update({**known, **length, **(headers or {})})
        try:
            await self._prove(request)
            client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
                self._place.endpoint, policies=[AsyncRetryPolicy(retry_total=2)]
            )
            async with client:
                # Read to its end by then.
                return await client.send_request(request, **_WAITS)
        except AzureError as error:
            raise ServiceUnavailable(f"the audit's mark: {type(error).__name__}") from error

    async def _prove(self, request: "HttpRequest") -> None:
        if self._place.key:
            sign(request, self._place.account, self._place.key)
            return
        async with self._make_credential() as credential:
            token = await credential.get_token(_SCOPE)
        request.headers["Authorization"] = f"Bearer {token.token}"


class NoAuditMark:
    """Where no blob can be kept beside the tables: a ledger that is older is not recognised."""

    async def read(self) -> AuditMark | None:
        """Returns that there is none."""
        return None

    async def keep(self, mark: AuditMark) -> None:
        """Keeps nothing."""


def _check(response: "AsyncHttpResponse") -> None:
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise ServiceUnavailable(f"the audit's mark: Blob Storage answered {response.status_code}")


def _text_of(mark: AuditMark) -> str:
    ends = {end.partition: [end.number, end.digest] for end in mark.ends}
    return json.dumps({"schema": _SCHEMA, "at": mark.at.isoformat(), "ends": ends})


def _mark_of(text: str) -> AuditMark:
    try:
        said = json.loads(text)
        ends = tuple(AuditEnd(name, *end) for name, end in said["ends"].items())
        return AuditMark(at=datetime.fromisoformat(said["at"]), ends=ends)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServiceUnavailable(f"the audit's mark cannot be read: {_BLOB}") from error
