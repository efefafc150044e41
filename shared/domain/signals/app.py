"""The app itself: its settings, timers and errors, what ends, and alarms that are tried."""

from dataclasses import dataclass

from shared.domain.signals.signal import Severity, Signal, Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMisconfigured(Signal):
    """The app has started with a wrong set-up, and does nothing; told for each thing wrong."""

    event = "app-misconfigured"
    severity = Severity.ERROR
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEnded(Signal):
    """A run of one of the app's timers is over; it is told of each, and not at its beginning.

    Of a run that ends with its process nothing is told.
    """

    event = "timer-ended"
    severity = Severity.INFO
    timer: Timer
    succeeded: bool
    """Whether it did what it is for; what it raised is in the log of the functions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPostponed(Signal):
    """Messages could not be dealt with now; they are on their queue again, for later."""

    event = "work-postponed"
    queue: str
    messages: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorUnforeseen(Signal):
    """An error that nobody foresaw; it was dealt with as one that may be a message's own."""

    event = "error-unforeseen"
    severity = Severity.ERROR
    error: str
    """Its type; its text may hold what a message holds."""
    place: str
    """Files, lines and functions, the innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingSoon(Signal):
    """A certificate, a password or an account ends soon, or has ended; told every hour."""

    event = "ending-soon"
    what: str
    item: str
    """Which one: a server's name, an application's id, an account's SID."""
    whose: str
    """Who works by it."""
    days: int
    """Whole days that are left; less than 0 after the end."""
    ends_at: str
    """In UTC."""
    urgent: bool
    """Whether there is little time left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTested(Signal):
    """An operator wants to see that an alarm reaches somebody; nothing is wrong."""

    event = "alarm-test"
    severity = Severity.INFO
    alarm: str
    """The alarm whose name the message carries."""
