"""The lifecycle callback: a workflow of Lifecycle Workflows that waits to hear what became of one.

The callback is made when that is known; until then the message is sent again and again.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.messages.contract import Contract, Key, Moment

# Where Lifecycle Workflows wants to be called back, below Graph's version. Our token goes there, so
# nothing else is taken. Source: "taskProcessingResult: resume", Microsoft Graph.
CALLBACK_PATH = (
    r"^/identityGovernance/lifecycleWorkflows/workflows/[0-9A-Za-z-]{1,64}/tasks/[0-9A-Za-z-]{1,64}"
    r"/taskProcessingResults/[0-9A-Za-z-]{1,64}/(microsoft\.graph\.identityGovernance\.)?resume$"
)
MOST_ATTEMPTS = 1_000_000
CallbackPath = Annotated[str, StringConstraints(pattern=CALLBACK_PATH)]


class LifecycleCallback(Contract):
    """One workflow's task that waits for an event's outcome."""

    schema_: Annotated[
        Literal["sspr-rollout/lifecycle-callback/1"],
        Field(alias="schema", validation_alias="schema"),
    ] = "sspr-rollout/lifecycle-callback/1"
    event_key: Key
    """Of the onboarding event that the call has become."""
    callback_path: CallbackPath
    action: Literal["onboard", "offboard"] = "onboard"
    deadline: Moment
    """What is not known by then is reported as failed."""
    attempt: Annotated[int, Field(ge=0, le=MOST_ATTEMPTS)] = 0

    @property
    def message_key(self) -> str:
        """Another for every attempt: the broker takes an equal one for a copy."""
        return f"{self.event_key}-{self.attempt}"
