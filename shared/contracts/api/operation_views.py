"""The operator API's answers about operations: what was asked for and takes its time."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class OperationView(View):
    """Something that was asked for and takes its time."""

    key: str
    kind: str
    actor: str
    requested_at: Moment
    state: str
    """`queued`, `succeeded` or `refused`."""
    result: Mapping[str, Any] | None
    problem: str
