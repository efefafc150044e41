"""The SCIM service provider on the real functions host, with real tables and a real queue."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from sandbox.testing.functions_host_process import App
from tests.support import operator_api_parts
from tests.support.operator_api_parts import Parts
from tests.support.scim_tester import Answer, compliance, failures

SECRET = "a-secret-of-some-length"
SOURCES = """
schema: sspr-rollout/hr-sources/1
sources:
  - name: provisioning
    kind: scim
    authentication: bearer
    bearer: {secrets: [PROVISIONING]}
    match: userPrincipalName
"""
CODE = """
from functions import hr, scim

app.register_functions(hr.blueprint(served))
app.register_functions(scim.blueprint(served))
"""
SERVICE = "/api/hr/provisioning/scim/v2"


@pytest.fixture(scope="module")
def http(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("app")
    sources = folder / "sources.yaml"
    sources.write_text(SOURCES)
    values = {
        **parts.settings,
        "SSPR_HR_SOURCES_FILE": str(sources),
        "SSPR_HR_SECRETS__PROVISIONING": SECRET,
    }
    app = App(folder, operator_api_parts.CODE + CODE, values=values)
    with app.running() as host:
        host.http.timeout = httpx.Timeout(20)
        yield host.http


def bearing(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_the_compliance_tester_finds_nothing_to_complain_of(http: httpx.Client) -> None:
    def service(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        own = {name: headers[name] for name in headers if name not in {"host", "content-length"}}
        answer = http.request(method, path, headers=own, content=body)
        kept = {"content-type", "location", "etag"}
        named = {name: value for name, value in answer.headers.items() if name in kept}
        return Answer(answer.status_code, named, answer.content)

    results = compliance(service, f"{str(http.base_url).rstrip('/')}{SERVICE}", SECRET)
    assert failures(results) == []
    assert len(results) > 50


def test_what_is_answered_is_scim_s_own_media_type_and_address(http: httpx.Client) -> None:
    user = {"userName": "Kim@contoso.test", "active": True}
    media = {"Content-Type": "application/scim+json", **bearing()}
    made = http.post(f"{SERVICE}/Users", json=user, headers=media)
    assert made.status_code == 201
    assert made.headers["content-type"].startswith("application/scim+json")
    assert made.headers["location"] == f"{http.base_url.join(SERVICE)}/Users/{made.json()['id']}"
    assert http.get(made.headers["location"], headers=bearing()).json() == made.json()
    found = http.get(
        f"{SERVICE.upper().replace('PROVISIONING', 'provisioning')}/users",
        params={"filter": 'userName eq "kim@CONTOSO.test"'},
        headers=bearing(),
    ).json()
    assert [one["id"] for one in found["Resources"]] == [made.json()["id"]]
    twice = http.post(f"{SERVICE}/Users", json=user, headers=media)
    assert (twice.status_code, twice.json()["scimType"]) == (409, "uniqueness")
    gone = http.delete(made.headers["location"], headers=bearing())
    assert (gone.status_code, gone.content) == (204, b"")


def test_a_secret_opens_its_own_source_and_the_present_door_stays_what_it_was(
    http: httpx.Client,
) -> None:
    for headers in ({}, bearing("a-guess-of-some-length")):
        answer = http.get(f"{SERVICE}/Users", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["status"] == "401"
    user = {"userName": "grace@contoso.test"}
    assert http.post("/api/hooks/provisioning", json=user, headers=bearing()).status_code == 202
    assert http.post("/api/hooks/provisioning", json=user).status_code == 401


def test_what_the_guard_refuses_is_refused_in_scim(http: httpx.Client) -> None:
    for headers, status in [
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/scim+json; charset=utf-16"}, 415),
    ]:
        answer = http.post(f"{SERVICE}/Users", content=b"{}", headers=headers | bearing())
        assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    chunked = http.post(f"{SERVICE}/Users", content=iter([b"{}"]), headers=bearing())
    assert chunked.status_code == 411
