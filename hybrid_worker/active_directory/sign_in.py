"""Sign-ins that were refused are tried again rarely: the account must not be locked out by us.

What was refused is remembered in a file, so that a service that is started again and again does not
try more often than one that runs. A new secret is tried at once. The secret itself is not kept: a
salted hash of it tells the new one from the old.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from hybrid_worker.active_directory.trouble import DirectoryTrouble, SignInRefused

_log = structlog.get_logger(__name__)

_COUNTED = (timedelta(minutes=20), timedelta(hours=1))
"""The first and the longest pause where AD counts the try: its window is 10 to 30 minutes."""
_NOT_COUNTED = (timedelta(minutes=5), timedelta(minutes=15))


class SignInMemory:
    """Whether the account was ever taken, and until when it is not tried again."""

    def __init__(
        self,
        file: Path | None,
        sign_in: Callable[[], tuple[str, bytes]],
        clock: Callable[[], datetime],
    ) -> None:
        """Takes where to keep it (None: nowhere), who signs in by what, and the clock."""
        self._file = file
        self._sign_in = sign_in
        self._clock = clock
        self._known = _read(file)

    @property
    def was_accepted(self) -> bool:
        """Whether AD has ever taken this account and shown what the settings name."""
        return bool(self._known.get("accepted") == self._sign_in()[0])

    def refuse_early(self) -> None:
        """Raises what AD answered last, if it is too early to ask again by the same secret."""
        refused = self._known.get("refused")
        if refused is None:
            return
        until = datetime.fromisoformat(refused["until"])
        now = self._clock()
        # A clock that is set back must not keep the worker out for longer than the longest pause.
        if not now < until <= now + _COUNTED[1] or refused["proof"] != self._proof():
            return
        raise _NotYet(refused, until)

    def refused(self, refusal: SignInRefused) -> None:
        """Remembers a refusal, and makes the pause after it twice as long as the last."""
        before = self._known.get("refused") or {}
        again = before.get("proof") == self._proof() and before.get("counts") == refusal.counts
        tries = before.get("tries", 0) + 1 if again else 1
        first, longest = _COUNTED if refusal.counts else _NOT_COUNTED
        until = self._clock() + min(first * 2 ** min(tries - 1, 10), longest)
        self._keep(
            refused={
                "proof": self._proof(),
                "tries": tries,
                "until": until.isoformat(),
                "problem": refusal.problem,
                "text": str(refusal),
                "passes": refusal.passes,
                "counts": refusal.counts,
            }
        )
        _log.error(
            "sign-in-refused",
            problem=refusal.problem,
            passes=refusal.passes,
            next_try=until.isoformat(),
        )

    def signed_in(self) -> None:
        """Forgets refusals: the account is taken."""
        if self._known.get("refused"):
            self._keep(refused=None)

    def accepted(self) -> None:
        """Remembers that the account was taken, and that AD has what the settings name."""
        if not self.was_accepted:
            self._keep(accepted=self._sign_in()[0])

    def _proof(self) -> str:
        salt = self._known.setdefault("salt", secrets.token_hex(16))
        name, secret = self._sign_in()
        mixed = hashlib.scrypt(secret, salt=bytes.fromhex(salt) + name.encode(), n=2**12, r=8, p=1)
        return mixed.hex()

    def _keep(self, **changes: Any) -> None:
        self._known = self._known | changes
        if self._file is None:
            return
        draft = self._file.with_suffix(".new")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                json.dump(self._known, out)
            draft.replace(self._file)
        except OSError as error:
            _log.warning("sign-in-not-remembered", error=type(error).__name__)


class _NotYet(SignInRefused):
    """The last refusal, said again without asking."""

    def __init__(self, refused: dict[str, Any], until: datetime) -> None:
        DirectoryTrouble.__init__(
            self,
            refused["problem"],
            f"{refused['text']} Not tried again before {until:%H:%M} UTC, or with a new secret.",
            passes=refused["passes"],
        )
        self.counts = refused["counts"]


def _read(file: Path | None) -> dict[str, Any]:
    if file is not None:
        # What cannot be read is not known: the worst of it is one try more.
        with suppress(OSError, ValueError):
            known = json.loads(file.read_text("utf-8"))
            if isinstance(known, dict) and _is_whole(known):
                return known
    return {}


def _is_whole(known: dict[str, Any]) -> bool:
    if "salt" in known and not (isinstance(known["salt"], str) and bytes.fromhex(known["salt"])):
        return False
    refused = known.get("refused")
    if refused is None:
        return True
    texts = ("proof", "until", "problem", "text")
    return (
        isinstance(refused, dict)
        and "salt" in known
        and all(isinstance(refused.get(name), str) for name in texts)
        and all(isinstance(refused.get(name), bool) for name in ("passes", "counts"))
        and isinstance(refused.get("tries"), int)
        and datetime.fromisoformat(refused["until"]).tzinfo is not None
    )
