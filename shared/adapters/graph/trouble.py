"""What it means that Graph refuses a look at something."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from shared.adapters.graph.failure import GraphFailure, NoToken
from shared.domain.health import NotReached, Trouble


@contextmanager
def not_reached() -> Iterator[None]:
    """Turns a failure of Graph's into what a look says that came to nothing."""
    try:
        yield
    except GraphFailure as failure:
        raise NotReached(trouble_of(failure), str(failure)) from None


def trouble_of(failure: GraphFailure) -> Trouble:
    """Returns in which way Graph was not reached."""
    if isinstance(failure, NoToken):
        return Trouble.NO_TOKEN
    match failure.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Trouble.FORBIDDEN
        case HTTPStatus.NOT_FOUND:
            return Trouble.MISSING
        case None:
            return Trouble.UNREACHABLE
        case _:
            return Trouble.FAILED
