"""Refused messages that are sent again: what becomes of each, before it is sent and after it."""

from collections import Counter
from collections.abc import Iterator

from cli.plain import count, moment
from cli.render.plan import Report, Section
from cli.render.shown_first import shown_first
from shared.contracts.api.resend_views import Resending, ResendView, ResentView

_MOST_NAMED = 100
_WORDS = {
    Resending.SENT: "sent again",
    Resending.TAKEN: "taken since; sent again it would change nothing",
    Resending.HELD: "held by a brake; sspr held decides",
    Resending.NOT_POSSIBLE: "not sent: no event, or not fixed so",
}


def resend_report(found: ResendView) -> Report:
    """Reports what becomes of whose message, what stands in the way, and how to have it done."""
    numbers = Counter(one.becomes for one in found.messages)
    sections = (
        Section(
            "What becomes of them",
            ("messages", "what"),
            tuple((f"{numbers[one]:,}", word) for one, word in _WORDS.items() if numbers[one]),
        ),
        Section(
            "Sent" if found.done else "Would be sent",
            ("action", "person", "day", "happened (UTC)", "event", "kept as"),
            tuple(_sent(one) for one in _of(found, Resending.SENT)),
        ),
        Section(
            "Not possible",
            ("kept as", "field", "why"),
            tuple(
                (one.kept_as, one.field, one.problem) for one in _of(found, Resending.NOT_POSSIBLE)
            ),
        ),
        Section("Not kept", ("key",), tuple((one,) for one in found.unknown[:_MOST_NAMED])),
    )
    return shown_first(
        "Sent again" if found.done else "If these messages are sent again",
        count(len(found.messages), "refused message"),
        sections,
        fingerprint=found.fingerprint,
        is_open=numbers[Resending.SENT] > 0 and not found.done,
        warnings=tuple(_warnings(found)),
    )


def _of(found: ResendView, becomes: Resending) -> list[ResentView]:
    return [one for one in found.messages if one.becomes == becomes][:_MOST_NAMED]


def _sent(one: ResentView) -> tuple[object, ...]:
    when = moment(one.occurred_at) if one.occurred_at else ""
    day = f"{one.effective_date:%Y-%m-%d}" if one.effective_date else "at once"
    return one.action, one.person, day, when, one.key, one.kept_as


def _warnings(found: ResendView) -> Iterator[str]:
    if found.more:
        yield f"{count(found.more, 'message')} more: say the same again once these are sent"
    if found.unread:
        yield f"{count(found.unread, 'older message')} not looked at: name them by their keys"
