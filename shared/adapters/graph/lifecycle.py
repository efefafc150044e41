"""The port `Lifecycle`: the callback to a workflow's task, through Graph."""

import re
from http import HTTPStatus

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure
from shared.contracts.messages.lifecycle_callback import CALLBACK_PATH

# "taskProcessingResult: resume", Microsoft Graph, has the body of a customExtensionCalloutResponse.
# The Logic App of "Configure a Logic App for Lifecycle Workflow use" sends it without @odata.type.
_TYPE = "lifecycleEvent"
_SOURCE = "sspr-rollout"
_DATA = "#microsoft.graph.identityGovernance.customTaskExtensionCallbackData"
_GONE = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE}
)
"""What Graph answers to a second callback is not documented (November 2026); the sandbox says 400.
The body never changes, so that what it finds fault with once it would find fault with for ever."""


class GraphLifecycle:
    """Resumes tasks as the app's own identity, which the custom extension has to authorise."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def resume(self, callback_path: str, *, completed: bool) -> bool:
        """Tells a waiting task its outcome; returns False where nobody waits there any more.

        Raises:
            DirectoryUnavailable: Graph did not take it.
        """
        if not re.fullmatch(CALLBACK_PATH, callback_path):
            raise ValueError("a callback goes to Lifecycle Workflows and nowhere else")
        status = "Completed" if completed else "Failed"
        body = {
            "source": _SOURCE,
            "type": _TYPE,
            "data": {"@odata.type": _DATA, "operationStatus": status},
        }
        try:
            await self._client.post(callback_path, body)
        except GraphFailure as failure:
            if failure.status in _GONE:
                return False
            raise
        return True
