"""Everything that writes, for people: whether it goes on, and what has come together."""

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import actor_text, moment, people
from cli.render.layout import facts, plain
from shared.contracts.api.writing_views import WritingView

_NOT_STOPPED = (
    "Not stopped: the batch that is being written this minute, at most 500 people; the delta sync "
    "of what is in AD already; resets by people who are in scope. Events are taken in and kept, "
    "and so is what operators say: none of it is written before it goes on."
)
_NOT_TOLD = "not yet; the app tries again every minute"


def writing_view(writing: WritingView) -> RenderableType:
    """Renders the word that holds, and whoever is owed a write."""
    since = (
        f"since {moment(writing.since)} UTC by {actor_text(writing.actor)}" if writing.since else ""
    )
    word = plain("STOPPED", "bold red") if writing.stopped else plain("goes on", "green")
    owed = f"{people(writing.to_put_in)} to put in, {people(writing.to_take_out)} to take out"
    shown = facts(
        ("writing", Text.assemble(word, " ", plain(since))),
        ("why", writing.text if writing.stopped else None),
        ("reason", writing.detail),
        ("stopped too", _also(writing)),
        ("owed", owed),
        ("allowed", _allowed(writing)),
        ("worker told", None if writing.worker_told else plain(_NOT_TOLD, "yellow")),
    )
    if not writing.stopped:
        return shown
    return Group(shown, plain(_NOT_STOPPED, "dim"))


def _also(writing: WritingView) -> str | None:
    if (also := writing.also) is None:
        return None
    why = also.detail or also.text
    return f"by {actor_text(also.actor)}: {why}; after sspr recover, sspr start ends that"


def allowed_footer(writing: WritingView | None) -> list[RenderableType]:
    """Renders what operators have allowed and nobody has used; nothing where that is nothing."""
    text = _allowed(writing) if writing and not writing.stopped else None
    return [plain(f"allowed beside the limit of an hour: {text}", "dim")] if text else []


def _allowed(writing: WritingView) -> str | None:
    if writing.allowed_until is None:
        return None
    put_in, take_out = people(writing.allowed_to_put_in), people(writing.allowed_to_take_out)
    return f"{put_in} to put in, {take_out} to take out, until {moment(writing.allowed_until)} UTC"


def stop_banner(writing: WritingView | None) -> list[RenderableType]:
    """Renders, above everything else, that nothing is written; nothing where all goes on."""
    if writing is None or not writing.stopped:
        return []
    return [writing_view(writing), Text()]
