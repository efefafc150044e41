"""Checks as values: what each has shown, and what depends on which. Nothing here reaches out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import SsprRolloutError


class CheckState(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    """There is nothing to check with these settings, or it cannot be seen from this machine."""
    NOT_TRIED = "not tried"
    """It depends on a check that has not passed."""


class CheckFailed(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class NotApplicable(Exception):
    """Why there is nothing to check; what to look at instead, where there is something."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to prove.

    `run` answers what it has seen; it raises `CheckFailed` or `NotApplicable` otherwise, or
    whatever the parts of the worker raise when they do not get through.
    """

    name: str
    run: Callable[[], str]
    needs: str = ""
    """The check without which this one can say nothing."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What one check has shown."""

    name: str
    state: CheckState
    detail: str
    remedy: str = ""


def outcomes(checks: Sequence[Check]) -> Iterator[CheckOutcome]:
    """Runs the checks in their order; one that fails hides none but those that need it."""
    states: dict[str, CheckState] = {}
    for check in checks:
        outcome = _held_back(check, states) or _tried(check)
        states[check.name] = outcome.state
        yield outcome


def exit_status(seen: Sequence[CheckOutcome]) -> int:
    """Returns 0 if nothing failed and nothing had to be left out, else 1."""
    return int(any(one.state in {CheckState.FAILED, CheckState.NOT_TRIED} for one in seen))


def _held_back(check: Check, states: dict[str, CheckState]) -> CheckOutcome | None:
    needed = states.get(check.needs, CheckState.PASSED)
    if needed is CheckState.PASSED:
        return None
    if needed is CheckState.NOT_APPLICABLE:
        return CheckOutcome(check.name, needed, f"as {check.needs} is not")
    return CheckOutcome(check.name, CheckState.NOT_TRIED, f"{check.needs} has not passed")


def _tried(check: Check) -> CheckOutcome:
    try:
        return CheckOutcome(check.name, CheckState.PASSED, check.run())
    except CheckFailed as failure:
        return CheckOutcome(check.name, CheckState.FAILED, failure.reason, failure.remedy)
    except NotApplicable as nothing:
        return CheckOutcome(check.name, CheckState.NOT_APPLICABLE, nothing.reason, nothing.remedy)
    except (SsprRolloutError, OSError) as error:
        return CheckOutcome(check.name, CheckState.FAILED, str(error))
    except Exception as error:  # noqa: BLE001  # of the libraries, which must not hide the rest
        return CheckOutcome(check.name, CheckState.FAILED, f"{type(error).__name__}: {error}")
