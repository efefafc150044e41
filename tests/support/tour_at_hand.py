"""The company of the README's tour, to type commands against: nothing but Python is needed.

`uv run --frozen --no-default-groups --extra app --extra cli python -m tests.support.tour_at_hand`

Its app runs in memory, on this machine only, and ends with this program. Time stands still until a
line is typed here: `2 days`, `3 hours`, `resets fail`.
"""

import asyncio
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import structlog

from tests.support.repository import ROOT
from tests.support.tour import Tour, a_tour, documents, happens, served

_KNOWN = re.compile(r"(\d+ (?:minute|hour|day)s?|resets fail)")
_ERRORS = 40


def main() -> None:
    """Serve the company until the input ends, and leave its rollout document in this folder."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_ERRORS))
    tour = a_tour()
    for name, text in documents(ROOT / "README.md").items():
        Path(name).write_text(text, "utf-8")
        _say(f"rollout document: {name}")
    with served(tour) as url:
        _say("in another shell, in this folder:")
        _say(f"  bash:        export SSPR_URL={url} SSPR_KEY=anything")
        _say(f"  PowerShell:  $env:SSPR_URL = '{url}'; $env:SSPR_KEY = 'anything'")
        _say("here: 2 days, 3 hours, resets fail; Ctrl-C ends it")
        follow(sys.stdin, tour)


def follow(lines: Iterable[str], tour: Tour) -> None:
    """Do what each line says of the company's time."""
    try:
        for line in lines:
            if not (found := _KNOWN.fullmatch(line.strip())):
                _say("2 days, 3 hours or resets fail")
                continue
            asyncio.run(happens(f"{found[1]} later", tour))
            _say(f"it is {tour.now:%A %Y-%m-%d %H:%M} UTC")
    except KeyboardInterrupt:
        pass


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
