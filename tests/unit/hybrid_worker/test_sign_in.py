"""A refused sign-in is tried again rarely, whatever starts again, and a new secret at once."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.active_directory.trouble import SignInRefused, refused_bind

START = datetime(2026, 11, 29, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = timedelta(minutes=30)
"""In which AD counts wrong passwords, as it is shipped; the strictest advice locks after three."""


@dataclass
class Account:
    """A worker that asks every minute, may start again at any, and what AD counts of it."""

    file: Path | None
    code: str = "data 52e"
    secret: bytes = b"wrong"
    now: datetime = START
    tries: list[datetime] = field(default_factory=list)

    def memory(self) -> SignInMemory:
        return SignInMemory(self.file, lambda: ("simple:svc", self.secret), lambda: self.now)

    def ask(self, memory: SignInMemory) -> SignInRefused:
        try:
            memory.refuse_early()
        except SignInRefused as early:
            return early
        self.tries.append(self.now)
        refusal = refused_bind(self.code)
        memory.refused(refusal)
        return refusal


@pytest.mark.parametrize("starts_again", [False, True])
@pytest.mark.parametrize(("code", "an_hour"), [("data 52e", 2), ("data 775", 5), ("", 2)])
def test_it_is_asked_for_hours_and_tries_a_few_times_an_hour(
    tmp_path: Path, code: str, an_hour: int, starts_again: bool
) -> None:
    """Given hours of it, then no window of AD's sees a third wrong password, restarts or not."""
    account = Account(tmp_path / "sign-in.json", code)
    memory = account.memory()
    for minute in range(0, 6 * 60, 4):
        account.now = START + timedelta(minutes=minute)
        memory = account.memory() if starts_again else memory
        told = account.ask(memory)
        assert (told.problem, told.passes) == (refused_bind(code).problem, code == "data 775")
    for first in account.tries:
        assert sum(first <= one < first + HOUR for one in account.tries) <= an_hour
        if refused_bind(code).counts:
            assert sum(first <= one < first + WINDOW for one in account.tries) < 3


def test_a_new_secret_is_tried_at_once_and_one_that_is_taken_is_forgotten(tmp_path: Path) -> None:
    account = Account(tmp_path / "sign-in.json")
    memory = account.memory()
    account.ask(memory)
    account.secret = b"another"
    account.ask(memory)
    assert len(account.tries) == 2
    memory.signed_in()
    account.ask(memory)
    assert len(account.tries) == 3


def test_the_secret_itself_is_not_kept(tmp_path: Path) -> None:
    account = Account(tmp_path / "sign-in.json", secret=b"Correct-Horse-1!")
    account.ask(account.memory())
    assert b"Correct-Horse" not in (tmp_path / "sign-in.json").read_bytes()
    assert (tmp_path / "sign-in.json").stat().st_mode & 0o077 == 0


def test_what_was_accepted_is_remembered_by_account(tmp_path: Path) -> None:
    account = Account(tmp_path / "sign-in.json")
    assert not account.memory().was_accepted
    account.memory().accepted()
    assert account.memory().was_accepted
    other = SignInMemory(account.file, lambda: ("simple:other", b""), lambda: START)
    assert not other.was_accepted


@settings(deadline=None, max_examples=30)
@given(
    st.binary(max_size=40)
    | st.dictionaries(
        st.sampled_from(["refused", "salt", "accepted"]),
        st.none() | st.text(max_size=5) | st.dictionaries(st.text(max_size=8), st.integers()),
    ).map(lambda value: json.dumps(value).encode())
)
def test_a_file_that_says_nothing_of_use_costs_one_try_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("state") / "sign-in.json"
    file.write_bytes(content)
    account = Account(file)
    account.ask(account.memory())
    account.ask(account.memory())
    assert len(account.tries) == 1


def test_a_clock_that_was_ahead_does_not_keep_it_out_for_longer_than_the_longest_pause(
    tmp_path: Path,
) -> None:
    account = Account(tmp_path / "sign-in.json", now=START + timedelta(days=400))
    account.ask(account.memory())
    account.now = START
    account.ask(account.memory())
    assert len(account.tries) == 2
