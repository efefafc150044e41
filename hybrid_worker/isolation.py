"""Carrying out a batch in which one command may break the others: they are done, it is named."""

from collections.abc import Callable, Sequence
from sqlite3 import DataError, Error, IntegrityError, InterfaceError, ProgrammingError

from shared.contracts.messages.directory_command import DirectoryCommand
from shared.domain.errors import SsprRolloutError

_OF_A_VALUE = (DataError, IntegrityError, InterfaceError, ProgrammingError)
"""What sqlite says of a value; all else it says of the file or the disk."""


def failures_of(
    handle: Callable[[Sequence[DirectoryCommand]], None], commands: Sequence[DirectoryCommand]
) -> dict[int, Exception]:
    """Carries the commands out, in halves where something goes wrong that nobody foresaw.

    Returns:
        By their places, the commands that fail alone, and with what.

    Raises:
        SsprRolloutError, sqlite3.Error: it is the directory, the settings or the journal; the
            commands that were not reached can be given again.
    """
    try:
        handle(commands)
    except SsprRolloutError:
        raise
    except Exception as error:
        if isinstance(error, Error) and not isinstance(error, _OF_A_VALUE):
            raise
        if len(commands) == 1:
            return {0: error}
        middle = len(commands) // 2
        first = failures_of(handle, commands[:middle])
        second = failures_of(handle, commands[middle:])
        return first | {middle + place: failed for place, failed in second.items()}
    return {}
