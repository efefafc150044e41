"""Where the blob of the mark is, by what the tables are reached by; or nowhere."""

import pytest

from shared.adapters.blobs.place import BlobPlace


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://acme.table.core.windows.net", "https://acme.blob.core.windows.net"),
        ("https://acme.table.core.usgovcloudapi.net/", "https://acme.blob.core.usgovcloudapi.net"),
        ("https://tables.acme.test", None),
    ],
)
def test_an_accounts_blobs_are_beside_its_tables(endpoint: str, expected: str | None) -> None:
    place = BlobPlace.beside_tables(endpoint)
    assert (place.endpoint if place else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AccountName=a;AccountKey=k", "https://a.blob.core.windows.net"),
        ("AccountName=a;AccountKey=k;EndpointSuffix=x.test", "https://a.blob.x.test"),
        ("AccountName=a;AccountKey=k;BlobEndpoint=http://h:1/a/", "http://h:1/a"),
        ("AccountName=a;AccountKey=k;TableEndpoint=http://h:1/a", None),
        ("UseDevelopmentStorage=true", None),
        ("", None),
    ],
)
def test_a_connection_string_names_the_place_or_none(text: str, expected: str | None) -> None:
    place = BlobPlace.of_connection_string(text)
    assert (place.endpoint if place else None) == expected


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(BlobPlace("http://h", "a", "secret"))
