"""The operator API's answer about events that are forgotten."""

from shared.contracts.api.counts import CountView
from shared.contracts.api.view import View


class ForgetView(View):
    """What becomes of whom if these events are forgotten."""

    fingerprint: str
    events: int
    """Events that are forgotten, and were not before."""
    people: int
    """Whom they are about."""
    outcomes: tuple[CountView, ...]
    """What becomes of these people."""
    moved: tuple[str, ...]
    """The keys of the first few hundred of those who are taken out or put in."""
    older: int
    """People whose events were taken before they were remembered one by one: what these said was
    read out of the person's steps, and no source is known of them."""
    held: int
    """Events that a brake holds and that are meant as well: `sspr held drop` drops them."""
    unknown: tuple[str, ...]
    """Of the events and people that were named the first few hundred that nothing is known of."""
    writing_stopped: bool
    """Whether everything that writes is stopped: what is decided is written after `sspr start`."""
    done: bool
