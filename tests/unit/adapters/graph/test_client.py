import subprocess
import sys

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure
from shared.adapters.identity import credential
from shared.domain.errors import ConfigurationError


@pytest.mark.parametrize(
    "base_url",
    [
        "http://graph.microsoft.com/v1.0",
        "http://127.0.0.1.example.test/v1.0",
        "ftp://localhost/v1.0",
        "graph.microsoft.com",
        "",
    ],
)
def test_a_token_never_leaves_this_machine_in_the_clear(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base URL"):
        GraphClient(credential, base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    ["https://graph.microsoft.us/v1.0/", "http://127.0.0.1:8080/v1.0", "http://localhost/v1.0"],
)
def test_other_clouds_and_this_machine_are_fine(base_url: str) -> None:
    assert GraphClient(credential, base_url=base_url).base_url == base_url.rstrip("/")


def test_the_next_page_is_asked_for_below_the_base_url() -> None:
    client = GraphClient(credential)
    page = {"@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"}
    assert client.next_path(page) == "/users?$skiptoken=x"
    assert client.next_path({"value": []}) is None


@pytest.mark.parametrize(
    "link",
    ["https://graph.microsoft.com.evil.test/v1.0/users", "https://graph.microsoft.com/beta/x"],
)
def test_a_next_page_elsewhere_is_not_followed(link: str) -> None:
    with pytest.raises(GraphFailure, match="next page"):
        GraphClient(credential).next_path({"@odata.nextLink": link})


def test_importing_the_adapters_imports_no_sdk() -> None:
    script = """
import sys
import shared.adapters.graph.directory, shared.adapters.graph.scope
import shared.adapters.service_bus.outbox, shared.adapters.identity
sdks = {"azure", "httpx", "kiota_http", "kiota_abstractions", "msgraph", "msgraph_core", "aiohttp"}
print(sorted(sdks & sys.modules.keys()))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
