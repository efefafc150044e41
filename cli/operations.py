"""Operations: what takes the app longer than a request may, followed to its end."""

import time

from cli.client import OperatorApi
from cli.exits import Failure, Status
from cli.terminal import progress
from shared.contracts.api.operation_views import OperationView
from shared.contracts.api.view import View
from shared.contracts.api.words import OperationState

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_GROWTH = 1.5


def finished[R: View](
    api: OperatorApi, operation: OperationView[R], doing: str, *, timeout: float, otherwise: str
) -> tuple[OperationView[R], R]:
    """Waits until the operation has succeeded; returns it, and what came of it.

    Args:
        api: where it was asked for.
        operation: what was answered then.
        doing: what is being waited for, to be shown on stderr.
        timeout: most seconds.
        otherwise: how to learn what came of it after that.

    Raises:
        Failure: the app refused it, or it took longer than `timeout` seconds.
    """
    began, pause = time.monotonic(), _FIRST_PAUSE
    with progress(f"{doing} …") as update:
        while not operation.over:
            passed = time.monotonic() - began
            if passed >= timeout:
                text = f"{doing}: not done after {timeout:g} s, but it goes on; {otherwise}"
                raise Failure(Status.TIMEOUT, text)
            update(f"{doing} … {passed:.0f} s")
            time.sleep(min(pause, timeout - passed))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            operation = api.operation(operation)
    if operation.state != OperationState.SUCCEEDED or operation.result is None:
        raise Failure(Status.NOT_POSSIBLE, f"the app refused: {operation.problem}")
    return operation, operation.result
