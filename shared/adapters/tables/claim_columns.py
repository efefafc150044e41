"""What wants a person in and what keeps them out, as text of a column, and back."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.domain.person.enrolment import Cause, CauseKind, Claim, Exclusion
from shared.domain.person.reasons import Reason


def claims_text(claims: Sequence[Claim]) -> str:
    """Writes the claims."""
    return compact(
        [
            [one.cause.kind, one.cause.reference, one.cause.actor, moment_text(one.until)]
            for one in claims
        ]
    )


@lru_cache(maxsize=1024)
def claims_of(text: str) -> tuple[Claim, ...]:
    """Reads the text's claims; cached, because a wave's people by the thousand have the same."""
    return tuple(
        Claim(Cause(CauseKind(kind), reference, actor), moment_of(until))
        for kind, reference, actor, until in json.loads(text)
    )


def exclusion_text(exclusion: Exclusion) -> str:
    """Writes the exclusion."""
    fields = [exclusion.reason, exclusion.actor, exclusion.text, moment_text(exclusion.until)]
    # Left out where there is nothing to say: an older version reads four.
    return compact([*fields, moment_text(exclusion.begins)] if exclusion.begins else fields)


def exclusion_of(text: str | None) -> Exclusion | None:
    """Reads an exclusion, of before it could begin as well; None where there is none."""
    if text is None:
        return None
    reason, actor, explanation, *times = json.loads(text)
    return Exclusion(Reason(reason), actor, explanation, *map(moment_of, times))


def moment_text(moment: datetime | None) -> str | None:
    """Writes the moment."""
    return moment.isoformat() if moment else None


def moment_of(text: str | None) -> datetime | None:
    """Reads a moment."""
    return datetime.fromisoformat(text) if text else None


def compact(fields: Sequence[Any]) -> str:
    """Writes the fields as JSON, without blanks."""
    return json.dumps(fields, separators=(",", ":"))
