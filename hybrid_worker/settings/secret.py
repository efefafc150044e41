"""A secret that is in a setting, or in a file that a setting names."""

from pathlib import Path

from pydantic import SecretStr


def secret_of(value: SecretStr | None, file: Path | None) -> str | None:
    """Returns the secret, of a file without the end of its line; None where neither is given."""
    if value:
        return value.get_secret_value()
    return file.read_text("utf-8").strip("\r\n") if file else None
