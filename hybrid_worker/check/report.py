"""What the checks have shown, as lines for a person or as JSON for a program."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from hybrid_worker.check.outcome import CheckOutcome

_STATE_WIDTH = len("not applicable")
_NAME_WIDTH = 25


def line(outcome: CheckOutcome) -> str:
    """Returns one outcome in one line."""
    text = " ".join(f"{outcome.detail}{_dot(outcome.detail)} {outcome.remedy}".split())
    return f"{outcome.state:{_STATE_WIDTH}}  {outcome.name:{_NAME_WIDTH}}  {text}"


def summary(seen: Sequence[CheckOutcome]) -> str:
    """Returns how many outcomes there are of each state."""
    counts = dict.fromkeys((one.state for one in seen), 0)
    for one in seen:
        counts[one.state] += 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def as_json(seen: Iterable[CheckOutcome]) -> str:
    """Returns all outcomes as JSON, with the same names as in the lines."""
    return json.dumps({"checks": [asdict(one) for one in seen]}, indent=2)


def _dot(text: str) -> str:
    return "" if text.endswith((".", "!", "?")) else "."
