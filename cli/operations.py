"""Operations: what takes the app longer than a request may, followed to its end."""

import time
from typing import Any

from cli.client import OperatorApi
from cli.exits import Failure, Status
from cli.render.layout import plain
from cli.terminal import console

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_GROWTH = 1.5


def finished(
    api: OperatorApi, operation: dict[str, Any], doing: str, *, timeout: float, otherwise: str
) -> dict[str, Any]:
    """The operation once it has succeeded.

    Args:
        api: where it was asked for.
        operation: what was answered then.
        doing: what is being waited for, to be shown on stderr.
        timeout: most seconds.
        otherwise: how to learn what came of it after that.

    Raises:
        Failure: the app refused it, or it took longer than `timeout` seconds.
    """
    key, began, pause = operation["key"], time.monotonic(), _FIRST_PAUSE
    with console(stderr=True).status(plain(f"{doing} …")) as progress:
        while operation["state"] == "queued":
            passed = time.monotonic() - began
            if passed >= timeout:
                text = f"{doing}: not done after {timeout:g} s, but it goes on; {otherwise}"
                raise Failure(Status.TIMEOUT, text)
            progress.update(plain(f"{doing} … {passed:.0f} s"))
            time.sleep(min(pause, timeout - passed))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            operation = api.operation(key)
    if operation["state"] != "succeeded":
        raise Failure(Status.NOT_POSSIBLE, f"the app refused: {operation['problem']}")
    return operation
