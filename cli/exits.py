"""How a command ends: the exit statuses, and the failure that carries one of them."""

from enum import IntEnum


class Status(IntEnum):
    """What the shell sees; the command's help says the same."""

    OK = 0
    NOT_FOUND = 1
    USAGE = 2
    TIMEOUT = 3
    UNREACHABLE = 4


class Failure(Exception):
    """A command cannot go on: the text says what is wrong and what to do about it."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
