"""What is shown before it is done: a report, and how to have exactly that done."""

from collections.abc import Iterable, Sequence

from cli.render.plan import Report, Section


def shown_first(
    title: str,
    number: str,
    sections: Iterable[Section],
    *,
    fingerprint: str,
    is_open: bool,
    warnings: Sequence[str] = (),
    also: str = "",
) -> Report:
    """Reports what would be done, or was.

    Args:
        title: What it is about.
        number: Of how much, in a line.
        sections: Its tables; those without a row are left out.
        fingerprint: By which exactly this is asked for.
        is_open: Whether there is something to ask for.
        warnings: What stands in the way.
        also: What has to be said beside the fingerprint.
    """
    return Report(
        title=title,
        lines=(number, f"fingerprint {fingerprint}"),
        sections=tuple(one for one in sections if one.rows),
        alarms=(),
        warnings=tuple(warnings),
        next_step="To do exactly this, say the same again with:" if is_open else "",
        command=f"--apply {fingerprint}{also and f' {also}'}" if is_open else "",
    )
