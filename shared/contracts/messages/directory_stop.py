"""The directory stop: every directory command issued before it is void, wherever it is by now.

It travels on the queue of the commands and overtakes them: the worker looks for it before it
carries anything out. It needs no opposite. What is issued after a stop has ended is newer than it,
and so is carried out; what is older stays void, and is asked for anew by the cloud.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from shared.contracts.messages.contract import Contract, Moment, by_the_queue

SCHEMA: Final = "sspr-rollout/directory-stop/1"


class DirectoryStop(Contract):
    """Nothing is written in the name of a command that was issued before this moment."""

    schema_: Annotated[
        Literal["sspr-rollout/directory-stop/1"], Field(alias="schema", validation_alias="schema")
    ] = SCHEMA
    stopped_at: Moment
    """By the cloud's clock, as the commands' own times are."""

    def by_the_queue(self, taken_at: datetime) -> Self:
        """Returns the same stop at a time that is possible for when its queue took it.

        One that claims to be of the future would void every command to come.
        """
        return self.model_copy(update={"stopped_at": by_the_queue(self.stopped_at, taken_at)})

    @property
    def message_key(self) -> str:
        """The message's id: one stop is one message, however often it is sent."""
        return f"stop:{self.stopped_at.isoformat()}"
