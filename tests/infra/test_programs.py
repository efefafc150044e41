"""A program that is not there skips a test on somebody's machine, and fails it in CI."""

import pytest

from tests.support.infra.programs import required


def test_what_is_there_is_found() -> None:
    assert required("git", "").endswith("/git")


def test_on_somebody_s_machine_a_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="nosuch is not on PATH: install it"):
        required("nosuch", "install it")


def test_in_ci_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nosuch is not on PATH: install it"):
        required("nosuch", "install it")
