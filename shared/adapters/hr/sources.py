"""The file of HR sources, read once when the app starts, and what its proofs are checked with."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from shared.contracts.documents.finding import InvalidDocument
from shared.contracts.documents.hr_sources.meaning import brake_of, length
from shared.contracts.documents.hr_sources.secrets import weaknesses
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import ConfigurationError
from shared.domain.person.brake import Brake, Brakes
from shared.ports.senders import Senders, Tokens

USUAL_FILE = Path(__file__).parents[2] / "hr-sources.yaml"
"""Beside function_app.py."""


def read_sources(file: Path | None, read: Callable[[bytes], Sequence[Source]]) -> Sequence[Source]:
    """Reads the sources of a file, or of the usual one; none where there is no such file.

    Raises:
        ConfigurationError: the file is not there although it is asked for, or is wrong; with
            every line that is.
    """
    path = file or USUAL_FILE
    if file is None and not path.exists():
        return []
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"SSPR_HR_SOURCES_FILE: {path}: {error.strerror}") from None
    except InvalidDocument as error:
        problems = [f"{path.name}: {one}" for one in error.findings]
        raise ConfigurationError(f"The HR sources in {path}:", problems) from None


def senders_of(
    sources: Sequence[Source],
    *,
    secrets: Mapping[str, str],
    tokens: Tokens | None,
    without_tokens: Sequence[str] = (),
) -> Senders:
    """Returns the senders, once everything is there that their proofs are checked with.

    Args:
        sources: as the file has them.
        secrets: by the names that the file calls them, in any case.
        tokens: what checks tokens of Entra.
        without_tokens: the settings without which there is no such thing.

    Raises:
        ConfigurationError: naming the sources that lack a setting, or whose secret is too short,
            and the settings.
    """
    known = {name.lower(): value.encode() for name, value in secrets.items() if value}
    missing = [
        f"HR source {source.name}: set {name}"
        for source in sources
        for name in _missing(source, known, without_tokens)
    ]
    if missing:
        raise ConfigurationError("HR sources lack settings:", missing)
    weak = [
        f"HR source {source.name}: SSPR_HR_SECRETS__{name} {reason}"
        for source in sources
        for name, reason in weaknesses(source, known)
    ]
    if weak:
        raise ConfigurationError("HR sources have settings that prove nothing:", weak)
    return Senders(sources={one.name: one for one in sources}, secrets=known, tokens=tokens)


def brakes_of(sources: Iterable[Source], others: Brake) -> Brakes:
    """Returns how many people each source may bring in and take out at once, and all others."""
    by_source = {one.name: brake_of(one.most, one.most_leaving) for one in sources}
    return Brakes(by_source, others)


def rhythms_of(sources: Iterable[Source]) -> Mapping[str, timedelta]:
    """Returns how long each source may be silent, of those whose silence is to be told."""
    return {one.name: length(one.silent_after) for one in sources if one.silent_after}


def _missing(
    source: Source, secrets: Mapping[str, bytes], without_tokens: Sequence[str]
) -> Iterator[str]:
    for name in source.secret_names:
        if name.lower() not in secrets:
            yield f"SSPR_HR_SECRETS__{name}"
    if source.authentication is Authentication.ENTRA:
        yield from without_tokens
