"""One piece of work after the other, whatever becomes of the one before."""

from collections.abc import Awaitable, Callable, Iterable


async def all_in_turn(works: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Runs each of the works; what they raise is raised when all have had their turn."""
    errors: list[Exception] = []
    for work in works:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # raised below
            errors.append(error)
    if len(errors) == 1:
        # As it is, so that the log and the runbook know it by its own name.
        raise errors[0]
    if errors:
        raise ExceptionGroup("several parts of the timer have failed", errors)
