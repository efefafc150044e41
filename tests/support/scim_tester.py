"""The SCIM compliance tester `scim2-tester`, against any service that answers requests.

It fills attributes with random text. Whom our source matches by their userName needs one that is a
UPN, and a number that Entra could hold, as a connector's mapping would send them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service has answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes


type Service = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""From a method, a path with its query, headers and a body."""


class Fresh(Sequence[str]):
    """Examples of an attribute's values, none of which comes twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._numbers = count(1)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _: Any) -> str:
        return self._text.format(next(self._numbers))


def compliance(service: Service, base_url: str, token: str) -> list[tuple[str, str, str]]:
    """Runs all checks; returns of each what it is called, how it ended and why."""
    client = _client(service, base_url, token)
    client.discover()
    _exemplify(client)
    results = check_server(client)
    return [(str(one.title), one.status.name, str(one.reason)) for one in results]


def failures(results: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Returns those that a compliant service does not have."""
    good = {Status.SUCCESS.name, Status.SKIPPED.name, Status.COMPLIANT.name}
    return [one for one in results if one[1] not in good]


def _exemplify(client: WSGISCIMClient) -> None:
    examples = {
        "user_name": Fresh("user{}@contoso.test"),
        "employee_number": Fresh("{}"),
        "hire_date": Fresh("2026-12-24T08:00:00.{}Z"),
    }
    for model in (*client.provider.models, client.get_resource_model("User")):
        for name, values in examples.items():
            if model is not None and name in model.model_fields:
                model.model_fields[name].examples = values  # type: ignore[assignment]


def _client(service: Service, base_url: str, token: str) -> WSGISCIMClient:
    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterator[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        query = environ["QUERY_STRING"]
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        body = environ["wsgi.input"].read()
        answer = service(environ["REQUEST_METHOD"], path, headers, body)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start(status, list(answer.headers.items()))
        yield answer.content

    path = urlsplit(base_url).path
    assert path, "the service lies below a path"
    headers = {"Authorization": f"Bearer {token}"}
    return WSGISCIMClient(application, base_url=base_url, headers=headers)
