"""Where the blobs of the ledger's storage account are, by what the tables are reached by."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

_TABLE, _BLOB = ".table.", ".blob."


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """An account's blob endpoint; with its name and key where no identity is used."""

    endpoint: str
    account: str = ""
    key: str = field(default="", repr=False)

    @classmethod
    def beside_tables(cls, endpoint: str) -> Self | None:
        """Returns the place in the account of a table endpoint; None where that is no account's."""
        host = urlsplit(endpoint).hostname or ""
        if _TABLE not in host:
            return None
        return cls(f"https://{host.replace(_TABLE, _BLOB, 1)}")

    @classmethod
    def of_connection_string(cls, text: str) -> Self | None:
        """Returns the place that a storage connection string names.

        None where it names none: an emulator of tables alone, or `UseDevelopmentStorage`.
        """
        parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        account, key = parts.get("AccountName", ""), parts.get("AccountKey", "")
        endpoint = parts.get("BlobEndpoint")
        if endpoint is None and "TableEndpoint" not in parts and account:
            suffix = parts.get("EndpointSuffix", "core.windows.net")
            endpoint = f"https://{account}.blob.{suffix}"
        return cls(endpoint.rstrip("/"), account, key) if endpoint and account and key else None
