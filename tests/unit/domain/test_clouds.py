"""One setting says in which cloud everything is, and nothing says it otherwise."""

import re

import pytest

from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.graph.client import GraphClient
from shared.adapters.identity import credential
from shared.domain.clouds import Cloud
from shared.settings import AppSettings
from tests.support.app_settings import sample
from tests.support.repository import ROOT

TENANT = "7e7a7c00-0000-4000-8000-000000000002"


@pytest.mark.parametrize("cloud", Cloud)
def test_graph_entra_and_issuers_follow_from_the_cloud(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**sample(), "SSPR_CLOUD": str(cloud)}.items():
        monkeypatch.setenv(name, value)
    settings, places = AppSettings(), cloud.places
    assert GraphClient(credential, base_url=settings.graph_base_url).base_url == places.graph_url
    assert settings.authority == places.login
    keys = SigningKeys(authority=settings.authority, tenant_id=TENANT, issuer_v1=places.issuer_v1)
    assert keys.issuers == {f"{places.login}/{TENANT}/v2.0", f"{places.issuer_v1}/{TENANT}/"}


def test_no_two_clouds_have_one_graph() -> None:
    assert len({cloud.places.graph for cloud in Cloud}) == len(Cloud)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("infra/graph/grant-permissions", r"\[([a-z-]+)\]='(https://[^']+)'"),
        ("infra/graph/check_permissions.py", r'"([a-z-]+)": "(https://[^"]+)"'),
    ],
)
def test_the_scripts_know_the_same_graphs_by_the_same_names(script: str, line: str) -> None:
    known = dict(re.findall(line, (ROOT / script).read_text(encoding="utf-8")))
    assert known == {str(cloud): cloud.places.graph_url for cloud in Cloud}
