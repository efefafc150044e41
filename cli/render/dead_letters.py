"""Dead letters, for people."""

from rich.console import Group, RenderableType
from rich.text import Text

from cli.letters import LettersDealtWith, LettersFound
from cli.plain import count, moment
from cli.render.layout import facts, heading, plain, section, table
from shared.contracts.api.dead_letter_views import DeadLetterCount, DeadLetterView

_COLUMNS = ("queue", "number", "enqueued (UTC)", "tries", "bytes", "reason", "description")
_LEFT = (
    "no longer there, held by somebody else, too large to be sent, or behind 1,000 others: list "
    "them again in a minute"
)


def count_text(seen: DeadLetterCount) -> str:
    """Writes how many dead letters a queue has."""
    if seen.number is None:
        return "could not be seen"
    return f"{seen.number:,}{' or more' if seen.more else ''}"


def letters_view(found: LettersFound) -> Group:
    """Renders dead letters without their bodies, and which queues could not be looked at."""
    rows = [
        (
            one.queue,
            one.sequence_number,
            moment(one.enqueued_at),
            one.delivery_count,
            f"{one.size:,}",
            one.reason,
            one.description,
        )
        for one in found.letters
    ]
    parts: list[RenderableType] = [table(_COLUMNS, rows) if rows else heading("no dead letters")]
    unseen = [(one.queue,) for one in found.unseen]
    parts += section("Could not be seen: sspr health says why", ("queue",), unseen)
    return Group(*parts)


def letter_view(letter: DeadLetterView) -> Group:
    """Renders a dead letter with its properties and its whole body."""
    known = facts(
        ("queue", letter.queue),
        ("number", str(letter.sequence_number)),
        ("message id", letter.message_id),
        ("reason", letter.reason),
        ("description", letter.description),
        ("delivered", count(letter.delivery_count, "time")),
        ("enqueued (UTC)", moment(letter.enqueued_at)),
        ("content type", letter.content_type),
    )
    told = "" if letter.encoding == "utf-8" else f", in {letter.encoding}"
    return Group(
        known,
        *section("Application properties", ("name", "value"), list(letter.properties.items())),
        Text(),
        heading(f"Body: {count(letter.size, 'byte')}{told}"),
        plain(letter.body),
    )


def dealt_view(done: LettersDealtWith) -> Group:
    """Renders how many were dealt with, and the numbers of those left."""
    parts: list[RenderableType] = [
        heading(f"{done.queue}: {count(len(done.done), 'dead letter')} {_PAST[done.verb]}")
    ]
    rows = [(number, _LEFT) for number in done.left]
    parts += section("Left where they are", ("number", "why"), rows)
    return Group(*parts)


_PAST = {"resubmit": "sent again", "discard": "discarded, and kept in sspr refused --bodies"}
